#pragma once

#include "control/host.hpp"
#include "inspect/contents.hpp"

#include <vector>

namespace fedctl::control {

/// What a member holds as copies of the host's federated objects: labelled as managed, and with a federated object of its name.
Task<Result<std::vector<inspect::Found>>> find_copies(Host host, kube::Client& member, std::vector<FederatedType> types);

}  // namespace fedctl::control
