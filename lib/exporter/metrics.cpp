#include "exporter/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace fedctl::exporter {
namespace {

struct Description {
  const char* name;
  const char* help;
};

constexpr Description gauges[] = {
    {"fedctl_failover_active", "1 for the cluster that is active."},
    {"fedctl_failover_leader", "1 while this process decides for the policy."},
    {"fedctl_failover_check_up", "1 while the check of the active cluster is good, by its thresholds."},
    {"fedctl_failover_suspect_seconds", "How long enough signals have been bad; 0 while they are not."},
    {"fedctl_failover_lag_bytes", "What of the primary's log a standby lacks."},
    {"fedctl_failover_synchronous", "1 while it is proven that commits on the active side wait for its standbys."},
    {"fedctl_failover_paused", "1 while nothing fails over by itself, because somebody said so."},
    {"fedctl_failover_token", "The fencing token of the last run."},
    {"fedctl_failover_last_run_timestamp_seconds", "When the last run ended."},
    {"fedctl_failover_last_run_rto_seconds", "How long the last run took, from the first failure to its proof."},
    {"fedctl_failover_last_drill_timestamp_seconds", "When the last drill ended."},
    {"fedctl_failover_last_drill_rto_seconds", "How long a change of sides took in the last drill, from its beginning to its proof."},
    {"fedctl_failover_guard_valid", "1 while the guard's Lease is renewed in time."},
    {"fedctl_failover_guard_failsafe", "1 while the guard goes on without its host, because all other databases follow its own."},
    {"fedctl_failover_guard_fenced", "1 while a failover has fenced the side."},
    {"fedctl_failover_guard_writable", "1 while the side's database takes writes."},
};

constexpr Description counters[] = {
    {"fedctl_failover_check_failures_total", "Checks of the active cluster that failed."},
    {"fedctl_failover_runs_total", "Runs that were begun, by how they ended."},
    {"fedctl_failover_held_back_total", "Times that a failover was due and not begun, by the reason."},
    {"fedctl_failover_guard_renewals_total", "Tries to renew the guard's Lease, by how they ended."},
    {"fedctl_failover_guard_freezes_total", "Times that the guard stopped its database from taking writes."},
};

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;
  std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges;
  std::map<std::string, prometheus::Family<prometheus::Counter>*> counters;
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {
  for (const auto& [name, help] : gauges)
    families_->gauges[name] = &prometheus::BuildGauge().Name(name).Help(help).Register(families_->registry);
  for (const auto& [name, help] : counters)
    families_->counters[name] = &prometheus::BuildCounter().Name(name).Help(help).Register(families_->registry);
}
Metrics::~Metrics() = default;

void Metrics::set(const std::string& name, const Labels& labels, double value) { families_->gauges.at(name)->Add(labels).Set(value); }

void Metrics::count(const std::string& name, const Labels& labels) { families_->counters.at(name)->Add(labels).Increment(); }

std::string Metrics::text() const { return prometheus::TextSerializer{}.Serialize(families_->registry.Collect()); }

}  // namespace fedctl::exporter
