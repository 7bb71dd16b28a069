#pragma once

#include "base/task.hpp"
#include "kube/client.hpp"
#include "plan/judge.hpp"
#include "plan/plan.hpp"

#include <nlohmann/json.hpp>

namespace fedctl::inspect {

/// One desired object on its way to a verdict.
struct Item {
  const federation::DesiredObject* desired = nullptr;
  plan::Change change;
  nlohmann::json listed;  ///< Its metadata, from the list by our label; null where that did not find it.
  bool settled = false;   ///< The verdict is in `change`.
};

struct Examination {
  bool adopts = false;     ///< Objects that are not ours become so.
  bool takes_over = true;  ///< What predecessors own becomes ours (kube/takeover.hpp).
};

/// Reads and dry-runs one object whose state the list could not settle. What the dry run sends becomes `change.desired`.
Task<plan::Evidence> examine(kube::Client& client, Item& item, Examination how);

/// The desired object with our mark. Where spec.replicas is the cluster's (`retain_replicas`) and the object exists, it
/// keeps the live value as long as we own the field, or are to take it over, since dropping it would reset it, and leaves it out otherwise.
std::shared_ptr<const nlohmann::json> object_to_send(const Item& item, const nlohmann::json& live);

/// The hash that stands for the desired object; spec.replicas does not count where it is the cluster's.
std::string hash_of(const federation::DesiredObject& desired);

}  // namespace fedctl::inspect
