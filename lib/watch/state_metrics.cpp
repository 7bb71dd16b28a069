#include "watch/state_metrics.hpp"

#include "failover/assess.hpp"

#include <chrono>

namespace fedctl::watch {
namespace {

double seconds_since_epoch(const std::string& stamp) {
  const auto instant = failover::parse_timestamp(stamp);
  return instant ? std::chrono::duration<double>(instant->time_since_epoch()).count() : 0;
}

}  // namespace

void publish_state(const failover::Policy& policy, const failover::State& state, exporter::Metrics& metrics) {
  const exporter::Labels labels{{"policy", policy.full_name()}};
  const std::string active = failover::active_cluster(policy, state);
  for (const std::string& cluster : policy.clusters)
    metrics.set("fedctl_failover_active", {{"policy", policy.full_name()}, {"cluster", cluster}}, cluster == active ? 1 : 0);
  metrics.set("fedctl_failover_paused", labels, state.pause ? 1 : 0);
  const bool is_known = policy.postgres && state.synchronous && state.synchronous->cluster == active;
  if (policy.postgres && policy.postgres->replication.waits())
    metrics.set("fedctl_failover_synchronous", labels, is_known && !state.synchronous->proven.empty() ? 1 : 0);
  metrics.set("fedctl_failover_token", labels, static_cast<double>(state.token));
  if (state.run && state.run->state == failover::Run::State::done) {
    metrics.set("fedctl_failover_last_run_timestamp_seconds", labels, seconds_since_epoch(state.run->ended_at));
    metrics.set("fedctl_failover_last_run_rto_seconds", labels, failover::number_in(state.run->outcome, "rtoSeconds"));
  }
  if (state.drills.empty()) return;
  const nlohmann::json& drill = state.drills.back();
  metrics.set("fedctl_failover_last_drill_timestamp_seconds", labels, seconds_since_epoch(string_at(drill, "endedAt")));
  metrics.set("fedctl_failover_last_drill_rto_seconds", labels, failover::number_in(drill, "rtoSeconds"));
}

}  // namespace fedctl::watch
