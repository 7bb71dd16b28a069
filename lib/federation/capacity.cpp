#include "federation/capacity.hpp"

#include "federation/placement.hpp"
#include "kube/object.hpp"
#include "kube/quantity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fedctl::federation {
namespace {

using kube::list_at;
using kube::map_at;
using kube::string_at;
using nlohmann::json;
using Amounts = std::map<std::string, long double>;

long double quantity_of(const json& value) {
  if (value.is_number()) return value.get<long double>();
  return value.is_string() ? kube::parse_quantity(value.get_ref<const std::string&>()).value_or(0) : 0;
}

Amounts amounts_of(const json& map) {
  Amounts result;
  for (const auto& [name, value] : map.items()) result[name] = quantity_of(value);
  return result;
}

void add(Amounts& sum, const Amounts& more) {
  for (const auto& [name, amount] : more) sum[name] += amount;
}

/// A container that states only a limit requests that.
Amounts requests_of(const json& container) {
  const json resources = map_at(container, "resources");
  Amounts result = amounts_of(map_at(resources, "limits"));
  for (const auto& [name, amount] : amounts_of(map_at(resources, "requests"))) result[name] = amount;
  return result;
}

/// The scheduler's rule: all containers and sidecars together, or one init container beside the sidecars started before it, whichever is
/// more; and the overhead.
Amounts requests_of_pod(const json& spec) {
  Amounts together;
  Amounts starting;
  for (const json& container : list_at(spec, "initContainers")) {
    const Amounts one = requests_of(container);
    if (string_at(container, "restartPolicy") == "Always") {
      add(together, one);
      continue;
    }
    for (const auto& [name, amount] : one) starting[name] = std::max(starting[name], amount + together[name]);
  }
  for (const json& container : list_at(spec, "containers")) add(together, requests_of(container));
  for (const auto& [name, amount] : starting) together[name] = std::max(together[name], amount);
  add(together, amounts_of(map_at(spec, "overhead")));
  return together;
}

bool tolerates(const json& toleration, const json& taint) {
  const std::string effect = string_at(toleration, "effect");
  if (!effect.empty() && effect != string_at(taint, "effect")) return false;
  const std::string key = string_at(toleration, "key");
  const bool exists = string_at(toleration, "operator") == "Exists";
  if (key.empty()) return exists;
  return key == string_at(taint, "key") && (exists || string_at(toleration, "value") == string_at(taint, "value"));
}

bool may_run_on(const json& node, const json& pod_spec) {
  const json spec = map_at(node, "spec");
  if (kube::bool_at(spec, "unschedulable")) return false;
  const json tolerations = list_at(pod_spec, "tolerations");
  for (const json& taint : list_at(spec, "taints")) {
    const bool keeps_away = string_at(taint, "effect") != "PreferNoSchedule";
    if (keeps_away && std::ranges::none_of(tolerations, [&](const json& one) { return tolerates(one, taint); })) return false;
  }
  const json selector = map_at(pod_spec, "nodeSelector");
  for (const auto& [name, value] : selector.items()) {
    if (kube::metadata_entry(node, "labels", name) != value) return false;
  }
  return std::ranges::any_of(list_at(map_at(node, "status"), "conditions"), [](const json& condition) {
    return string_at(condition, "type") == "Ready" && string_at(condition, "status") == "True";
  });
}

bool is_of(const Workload& workload, const json& pod) {
  if (kube::namespace_of(pod) != workload.name_space) return false;
  std::map<std::string, std::string> labels;
  const json written = map_at(map_at(pod, "metadata"), "labels");
  for (const auto& [name, value] : written.items()) {
    if (value.is_string()) labels[name] = value.get<std::string>();
  }
  return matches(workload.selector, labels).value_or(false);
}

bool is_over(const json& pod) {
  const std::string phase = string_at(map_at(pod, "status"), "phase");
  return phase == "Succeeded" || phase == "Failed";
}

std::int64_t fitting(const Amounts& allocatable, const Amounts& taken, const Amounts& wanted) {
  long double fits = std::numeric_limits<std::int32_t>::max();
  for (const auto& [name, amount] : wanted) {
    if (amount <= 0) continue;
    const auto has = allocatable.find(name);
    const auto used = taken.find(name);
    const long double free = (has == allocatable.end() ? 0 : has->second) - (used == taken.end() ? 0 : used->second);
    // Sums of thousandths are not exact.
    fits = std::min(fits, std::floor(free / amount + 1e-9L));
  }
  return std::max<std::int64_t>(0, static_cast<std::int64_t>(fits));
}

}  // namespace

std::int64_t capacity_of(std::span<const json> nodes, std::span<const json> pods, const Workload& workload) {
  std::map<std::string, Amounts> taken;
  for (const json& pod : pods) {
    const json spec = map_at(pod, "spec");
    const std::string node = string_at(spec, "nodeName");
    if (node.empty() || is_over(pod) || is_of(workload, pod)) continue;
    add(taken[node], requests_of_pod(spec));
    taken[node]["pods"] += 1;
  }
  Amounts wanted = requests_of_pod(workload.pod_spec);
  wanted["pods"] = 1;
  std::int64_t total = 0;
  for (const json& node : nodes) {
    if (!may_run_on(node, workload.pod_spec)) continue;
    total += fitting(amounts_of(map_at(map_at(node, "status"), "allocatable")), taken[kube::name_of(node)], wanted);
  }
  return std::min<std::int64_t>(total, std::numeric_limits<std::int32_t>::max());
}

}  // namespace fedctl::federation
