#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace fedctl::plan {

/// What a change would undo of what a failover decided: the live object carries its mark (federation/role_mark.hpp), and what is wanted
/// carries none, or an older one. The text names the failover and the ways out; it is empty where nothing is undone.
/// Tokens of two policies tell nothing of each other, so another policy's mark counts as none, unless it is of `acting_policy`: the one
/// whose failover writes just now, which a policy that was renamed must not keep from doing so.
std::string undone_roles(const nlohmann::json& live, const nlohmann::json& wanted, const std::string& acting_policy);

}  // namespace fedctl::plan
