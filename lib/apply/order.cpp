#include "apply/order.hpp"

#include "kube/references.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

namespace fedctl::apply {
namespace {

using kube::ObjectKey;
using nlohmann::json;
using plan::Action;
using plan::Change;
using Kinds = std::set<std::pair<std::string, std::string>>;

enum class Rank {
  name_space,
  definition,
  set,
  cluster_wide,   ///< Classes and rights of the whole cluster.
  policy,         ///< What holds for the Pods of a namespace.
  configuration,  ///< What Pods depend on by name.
  ordinary,
  gate,  ///< What could stand in the way of the rest.
};

const Kinds& cluster_wide() {
  static const Kinds kinds{
      {"rbac.authorization.k8s.io", "ClusterRole"},
      {"rbac.authorization.k8s.io", "ClusterRoleBinding"},
      {"scheduling.k8s.io", "PriorityClass"},
      {"storage.k8s.io", "StorageClass"},
      {"node.k8s.io", "RuntimeClass"},
      {"networking.k8s.io", "IngressClass"},
      {"", "PersistentVolume"},
  };
  return kinds;
}

const Kinds& policies() {
  static const Kinds kinds{
      {"", "LimitRange"},
      {"", "ResourceQuota"},
      {"networking.k8s.io", "NetworkPolicy"},
      {"policy", "PodDisruptionBudget"},
      {"rbac.authorization.k8s.io", "Role"},
      {"rbac.authorization.k8s.io", "RoleBinding"},
  };
  return kinds;
}

const Kinds& configuration() {
  static const Kinds kinds{{"", "ServiceAccount"}, {"", "Secret"}, {"", "ConfigMap"}, {"", "PersistentVolumeClaim"}};
  return kinds;
}

const Kinds& gates() {
  static const Kinds kinds{
      {"admissionregistration.k8s.io", "MutatingWebhookConfiguration"},
      {"admissionregistration.k8s.io", "ValidatingWebhookConfiguration"},
      {"admissionregistration.k8s.io", "MutatingAdmissionPolicy"},
      {"admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"},
      {"admissionregistration.k8s.io", "ValidatingAdmissionPolicy"},
      {"admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"},
      {"apiregistration.k8s.io", "APIService"},
  };
  return kinds;
}

Rank rank_of(const ObjectKey& key) {
  const std::pair<std::string, std::string> kind{key.group, key.kind};
  if (key.group.empty() && key.kind == "Namespace") return Rank::name_space;
  if (is_definition(key)) return Rank::definition;
  if (cluster_wide().contains(kind)) return Rank::cluster_wide;
  if (policies().contains(kind)) return Rank::policy;
  if (configuration().contains(kind)) return Rank::configuration;
  return gates().contains(kind) ? Rank::gate : Rank::ordinary;
}

bool does_something(const Change& change) {
  return change.action == Action::create || change.action == Action::update || change.action == Action::remove || change.refresh;
}

/// Builds the graph, rank by rank, so that every step only waits for earlier ones.
class Builder {
 public:
  explicit Builder(const plan::ClusterPlan& plan) {
    for (const Change& change : plan.changes) {
      if (does_something(change)) sort_in(change);
    }
    for (const Change& change : plan.bookkeeping) sort_in(change);
  }

  std::vector<Step> build() {
    for (const Rank rank : {Rank::name_space, Rank::definition, Rank::set, Rank::cluster_wide}) {
      for (const Change* change : upserts_[rank]) add(*change);
      if (rank == Rank::set || rank == Rank::cluster_wide) everybody_waits_ = meeting(upserts_[rank]);
    }
    for (const Rank rank : {Rank::configuration, Rank::policy}) {
      for (const Change* change : by_references(upserts_[rank])) add(*change);
    }
    for (const Rank rank : {Rank::policy, Rank::configuration}) meet_by_namespace(rank);
    for (const Change* change : by_references(upserts_[Rank::ordinary])) add(*change);
    last_ = all_so_far();
    for (const Change* change : upserts_[Rank::gate]) add(*change);
    last_ = all_so_far();
    add_deletes();
    for (const Change* change : closing_) add(*change);
    return std::move(steps_);
  }

 private:
  void sort_in(const Change& change) {
    if (change.set_part == plan::SetPart::closes) {
      closing_.push_back(&change);
    } else if (change.action == Action::remove) {
      deletes_[rank_of(change.key)].push_back(&change);
    } else {
      upserts_[change.set_part == plan::SetPart::opens ? Rank::set : rank_of(change.key)].push_back(&change);
    }
  }

