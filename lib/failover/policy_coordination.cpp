#include "base/text.hpp"
#include "control/names.hpp"
#include "failover/policy_parts.hpp"

#include <fmt/format.h>
#include <set>

namespace fedctl::failover {

Coordination read_coordination(const Fields& spec, const std::vector<std::string>& clusters) {
  Coordination coordination;
  const nlohmann::json given = spec.raw("coordination");
  if (!spec.has("coordination") || given == "host") return coordination;
  coordination.name_space = control::default_system_namespace;
  if (given.is_object()) {
    Fields fields = spec.child("coordination");
    fields.only({"members", "namespace"}).need("members");
    coordination.members = fields.texts("members");
    coordination.name_space = fields.text("namespace", coordination.name_space);
  } else if (given == "members") {
    coordination.members = clusters;
  } else {
    spec.fail("coordination", "'coordination' is host, members, or {members: [CLUSTER, ...]}");
    return coordination;
  }
  const std::set<std::string> distinct{coordination.members.begin(), coordination.members.end()};
  if (distinct.size() != coordination.members.size()) spec.fail("coordination", "a cluster stands twice in 'coordination'");
  if (distinct.size() < 3) {
    spec.fail(
        "coordination",
        fmt::format("coordination by members needs three clusters, and there {}: of two both are needed for a majority, so the loss of "
                    "either would stop all",
                    distinct.size() == 1 ? "is one" : fmt::format("are {}", distinct.size())),
        "name another one: coordination: {members: [" + text::join(clusters, ", ") + ", ANOTHER]}; it may be the host");
  }
  return coordination;
}

}  // namespace fedctl::failover
