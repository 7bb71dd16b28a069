#pragma once

#include "failover/store.hpp"
#include "kube/client.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fedctl::failover {

/// In several clusters at once, of which any minority may be lost: each has a ConfigMap for the state, and one for each right that only one
/// process has (member_register.hpp). The clients must outlive it.
std::unique_ptr<Store> make_member_store(std::vector<kube::Client*> clusters, std::string name_space, std::string policy_namespace,
                                         std::string policy);

}  // namespace fedctl::failover
