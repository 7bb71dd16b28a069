#include "federation/written.hpp"

#include "base/pointer.hpp"
#include "federation/type_table.hpp"
#include "kube/object.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <optional>
#include <span>
#include <vector>

namespace fedctl::federation {
namespace {

using nlohmann::json;
using Keys = std::vector<std::string>;

bool has(const json& object, const std::string& pointer) { return pointer::find(object, pointer) != nullptr; }

/// "-" and positions from the end stand for whichever position the item got.
bool may_be(const std::string& written, const std::string& key) {
  const bool is_from_end = written.starts_with('-');
  return written == key || (is_from_end && std::ranges::all_of(key, [](unsigned char c) { return std::isdigit(c) != 0; }));
}

/// How sure it is that an override wrote a field.
enum class Fit {
  exact,     ///< Its path leads to the field, and its value has it.
  from_end,  ///< The same of an item that its path counts from the end of a list.
  loose,     ///< The field would be in what it sets.
};

/// What of `field` is below the override's path; nothing where the field is not in what the override sets.
std::optional<std::string> below_path(const std::string& path, const Keys& field, Fit fit) {
  const auto written = pointer::parse(path);
  if (!written || written->size() > field.size()) return std::nullopt;
  const bool fits = fit == Fit::exact ? std::equal(written->begin(), written->end(), field.begin())
                                      : std::equal(written->begin(), written->end(), field.begin(), may_be);
  if (!fits) return std::nullopt;
  return pointer::of(std::span{field}.subspan(written->size()));
}

/// The last override of the cluster that fits.
std::optional<std::string> override_part(const json& overrides, const std::string& cluster, const Keys& field, Fit fit) {
  std::optional<std::string> part;
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    if (kube::string_at(overrides[i], "clusterName") != cluster) continue;
    const json& items = kube::list_at(overrides[i], "clusterOverrides");
    for (std::size_t k = 0; k < items.size(); ++k) {
      const auto below = below_path(kube::string_at(items[k], "path"), field, fit);
      const json& value = kube::value_at(items[k], "value");
      if (below && (fit == Fit::loose || below->empty() || has(value, *below)))
        part = fmt::format("/spec/overrides/{}/clusterOverrides/{}/value{}", i, k, *below);
    }
  }
  return part;
}

}  // namespace

std::string part_of_field(const manifest::Manifest& manifest, const std::string& cluster, const std::string& pointer) {
  const json& object = manifest.object;
  const auto keys = pointer::parse(pointer);
  if (!keys || !is_federated(kube::gvk_of(object))) return pointer;
  const json& overrides = kube::list_at(kube::map_at(object, "spec"), "overrides");
  if (auto part = override_part(overrides, cluster, *keys, Fit::exact)) return *part;
  const std::string in_template = "/spec/template" + pointer;
  if (has(object, in_template)) return in_template;
  for (const Fit fit : {Fit::from_end, Fit::loose}) {
    if (auto part = override_part(overrides, cluster, *keys, fit)) return *part;
  }
  // Its name, namespace and kind are the federated object's own.
  return has(object, pointer) ? pointer : in_template;
}

}  // namespace fedctl::federation
