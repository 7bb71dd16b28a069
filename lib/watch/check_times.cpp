#include "watch/check_times.hpp"

#include <algorithm>

namespace fedctl::watch {

failover::Health with_overrides(failover::Health health, const WatchOptions& options) {
  for (failover::Check& check : health.checks) {
    check.interval = options.interval.value_or(check.interval);
    check.timeout = options.timeout.value_or(check.timeout);
    check.failure_threshold = options.failure_threshold.value_or(check.failure_threshold);
    check.success_threshold = options.success_threshold.value_or(check.success_threshold);
  }
  return health;
}

time::Duration longest_timeout(const failover::Health& health) {
  time::Duration longest{0};
  for (const failover::Check& check : health.checks) longest = std::max(longest, check.timeout);
  return longest;
}

time::Duration shortest_interval(const failover::Health& health) {
  time::Duration shortest{60'000};
  for (const failover::Check& check : health.checks) shortest = std::min(shortest, check.interval);
  return shortest;
}

}  // namespace fedctl::watch
