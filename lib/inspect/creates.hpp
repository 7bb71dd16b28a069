#pragma once

#include "base/task.hpp"
#include "inspect/examine.hpp"
#include "kube/client.hpp"
#include "plan/plan.hpp"

#include <optional>
#include <string>
#include <vector>

/// What is new in a cluster.
namespace fedctl::inspect {

/// Settles those of `items`, all of one type and namespace, that no list finds: they are new, and not dry-run one by one.
/// What exists is left to be examined as ever.
Task<Done> trust_new(kube::Client& client, kube::Resource resource, std::string name_space, std::vector<Item*> items);

/// Settles an object of whose type the cluster has no definition yet, but one of `objects` is it: it is created unseen.
void wait_for_definition(Item& item, const std::vector<federation::DesiredObject>& objects);

/// The error that says so where the cluster has no such namespace; nothing where it has, or it cannot be found out.
Task<std::optional<Error>> missing_namespace(kube::Client& client, std::string name);

/// A namespace that the input leaves out.
plan::Change new_namespace(const std::string& name);

}  // namespace fedctl::inspect
