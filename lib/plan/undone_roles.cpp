#include "plan/undone_roles.hpp"

#include "federation/role_mark.hpp"

#include <fmt/format.h>

namespace fedctl::plan {

using federation::RoleMark;

std::string undone_roles(const nlohmann::json& live, const nlohmann::json& wanted, const std::string& acting_policy) {
  const auto marks = federation::role_marks(live);
  if (marks.empty()) return {};
  const auto wanted_marks = federation::role_marks(wanted);
  for (const auto& [cluster, mark] : marks) {
    const auto found = wanted_marks.find(cluster);
    const RoleMark* other = found == wanted_marks.end() ? nullptr : &found->second;
    if (other != nullptr && other->policy == mark.policy && other->token >= mark.token) continue;
    if (other != nullptr && other->policy != mark.policy && other->policy == acting_policy) continue;
    const std::string said = other == nullptr ? "the input says nothing of that" : fmt::format("the input is of {}", to_string(*other));
    return fmt::format(
        "the failover {} with token {} made {} active, and {}, so this would undo its roles; 'fedctl failover roles POLICY -f FILES "
        "--write' writes them into the manifests, --accept-role-change undoes them",
        mark.policy, mark.token, mark.active, said);
  }
  return {};
}

}  // namespace fedctl::plan
