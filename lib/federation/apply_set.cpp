#include "federation/apply_set.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <vector>

namespace fedctl::federation {

using nlohmann::json;

std::string ApplySet::id() const {
  const std::string hex = encoding::sha256(fmt::format("{}.{}.ConfigMap.", name, name_space));
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  std::string base64 = encoding::to_base64(bytes);
  std::ranges::replace(base64, '+', '-');
  std::ranges::replace(base64, '/', '_');
  std::erase(base64, '=');
  return "applyset-" + base64 + "-v1";
}

json parent_of(const ApplySet& set, const std::set<std::string>& group_kinds, std::set<std::string> namespaces) {
  namespaces.erase(set.name_space);
  namespaces.erase("");
  const std::vector<std::string> kinds{group_kinds.begin(), group_kinds.end()};
  const std::vector<std::string> others{namespaces.begin(), namespaces.end()};
  const json annotations{{std::string{tooling_annotation}, std::string{tooling}},
                         {std::string{group_kinds_annotation}, text::join(kinds, ",")},
                         {std::string{namespaces_annotation}, text::join(others, ",")}};
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata",
           {{"name", set.name},
            {"namespace", set.name_space},
            {"labels", {{std::string{set_id_label}, set.id()}}},
            {"annotations", annotations}}}};
}

std::string group_kind(std::string_view group, std::string_view kind) {
  return group.empty() ? std::string{kind} : fmt::format("{}.{}", kind, group);
}

}  // namespace fedctl::federation
