#include "apply/diagnosis.hpp"

#include "base/text.hpp"
#include "kube/pod_trouble.hpp"

#include <fmt/format.h>
#include <optional>
#include <vector>

namespace fedctl::apply {
namespace {

using nlohmann::json;

/// The apply is over by then, and what keeps an object is not worth a long wait.
constexpr time::Duration patience{5'000};

/// Of a Deployment whose Pods cannot even be created: a quota, an admission webhook.
std::string creation_failure(const json& object) {
  const json conditions = kube::list_at(kube::map_at(object, "status"), "conditions");
  for (const json& condition : conditions) {
    if (kube::string_at(condition, "type") == "ReplicaFailure" && kube::string_at(condition, "status") == "True")
      return kube::string_at(condition, "message");
  }
  return {};
}

std::string selector_of(const json& object) {
  const json labels = kube::map_at(kube::map_at(kube::map_at(object, "spec"), "selector"), "matchLabels");
  std::vector<std::string> parts;
  for (const auto& [key, value] : labels.items()) parts.push_back(key + "=" + kube::string_at(labels, key));
  return text::join(parts, ",");
}

}  // namespace

Task<Diagnosis> diagnose(kube::Client& client, kube::Resource resource, kube::ObjectKey key) {
  Diagnosis diagnosis;
  const auto object = co_await client.get(resource, key.name_space, key.name);
  if (!object) co_return diagnosis;
  diagnosis.reason = creation_failure(*object);
  const std::string selector = selector_of(*object);
  if (!diagnosis.reason.empty() || selector.empty()) co_return diagnosis;
  const kube::Resource pods{.version = "v1", .kind = "Pod", .plural = "pods"};
  const kube::ListOptions options{.name_space = key.name_space, .label_selector = selector, .timeout = patience};
  const auto list = co_await client.list(pods, options);
  if (!list) co_return diagnosis;
  std::optional<kube::PodTrouble> gravest;
  std::string pod;
  for (const json& one : list->items) {
    auto trouble = kube::trouble_of_pod(one);
    if (!trouble || (gravest && gravest->weight >= trouble->weight)) continue;
    gravest = std::move(trouble);
    pod = kube::name_of(one);
  }
  if (!gravest) co_return diagnosis;
  diagnosis.reason = gravest->message;
  if (!gravest->container.empty()) {
    diagnosis.log = fmt::format("kubectl --context {} logs -n {} {} -c {}{} --tail 20", client.cluster(), key.name_space, pod,
                                gravest->container, gravest->previous ? " --previous" : "");
  }
  co_return diagnosis;
}

}  // namespace fedctl::apply