  /// What is named comes before what names it; within a rank that is an autoscaler's target, a binding's role, a set's Service.
  static std::vector<const Change*> by_references(std::vector<const Change*> changes) {
    std::map<ObjectKey, std::size_t> position;
    for (std::size_t i = 0; i < changes.size(); ++i) position.emplace(changes[i]->key, i);
    std::vector<const Change*> ordered;
    std::vector<int> seen(changes.size(), 0);
    const auto visit = [&](const auto& self, std::size_t i) -> void {
      if (std::exchange(seen[i], 1) != 0) return;
      if (changes[i]->desired) {
        for (const ObjectKey& key : kube::references_of(*changes[i]->desired)) {
          if (const auto found = position.find(key); found != position.end()) self(self, found->second);
        }
      }
      ordered.push_back(changes[i]);
    };
    for (std::size_t i = 0; i < changes.size(); ++i) visit(visit, i);
    return ordered;
  }

  void add(const Change& change) {
    Step step{.change = &change};
    const auto wait_for = [&](const std::map<ObjectKey, std::size_t>& from, const ObjectKey& key) {
      if (const auto found = from.find(key); found != from.end()) step.after.push_back(found->second);
    };
    const Rank rank = rank_of(change.key);
    wait_for(positions_, {"", "Namespace", "", change.key.name_space});
    wait_for(definitions_, {change.key.group, change.key.kind, "", ""});
    if (everybody_waits_ && rank > Rank::set) step.after.push_back(*everybody_waits_);
    if (change.desired) {
      for (const ObjectKey& key : kube::references_of(*change.desired)) wait_for(positions_, key);
      add_namespace_meetings(step, *change.desired, rank);
    }
    if (last_) step.after.push_back(*last_);
    positions_[change.key] = steps_.size();
    if (rank == Rank::definition && change.desired) {
      const json spec = kube::map_at(*change.desired, "spec");
      definitions_[{kube::string_at(spec, "group"), kube::string_at(kube::map_at(spec, "names"), "kind"), "", ""}] = steps_.size();
    }
    steps_.push_back(std::move(step));
  }

  void add_namespace_meetings(Step& step, const json& object, Rank rank) {
    if (rank != Rank::ordinary) return;
    const std::string name_space = kube::namespace_of(object);
    const bool runs_pods = !kube::pod_template_of(object).is_null();
    const auto wait_for = [&](Rank what) {
      if (const auto found = meetings_.find({what, name_space}); found != meetings_.end()) step.after.push_back(found->second);
    };
    if (runs_pods || !kube::is_builtin_group(kube::gvk_of(object).group)) wait_for(Rank::policy);
    if (!kube::is_builtin_group(kube::gvk_of(object).group)) wait_for(Rank::configuration);
  }

  std::optional<std::size_t> meeting(const std::vector<const Change*>& changes) {
    if (changes.empty()) return everybody_waits_;
    Step step;
    for (const Change* change : changes) step.after.push_back(positions_.at(change->key));
    if (everybody_waits_) step.after.push_back(*everybody_waits_);
    steps_.push_back(std::move(step));
    return steps_.size() - 1;
  }

  void meet_by_namespace(Rank rank) {
    std::map<std::string, Step> steps;
    for (const Change* change : upserts_[rank]) steps[change->key.name_space].after.push_back(positions_.at(change->key));
    for (auto& [name_space, step] : steps) {
      meetings_[{rank, name_space}] = steps_.size();
      steps_.push_back(std::move(step));
    }
  }

  std::optional<std::size_t> all_so_far() {
    if (steps_.empty()) return std::nullopt;
    Step step;
    for (std::size_t i = 0; i < steps_.size(); ++i) step.after.push_back(i);
    steps_.push_back(std::move(step));
    return steps_.size() - 1;
  }

  void add_deletes() {
    constexpr std::array reversed{Rank::gate,         Rank::ordinary, Rank::configuration, Rank::policy,
                                  Rank::cluster_wide, Rank::set,      Rank::definition,    Rank::name_space};
    for (const Rank rank : reversed) {
      if (deletes_[rank].empty()) continue;
      for (const Change* change : deletes_[rank]) {
        Step step{.change = change};
        if (last_) step.after.push_back(*last_);
        steps_.push_back(std::move(step));
      }
      last_ = all_so_far();
    }
  }

  std::map<Rank, std::vector<const Change*>> upserts_;
  std::map<Rank, std::vector<const Change*>> deletes_;
  std::vector<const Change*> closing_;
  std::vector<Step> steps_;
  std::map<ObjectKey, std::size_t> positions_;
  std::map<ObjectKey, std::size_t> definitions_;  ///< By group and kind of what they define.
  std::map<std::pair<Rank, std::string>, std::size_t> meetings_;
  std::optional<std::size_t> everybody_waits_;  ///< The set's list, the cluster's classes and rights.
  std::optional<std::size_t> last_;             ///< What all that is still to come waits for.
};

}  // namespace

bool is_definition(const ObjectKey& key) { return key.group == "apiextensions.k8s.io" && key.kind == "CustomResourceDefinition"; }

std::vector<Step> steps_of(const plan::ClusterPlan& plan) { return Builder{plan}.build(); }

}  // namespace fedctl::apply
