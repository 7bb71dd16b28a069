#pragma once

#include "failover/policy.hpp"
#include "watch/watcher.hpp"

namespace fedctl::watch {

/// The policy's checks with what the options say instead.
failover::Health with_overrides(failover::Health health, const WatchOptions& options);

/// The longest that one check may take.
time::Duration longest_timeout(const failover::Health& health);

/// At most a minute.
time::Duration shortest_interval(const failover::Health& health);

}  // namespace fedctl::watch
