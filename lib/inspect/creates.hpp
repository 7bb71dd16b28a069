#pragma once

#include "base/task.hpp"
#include "inspect/examine.hpp"
#include "kube/client.hpp"
#include "plan/plan.hpp"

#include <string>
#include <vector>

/// What is new in a cluster.
namespace fedctl::inspect {

/// Settles those of `items`, all of one type and namespace, that no list finds: they are new, and not dry-run one by one.
/// What exists is left to be examined as ever.
Task<Done> trust_new(kube::Client& client, kube::Resource resource, std::string name_space, std::vector<Item*> items);

/// A namespace that the input leaves out.
plan::Change new_namespace(const std::string& name);

}  // namespace fedctl::inspect
