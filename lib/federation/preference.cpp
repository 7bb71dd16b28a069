#include "federation/preference.hpp"

#include "base/json.hpp"
#include "base/pointer.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <map>

namespace fedctl::federation {
namespace {

using nlohmann::json;

constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();

const std::vector<std::string>& target_kinds() {
  static const std::vector<std::string> kinds{"FederatedDeployment", "FederatedReplicaSet", "FederatedStatefulSet"};
  return kinds;
}

/// Reads one manifest; every error knows its place.
class PreferenceReader {
 public:
  explicit PreferenceReader(const manifest::Manifest& manifest) : manifest_(manifest) {}

  Result<Preference> read(const std::string& default_namespace) {
    Preference result{.manifest = &manifest_, .name = kube::name_of(manifest_.object)};
    result.name_space = kube::namespace_of(manifest_.object);
    if (result.name_space.empty()) result.name_space = default_namespace;
    const json& spec = kube::value_at(manifest_.object, "spec");
    if (!spec.is_object()) return fail("", "a ReplicaSchedulingPreference needs a 'spec'");
    const auto read = read_spec(spec, result);
    if (!read) return Failure{read.error()};
    return result;
  }

 private:
  tl::unexpected<Error> fail(const std::string& part, std::string message, std::string hint = {}) const {
    return Failure{{.code = Code::invalid_input,
                    .message = std::move(message),
                    .place = manifest_.place(part),
                    .object = kube::to_string(kube::key_of(manifest_.object)),
                    .hint = std::move(hint)}};
  }

  Result<void> read_spec(const json& spec, Preference& result) const {
    static const std::vector<std::string> known{"targetKind",     "totalReplicas", "rebalance",   "intersectWithClusterSelector",
                                                "clusters",       "minReplicas",   "maxReplicas", "unhealthyGraceSeconds",
                                                "maxShiftPerStep"};
    if (auto only_known = only(spec, "/spec", known); !only_known) return only_known;
    result.target_kind = kube::string_at(spec, "targetKind");
    if (std::ranges::find(target_kinds(), result.target_kind) == target_kinds().end()) {
      return fail("/spec/targetKind",
                  result.target_kind.empty() ? "the preference needs a targetKind"
                                             : fmt::format("the targetKind '{}' has no replicas to schedule{}", result.target_kind,
                                                           text::did_you_mean(result.target_kind, target_kinds())),
                  fmt::format("it is one of {}", text::join(target_kinds(), ", ")));
    }
    if (!spec.contains("totalReplicas")) return fail("/spec", "the preference needs totalReplicas");
    std::optional<std::int64_t> grace;
    std::optional<std::int64_t> total;
    for (const auto& [name, target] :
         {std::pair{"totalReplicas", &total}, {"unhealthyGraceSeconds", &grace}, {"maxShiftPerStep", &result.max_shift}}) {
      if (auto done = read_number(spec, name, "/spec", *target); !done) return done;
    }
    result.total = total.value_or(0);
    result.unhealthy_grace = time::Duration{grace.value_or(0) * 1000};
    if (result.max_shift == 0)
      return fail("/spec/maxShiftPerStep", "maxShiftPerStep must be at least 1", "leave it out to shift all at once");
    for (const auto& [name, target] : {std::pair{"rebalance", &result.rebalance}, {"intersectWithClusterSelector", &result.intersect}}) {
      const json& value = kube::value_at(spec, name);
      if (!value.is_null() && !value.is_boolean()) return fail(fmt::format("/spec/{}", name), fmt::format("{} is true or false", name));
      *target = kube::bool_at(spec, name);
    }
    return read_clusters(spec, result.clusters);
  }

  Result<void> read_clusters(const json& spec, ClusterPreferences& clusters) const {
    const json& map = kube::value_at(spec, "clusters");
    if (!map.is_null() && !map.is_object())
      return fail("/spec/clusters", "clusters is a map, from a cluster's name (or \"*\") to its preference");
    for (const auto& [name, entry] : map.items()) {
      const std::string part = pointer::below("/spec/clusters", name);
      if (!entry.is_object() && !entry.is_null()) return fail(part, fmt::format("the preference for '{}' must be a map", name));
      if (auto known = only(entry, part, {"weight", "minReplicas", "maxReplicas"}); !known) return known;
      std::optional<std::int64_t> weight;
      std::optional<std::int64_t> minimum;
      ClusterPreference& preference = clusters[name];
      for (const auto& [field, target] : {std::pair{"weight", &weight}, {"minReplicas", &minimum}, {"maxReplicas", &preference.maximum}}) {
        if (auto done = read_number(entry, field, part, *target); !done) return done;
      }
      preference.weight = weight.value_or(0);
      preference.minimum = minimum.value_or(0);
    }
    if (auto done = read_limits(spec, "minReplicas", clusters); !done) return done;
    if (auto done = read_limits(spec, "maxReplicas", clusters); !done) return done;
    for (const auto& [name, preference] : clusters) {
      if (!preference.maximum || preference.minimum <= *preference.maximum) continue;
      const std::string part = pointer::below("/spec/clusters", name);
      return fail(pointer::find(manifest_.object, part) != nullptr ? part : pointer::below("/spec/minReplicas", name),
                  fmt::format("the minimum of '{}' is {}, which is above its maximum {}", name, preference.minimum, *preference.maximum));
    }
    return {};
  }

