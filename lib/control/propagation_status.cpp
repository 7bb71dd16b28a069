#include "control/propagation_status.hpp"

#include <algorithm>

namespace fedctl::control {
namespace {

using nlohmann::json;
using plan::Action;
using plan::Change;

std::string state_of(const plan::ClusterPlan& cluster, const Change& change, bool failed) {
  if (cluster.status == plan::ClusterStatus::unknown) return "ClusterNotReady";
  const bool left_alone = failed || cluster.status == plan::ClusterStatus::error;
  switch (change.action) {
    case Action::create: return left_alone ? "CreationFailed" : "";
    case Action::update: return !left_alone ? "" : change.release ? "LabelRemovalFailed" : "UpdateFailed";
    case Action::remove: return left_alone ? "DeletionFailed" : "";
    case Action::conflict: return change.note.find("hands off") != std::string::npos ? "ManagedLabelFalse" : "AlreadyExists";
    case Action::unknown: return "ComputeResourceFailed";
    case Action::unchanged: break;
  }
  return "";
}

}  // namespace

std::map<std::pair<std::string, kube::ObjectKey>, std::string> states_of(const plan::Plan& plan, const Failed& failed) {
  std::map<std::pair<std::string, kube::ObjectKey>, std::string> states;
  for (const plan::ClusterPlan& cluster : plan.clusters) {
    for (const Change& change : cluster.changes) {
      const std::pair key{cluster.name, change.key};
      states[key] = state_of(cluster, change, failed.contains(key));
    }
  }
  return states;
}

json propagation_status(const json& object, std::vector<ClusterState> clusters, const std::string& reason, const std::string& now) {
  const json before = kube::map_at(object, "status");
  std::ranges::sort(clusters, {}, &ClusterState::cluster);
  json list = json::array();
  bool all_well = true;
  for (const ClusterState& one : clusters) {
    json entry{{"name", one.cluster}};
    if (!one.state.empty()) entry["status"] = one.state;
    all_well = all_well && one.state.empty();
    list.push_back(std::move(entry));
  }
  const std::string why = !reason.empty() ? reason : all_well ? "" : "CheckClusters";
  json condition{{"type", "Propagation"}, {"status", why.empty() ? "True" : "False"}};
  if (!why.empty()) condition["reason"] = why;
  json old = json::object();
  for (const json& one : kube::list_at(before, "conditions")) {
    if (kube::string_at(one, "type") == "Propagation") old = one;
  }
  json status{{"observedGeneration", kube::integer_in(object, "/metadata/generation", 0)}, {"clusters", std::move(list)}};
  const bool same_condition =
      kube::string_at(old, "status") == kube::string_at(condition, "status") && kube::string_at(old, "reason") == why;
  const bool same = same_condition && kube::integer_in(before, "/observedGeneration", -1) == status["observedGeneration"] &&
                    kube::list_at(before, "clusters") == status["clusters"];
  const std::string changed_at = kube::string_at(old, "lastTransitionTime");
  const std::string updated_at = kube::string_at(old, "lastUpdateTime");
  const bool same_state = kube::string_at(old, "status") == kube::string_at(condition, "status");
  condition["lastTransitionTime"] = same_state && !changed_at.empty() ? changed_at : now;
  condition["lastUpdateTime"] = same && !updated_at.empty() ? updated_at : now;
  status["conditions"] = json::array({std::move(condition)});
  return status;
}

}  // namespace fedctl::control
