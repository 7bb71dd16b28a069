#pragma once

#include "failover/fields.hpp"
#include "failover/policy.hpp"

#include <string>
#include <vector>

/// The parts of a policy; what is wrong with one is kept in its Fields.
namespace fedctl::failover {

/// `command` and `timeout` of a map; `longest`: where it has no timeout.
Action read_action(const Fields& fields, time::Duration longest = Action{}.timeout);

/// "host", "members", or a list of them.
Coordination read_coordination(const Fields& spec, const std::vector<std::string>& clusters);
Health read_health(Fields fields, const Policy& policy);
Fencing read_fencing(Fields fields, const std::string& name_space);
Postgres read_database(Fields fields, const std::vector<std::string>& clusters, const std::string& name_space);
Dns read_dns(Fields fields, const std::vector<std::string>& clusters, const std::string& name_space);

}  // namespace fedctl::failover
