#pragma once

#include "base/yaml.hpp"

namespace fedctl::kubeconfig {

/// Does the document hold what clientcmd.v1 says, each field in its type? As in kubectl null stands for nothing, and fields that nobody
/// knows are passed over. Errors: invalid_input with the place of what has another type; its value is not said, for it may be a secret.
Result<void> check_shape(const yaml::Document& document);

}  // namespace fedctl::kubeconfig
