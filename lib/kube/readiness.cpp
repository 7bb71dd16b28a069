#include "kube/readiness.hpp"

#include "base/pointer.hpp"
#include "kube/object.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdint>

namespace fedctl::kube {
namespace {

using nlohmann::json;
using State = Readiness::State;

json condition(const json& object, std::string_view type) {
  const json& conditions = list_at(map_at(object, "status"), "conditions");
  for (const json& item : conditions.is_array() ? conditions : json::array()) {
    if (string_at(item, "type") == type) return item;
  }
  return json::object();
}

bool is_true(const json& object, std::string_view type) { return string_at(condition(object, type), "status") == "True"; }

/// A status of another shape than Kubernetes' says nothing.
bool is_understood(const json& object) {
  const json& status = value_at(object, "status");
  if (!status.is_null() && !status.is_object()) return false;
  const json& conditions = value_at(status, "conditions");
  if (!conditions.is_null() && !conditions.is_array()) return false;
  for (const char* pointer :
       {"/metadata/generation", "/status/observedGeneration", "/status/replicas", "/status/updatedReplicas", "/status/availableReplicas",
        "/status/readyReplicas", "/status/desiredNumberScheduled", "/status/updatedNumberScheduled", "/status/numberAvailable"}) {
    const json* number = fedctl::pointer::find(object, pointer);
    if (number != nullptr && !number->is_null() && !number->is_number_integer() && is_builtin_group(gvk_of(object).group)) return false;
  }
  return true;
}

bool is_unobserved(const json& object) {
  return integer_in(object, "/status/observedGeneration", 0) < integer_in(object, "/metadata/generation", 0);
}

Readiness waiting(std::string message) { return {State::waiting, std::move(message)}; }

Readiness deployment(const json& object) {
  const json progressing = condition(object, "Progressing");
  if (string_at(progressing, "reason") == "ProgressDeadlineExceeded") return {State::failed, string_at(progressing, "message")};
  const auto wanted = integer_in(object, "/spec/replicas", 1);
  const auto total = integer_in(object, "/status/replicas", 0);
  const auto updated = integer_in(object, "/status/updatedReplicas", 0);
  const auto available = integer_in(object, "/status/availableReplicas", 0);
  if (updated < wanted) return waiting(fmt::format("{} of {} replicas updated", updated, wanted));
  if (total > updated) return waiting(fmt::format("{} old replicas to end", total - updated));
  if (available < updated) return waiting(fmt::format("{} of {} replicas available", available, wanted));
  // Right after a scaling down the status still counts what is about to go.
  if (updated > wanted) return waiting(fmt::format("{} replicas to end", updated - wanted));
  return {};
}

Readiness stateful_set(const json& object) {
  const json& strategy = map_at(map_at(object, "spec"), "updateStrategy");
  const auto wanted = integer_in(object, "/spec/replicas", 1);
  const auto ready = integer_in(object, "/status/readyReplicas", 0);
  if (ready < wanted) return waiting(fmt::format("{} of {} replicas ready", ready, wanted));
  if (string_at(strategy, "type") == "OnDelete") return {};
  const auto partition = integer_in(object, "/spec/updateStrategy/rollingUpdate/partition", 0);
  const auto updated = integer_in(object, "/status/updatedReplicas", 0);
  const bool same_revision =
      string_at(map_at(object, "status"), "updateRevision") == string_at(map_at(object, "status"), "currentRevision");
  if (partition > 0) {
    return updated < wanted - partition ? waiting(fmt::format("{} of {} replicas updated", updated, wanted - partition)) : Readiness{};
  }
  return same_revision ? Readiness{} : waiting(fmt::format("{} of {} replicas updated", updated, wanted));
}

Readiness daemon_set(const json& object) {
  const auto wanted = integer_in(object, "/status/desiredNumberScheduled", 0);
  const auto updated = integer_in(object, "/status/updatedNumberScheduled", 0);
  const auto available = integer_in(object, "/status/numberAvailable", 0);
  const json& strategy = map_at(map_at(object, "spec"), "updateStrategy");
  if (string_at(strategy, "type") != "OnDelete" && updated < wanted) return waiting(fmt::format("{} of {} nodes updated", updated, wanted));
  if (available < wanted) return waiting(fmt::format("{} of {} nodes available", available, wanted));
  return {};
}

Readiness job(const json& object) {
  if (is_true(object, "Failed")) return {State::failed, string_at(condition(object, "Failed"), "message")};
  if (is_true(object, "Complete")) return {};
  if (bool_at(map_at(object, "spec"), "suspend")) return {State::ready, "suspended"};
  return waiting(fmt::format("{} of {} completed", integer_in(object, "/status/succeeded", 0), integer_in(object, "/spec/completions", 1)));
}

Readiness custom_resource_definition(const json& object) {
  const json names = condition(object, "NamesAccepted");
  if (string_at(names, "status") == "False") return {State::failed, string_at(names, "message")};
  return is_true(object, "Established") ? Readiness{} : waiting("not established yet");
}

Readiness replica_set(const json& object) {
  const auto wanted = integer_in(object, "/spec/replicas", 1);
  const auto available = integer_in(object, "/status/availableReplicas", 0);
  return available < wanted ? waiting(fmt::format("{} of {} replicas available", available, wanted)) : Readiness{};
}

Readiness pod(const json& object) {
  const std::string phase = string_at(map_at(object, "status"), "phase");
  if (phase == "Failed") return {State::failed, string_at(map_at(object, "status"), "message")};
  return phase == "Succeeded" || is_true(object, "Ready") ? Readiness{} : waiting("not ready yet");
}

/// Every condition Ready, of which some controllers set one a source, must be True and of this generation.
bool is_ready_by_all(const json& object) {
  return std::ranges::all_of(list_at(map_at(object, "status"), "conditions"), [&](const json& item) {
    if (string_at(item, "type") != "Ready") return true;
    const bool is_old = integer_in(item, "/observedGeneration", INT64_MAX) < integer_in(object, "/metadata/generation", 0);
    return string_at(item, "status") == "True" && !is_old;
  });
}

/// A controller that tells nothing has nothing to wait for.
Readiness custom(const json& object) {
  const json status = map_at(object, "status");
  if (status.contains("observedGeneration") && is_unobserved(object)) return waiting("not seen by its controller yet");
  const auto told = [&](const char* type) {
    const json found = condition(object, type);
    const std::string message = string_at(found, "message");
    return fmt::format("{}{}{}", string_at(found, "reason"), message.empty() ? "" : ": ", message);
  };
  if (is_true(object, "Stalled")) return {State::failed, told("Stalled")};
  if (is_true(object, "Reconciling")) return waiting(told("Reconciling"));
  return is_ready_by_all(object) ? Readiness{} : waiting(told("Ready"));
}

}  // namespace

bool takes_time(const std::string& group, const std::string& kind) {
  if (!is_builtin_group(group)) return true;
  if (group == "apps") return kind == "Deployment" || kind == "StatefulSet" || kind == "DaemonSet" || kind == "ReplicaSet";
  if (group.empty()) return kind == "Pod" || kind == "ReplicationController";
  return (group == "batch" && kind == "Job") || (group == "apiextensions.k8s.io" && kind == "CustomResourceDefinition");
}

Readiness readiness_of(const json& object) {
  const GroupVersionKind type = gvk_of(object);
  if (!takes_time(type.group, type.kind)) return {};
  if (!is_understood(object)) return waiting("its status is not understood");
  if (type.kind == "CustomResourceDefinition") return custom_resource_definition(object);
  if (!is_builtin_group(type.group)) return custom(object);
  if (type.kind == "Job") return job(object);
  if (type.kind == "Pod") return pod(object);
  if (is_unobserved(object)) return waiting("not seen by its controller yet");
  if (type.kind == "Deployment") return deployment(object);
  if (type.kind == "ReplicaSet" || type.kind == "ReplicationController") return replica_set(object);
  return type.kind == "StatefulSet" ? stateful_set(object) : daemon_set(object);
}

}  // namespace fedctl::kube
