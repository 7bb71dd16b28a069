#include "apply/order.hpp"

#include <map>
#include <set>
#include <string>

namespace fedctl::apply {
namespace {

using Kinds = std::set<std::pair<std::string, std::string>>;

const Kinds& foundations() {
  static const Kinds kinds{
      {"", "ServiceAccount"},
      {"", "Secret"},
      {"", "ConfigMap"},
      {"", "LimitRange"},
      {"", "ResourceQuota"},
      {"", "PersistentVolume"},
      {"", "PersistentVolumeClaim"},
      {"rbac.authorization.k8s.io", "ClusterRole"},
      {"rbac.authorization.k8s.io", "ClusterRoleBinding"},
      {"rbac.authorization.k8s.io", "Role"},
      {"rbac.authorization.k8s.io", "RoleBinding"},
      {"networking.k8s.io", "NetworkPolicy"},
      {"policy", "PodDisruptionBudget"},
      {"scheduling.k8s.io", "PriorityClass"},
      {"storage.k8s.io", "StorageClass"},
      {"node.k8s.io", "RuntimeClass"},
      {"networking.k8s.io", "IngressClass"},
  };
  return kinds;
}

const Kinds& gates() {
  static const Kinds kinds{
      {"admissionregistration.k8s.io", "MutatingWebhookConfiguration"},
      {"admissionregistration.k8s.io", "ValidatingWebhookConfiguration"},
      {"admissionregistration.k8s.io", "ValidatingAdmissionPolicy"},
      {"admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"},
      {"apiregistration.k8s.io", "APIService"},
  };
  return kinds;
}

bool does_something(const plan::Change& change) {
  return change.action == plan::Action::create || change.action == plan::Action::update || change.action == plan::Action::remove ||
         change.refresh;
}

Stage stage_in(const plan::Change& change) {
  if (change.set_part != plan::SetPart::none) return change.set_part == plan::SetPart::opens ? Stage::sets : Stage::sets_again;
  return change.action == plan::Action::remove ? Stage::deletes : stage_of(change.key);
}

}  // namespace

Stage stage_of(const kube::ObjectKey& key) {
  if (key.group.empty() && key.kind == "Namespace") return Stage::namespaces;
  if (key.group == "apiextensions.k8s.io" && key.kind == "CustomResourceDefinition") return Stage::definitions;
  if (foundations().contains({key.group, key.kind})) return Stage::foundations;
  return gates().contains({key.group, key.kind}) ? Stage::gates : Stage::workloads;
}

std::vector<std::vector<const plan::Change*>> stages_of(const plan::ClusterPlan& plan) {
  std::map<Stage, std::vector<const plan::Change*>> stages;
  for (const plan::Change& change : plan.changes) {
    if (does_something(change)) stages[stage_in(change)].push_back(&change);
  }
  for (const plan::Change& change : plan.bookkeeping) stages[stage_in(change)].push_back(&change);
  std::vector<std::vector<const plan::Change*>> result;
  for (auto& [stage, members] : stages) result.push_back(std::move(members));
  return result;
}

}  // namespace fedctl::apply
