#include "watch/standbys.hpp"

#include "failover/side_database.hpp"
#include "failover/survey.hpp"

#include <fmt/format.h>
#include <chrono>

namespace fedctl::watch {
namespace {

constexpr std::chrono::seconds recent{2};

bool is_recent(const failover::LastSeen& seen) {
  const auto at = failover::parse_timestamp(seen.at);
  return at && *at + recent > std::chrono::system_clock::now();
}

Task<Finding> fence_left_behind(failover::Site& site, std::string cluster, time::Duration patience) {
  const auto frozen = co_await failover::freeze_database(site, cluster, patience);
  Finding finding{.was_fenced = frozen.has_value()};
  finding.text = frozen ? fmt::format("the database of {} came back as a primary that was left behind; it takes no more writes", cluster)
                        : describe(frozen.error());
  co_return finding;
}

}  // namespace

Task<std::vector<Finding>> judge_standbys(failover::Site& site, Standbys standbys, failover::LastSeen seen, StandbyOptions options,
                                          exporter::Metrics& metrics) {
  std::vector<Finding> findings;
  const auto primary = data::parse_lsn(seen.lsn).value_or(0);
  for (const auto& [cluster, standing] : standbys) {
    if (!standing) continue;
    const double lag = primary > standing->written ? static_cast<double>(primary - standing->written) : 0;
    metrics.set("fedctl_failover_lag_bytes", {{"policy", site.policy.full_name()}, {"cluster", cluster}}, lag);
    const bool was_left =
        standing->is_writable() && standing->system_identifier == seen.system_identifier && standing->timeline < seen.timeline;
    if (!options.fences || !was_left || !is_recent(seen)) continue;
    auto finding = co_await fence_left_behind(site, cluster, options.patience);
    findings.push_back(std::move(finding));
  }
  co_return findings;
}

}  // namespace fedctl::watch
