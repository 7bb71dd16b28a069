#pragma once

#include "kube/client.hpp"

namespace fedctl::kube {

/// What an RFC 6902 patch would make of an object, as the server tells without doing it. Unknown fields are refused.
Task<Result<nlohmann::json>> dry_run_patch(Client& client, Resource resource, std::string name_space, std::string name,
                                           nlohmann::json operations);

}  // namespace fedctl::kube
