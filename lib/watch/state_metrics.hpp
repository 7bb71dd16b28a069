#pragma once

#include "exporter/metrics.hpp"
#include "failover/policy.hpp"
#include "failover/state.hpp"

namespace fedctl::watch {

/// Who is active, and what the last run and the last drill took.
void publish_state(const failover::Policy& policy, const failover::State& state, exporter::Metrics& metrics);

}  // namespace fedctl::watch
