#pragma once

#include <string_view>

/// The files of control/manifests, embedded when the library is configured.
namespace fedctl::control::manifests {

std::string_view definitions_yaml();
std::string_view failover_policy_yaml();
std::string_view config_yaml();
std::string_view rights_yaml();

}  // namespace fedctl::control::manifests