  /// The maps that give limits beside `clusters`.
  Result<void> read_limits(const json& spec, const std::string& field, ClusterPreferences& clusters) const {
    const json& map = kube::value_at(spec, field);
    const std::string part = "/spec/" + field;
    if (map.is_null()) return {};
    if (!map.is_object()) return fail(part, fmt::format("{} is a map, from a cluster's name to a number of replicas", field));
    for (const auto& [name, value] : map.items()) {
      std::optional<std::int64_t> number;
      if (auto done = read_number(map, name, part, number); !done) return done;
      const json& stated = kube::value_at(spec, "clusters", name, field);
      if (number && !stated.is_null() && stated != *number) {
        return fail(pointer::below(part, name),
                    fmt::format("{} of '{}' is {} here and {} in clusters", field, name, *number, fedctl::to_text(stated)),
                    "keep one of them");
      }
      ClusterPreference& preference = entry_for(spec, name, clusters);
      if (field == "minReplicas") {
        preference.minimum = number.value_or(0);
      } else {
        preference.maximum = number;
      }
    }
    return {};
  }

  /// A cluster that only the limits name has the weight of "*", or 1 as all have where there is no `clusters`.
  static ClusterPreference& entry_for(const json& spec, const std::string& name, ClusterPreferences& clusters) {
    const bool lists_clusters = !kube::map_at(spec, "clusters").empty();
    if (!lists_clusters) clusters.try_emplace("*", ClusterPreference{.weight = 1, .minimum = 0, .maximum = {}});
    const auto others = clusters.find("*");
    return clusters.try_emplace(name, others == clusters.end() ? ClusterPreference{} : others->second).first->second;
  }

  Result<void> read_number(const json& map, const std::string& field, const std::string& part, std::optional<std::int64_t>& target) const {
    const json& value = kube::value_at(map, field);
    if (value.is_null()) return {};
    const std::string where = pointer::below(part, field);
    if (!value.is_number_integer()) return fail(where, fmt::format("{} must be a whole number, not {}", field, fedctl::to_text(value)));
    if (value.is_number_integer() && !value.is_number_unsigned() && value.get<std::int64_t>() < 0)
      return fail(where, fmt::format("{} must not be negative: {}", field, fedctl::to_text(value)));
    if (value.get<std::uint64_t>() > static_cast<std::uint64_t>(most))
      return fail(where, fmt::format("{} is {}, and Kubernetes counts in 32 bits, up to {}", field, fedctl::to_text(value), most));
    target = value.get<std::int64_t>();
    return {};
  }

  Result<void> only(const json& map, const std::string& part, const std::vector<std::string>& known) const {
    for (const auto& [key, value] : map.items()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      return fail(pointer::below(part, key), fmt::format("unknown field '{}'{}", key, text::did_you_mean(key, known)),
                  fmt::format("known are {}", text::join(known, ", ")));
    }
    return {};
  }

  const manifest::Manifest& manifest_;
};

}  // namespace

bool is_preference(const kube::GroupVersionKind& type) {
  return type.group == "scheduling.kubefed.io" && type.kind == "ReplicaSchedulingPreference";
}

Result<Preference> read_preference(const manifest::Manifest& manifest, const std::string& default_namespace) {
  return PreferenceReader{manifest}.read(default_namespace);
}

Result<void> check_one_preference_each(const std::vector<Preference>& preferences) {
  std::map<std::string, const Preference*> seen;
  for (const Preference& preference : preferences) {
    const auto [first, is_new] = seen.emplace(preference.key(), &preference);
    if (is_new) continue;
    const manifest::Manifest& manifest = *preference.manifest;
    return Failure{{.code = Code::invalid_input,
                    .message = fmt::format("two preferences for one target: the other is {}", first->second->manifest->place()),
                    .place = manifest.place(),
                    .object = kube::to_string(kube::key_of(manifest.object)),
                    .hint = "keep one of them"}};
  }
  return {};
}

}  // namespace fedctl::federation
