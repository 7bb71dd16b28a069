#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

/// What a failover writes on the objects that it gave their roles, so that nobody takes the roles back without knowing.
namespace fedctl::federation {

/// On the copies in the clusters, by an override, and on the federated object itself: a RoleMark as text.
inline constexpr std::string_view failover_annotation = "fedctl.io/failover";
inline constexpr std::string_view failover_annotation_path = "/metadata/annotations/fedctl.io~1failover";
inline constexpr std::string_view annotations_path = "/metadata/annotations";

/// "production/shop token 3 active ireland-cluster": the policy, the fencing token of the run that gave the roles, and who is active since.
struct RoleMark {
  std::string policy;      ///< NAMESPACE/NAME
  std::int64_t token = 0;  ///< At least 1.
  std::string active;      ///< The last of the text, for names of contexts may have spaces.

  bool operator==(const RoleMark&) const = default;
};

std::string to_string(const RoleMark& mark);
/// Nothing for a text of another form.
std::optional<RoleMark> parse_role_mark(std::string_view text);

/// The marks that an object gives its cluster, by the cluster's name. Of a federated object that is what its overrides put on the copies:
/// its own annotation may be left over, since a tool that never wrote it does not take it away when it takes the overrides back.
/// Of any other object it is its own annotation, by the name "".
std::map<std::string, RoleMark> role_marks(const nlohmann::json& object);

}  // namespace fedctl::federation
