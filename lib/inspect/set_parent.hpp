#pragma once

#include "base/task.hpp"
#include "federation/apply_set.hpp"
#include "kube/client.hpp"
#include "plan/plan.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace fedctl::inspect {

/// A set's parent in one cluster, as it is before a plan and has to be during and after it.
class SetParent {
 public:
  explicit SetParent(federation::ApplySet set) : set_(std::move(set)) {}

  /// Reads it. Errors: of the cluster, but for a parent that does not exist.
  Task<Result<Done>> read(kube::Client& client);

  /// The group-kinds that it lists.
  std::set<std::string> group_kinds() const;

  /// Adds to `plan` what keeps it true: before anything is written it lists what is there and what comes, at the end what is left.
  /// `now` are the kinds and namespaces of what is wanted; what it lists already stays listed where what went is not `pruned`.
  void add_changes(plan::ClusterPlan& plan, const std::set<std::string>& now, const std::set<std::string>& namespaces, bool pruned,
                   bool adopt) const;

 private:
  plan::Change change(const nlohmann::json& parent, plan::SetPart part) const;

  federation::ApplySet set_;
  nlohmann::json live_;
};

}  // namespace fedctl::inspect
