#pragma once

#include "kube/client.hpp"

#include <string>

namespace fedctl::kube {

/// What tells one cluster from another, however it is reached: the UID of its namespace kube-system. Errors: those of reading that.
Task<Result<std::string>> uid_of_cluster(Client& client);

}  // namespace fedctl::kube
