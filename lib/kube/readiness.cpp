#include "kube/readiness.hpp"

#include "kube/object.hpp"

#include <fmt/format.h>

namespace fedctl::kube {
namespace {

using nlohmann::json;
using State = Readiness::State;

json condition(const json& object, std::string_view type) {
  const json conditions = object.value("status", json::object()).value("conditions", json::array());
  for (const json& item : conditions.is_array() ? conditions : json::array()) {
    if (string_at(item, "type") == type) return item;
  }
  return json::object();
}

bool is_true(const json& object, std::string_view type) { return string_at(condition(object, type), "status") == "True"; }

bool is_unobserved(const json& object) {
  return integer_at(object, "/status/observedGeneration", 0) < integer_at(object, "/metadata/generation", 0);
}

Readiness waiting(std::string message) { return {State::waiting, std::move(message)}; }

Readiness deployment(const json& object) {
  const json progressing = condition(object, "Progressing");
  if (string_at(progressing, "reason") == "ProgressDeadlineExceeded") return {State::failed, string_at(progressing, "message")};
  const auto wanted = integer_at(object, "/spec/replicas", 1);
  const auto total = integer_at(object, "/status/replicas", 0);
  const auto updated = integer_at(object, "/status/updatedReplicas", 0);
  const auto available = integer_at(object, "/status/availableReplicas", 0);
  if (updated < wanted) return waiting(fmt::format("{} of {} replicas updated", updated, wanted));
  if (total > updated) return waiting(fmt::format("{} old replicas to end", total - updated));
  if (available < updated) return waiting(fmt::format("{} of {} replicas available", available, wanted));
  // Right after a scaling down the status still counts what is about to go.
  if (updated > wanted) return waiting(fmt::format("{} replicas to end", updated - wanted));
  return {};
}

Readiness stateful_set(const json& object) {
  const json strategy = object.value("spec", json::object()).value("updateStrategy", json::object());
  const auto wanted = integer_at(object, "/spec/replicas", 1);
  const auto ready = integer_at(object, "/status/readyReplicas", 0);
  if (ready < wanted) return waiting(fmt::format("{} of {} replicas ready", ready, wanted));
  if (string_at(strategy, "type") == "OnDelete") return {};
  const auto partition = integer_at(object, "/spec/updateStrategy/rollingUpdate/partition", 0);
  const auto updated = integer_at(object, "/status/updatedReplicas", 0);
  const bool same_revision =
      string_at(object.value("status", json()), "updateRevision") == string_at(object.value("status", json()), "currentRevision");
  if (partition > 0) {
    return updated < wanted - partition ? waiting(fmt::format("{} of {} replicas updated", updated, wanted - partition)) : Readiness{};
  }
  return same_revision ? Readiness{} : waiting(fmt::format("{} of {} replicas updated", updated, wanted));
}

Readiness daemon_set(const json& object) {
  const auto wanted = integer_at(object, "/status/desiredNumberScheduled", 0);
  const auto updated = integer_at(object, "/status/updatedNumberScheduled", 0);
  const auto available = integer_at(object, "/status/numberAvailable", 0);
  const json strategy = object.value("spec", json::object()).value("updateStrategy", json::object());
  if (string_at(strategy, "type") != "OnDelete" && updated < wanted) return waiting(fmt::format("{} of {} nodes updated", updated, wanted));
  if (available < wanted) return waiting(fmt::format("{} of {} nodes available", available, wanted));
  return {};
}

Readiness job(const json& object) {
  if (is_true(object, "Failed")) return {State::failed, string_at(condition(object, "Failed"), "message")};
  if (is_true(object, "Complete")) return {};
  const auto suspended = object.value("spec", json::object()).value("suspend", json(false));
  if (suspended.is_boolean() && suspended.get<bool>()) return {State::ready, "suspended"};
  return waiting(fmt::format("{} of {} completed", integer_at(object, "/status/succeeded", 0), integer_at(object, "/spec/completions", 1)));
}

Readiness custom_resource_definition(const json& object) {
  const json names = condition(object, "NamesAccepted");
  if (string_at(names, "status") == "False") return {State::failed, string_at(names, "message")};
  return is_true(object, "Established") ? Readiness{} : waiting("not established yet");
}

}  // namespace

bool takes_time(const std::string& group, const std::string& kind) {
  if (group == "apps") return kind == "Deployment" || kind == "StatefulSet" || kind == "DaemonSet";
  return (group == "batch" && kind == "Job") || (group == "apiextensions.k8s.io" && kind == "CustomResourceDefinition");
}

Readiness readiness_of(const json& object) {
  const GroupVersionKind type = gvk_of(object);
  if (!takes_time(type.group, type.kind)) return {};
  if (type.kind == "CustomResourceDefinition") return custom_resource_definition(object);
  if (type.kind == "Job") return job(object);
  if (is_unobserved(object)) return waiting("not seen by its controller yet");
  if (type.kind == "Deployment") return deployment(object);
  return type.kind == "StatefulSet" ? stateful_set(object) : daemon_set(object);
}

}  // namespace fedctl::kube
