#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "kube/client.hpp"

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace fedctl::kube {

/// The RFC 6902 operations for an object as it is; null where nothing is to do.
using OperationsFor = std::function<Result<nlohmann::json>(const nlohmann::json& live)>;

/// Reads the object's metadata and patches the object as it was read. Others, above all the controllers that write its status, may come in
/// between; then both are done again, a few times. Errors: not_found where the object is gone; conflict where others do not let us in.
Task<Result<Done>> patch_as_read(Client& client, Resource resource, std::string name_space, std::string name, OperationsFor operations);

}  // namespace fedctl::kube
