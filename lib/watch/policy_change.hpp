#pragma once

#include "failover/policy.hpp"

#include <string>

namespace fedctl::watch {

/// "spec.health.agree: 2 -> 3; and 4 more": what is different, in short.
std::string change_text(const failover::Policy& before, const failover::Policy& after);

/// Does a check that both have say the same of `cluster` by either? One of the database does only where the connection is the same.
bool says_the_same(const failover::Check& check, const failover::Policy& before, const failover::Policy& after, const std::string& cluster);

}  // namespace fedctl::watch
