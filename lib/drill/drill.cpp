#include "drill/drill.hpp"

#include "base/process.hpp"
#include "drill/prober.hpp"
#include "failover/steps.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <memory>

namespace fedctl::drill {
namespace {

/// How much of the writes before and after a change of sides the report keeps.
constexpr time::Duration margin{2'000};

failover::RunOptions run_options(const DrillOptions& options) {
  return {.kind = failover::RunKind::switchover, .to = options.to, .reason = "drill"};
}

Report begin_report(const failover::Site& site, Report::Kind kind) {
  Report report{.kind = kind, .policy = site.policy.full_name(), .policy_hash = site.policy.hash, .version = FEDCTL_VERSION};
  report.by = process::user_at_machine();
  report.began_at = failover::timestamp_now();
  report.promised_rto = site.policy.rto;
  report.promised_rpo = site.policy.rpo;
  report.promised_rpo_bytes = site.policy.rpo_bytes;
  return report;
}

Result<std::unique_ptr<Prober>> start_prober(failover::Site& site) {
  if (!site.policy.postgres) return nullptr;
  std::map<std::string, std::string> connections;
  for (const std::string& cluster : site.policy.clusters) {
    auto connection = site.loop->run(failover::connection_of(site, cluster));
    if (!connection) return Failure{connection.error()};
    connections[cluster] = std::move(*connection);
  }
  return std::make_unique<Prober>(connections);
}

/// The writes around a run, by the clock.
std::vector<Write> writes_around(const std::vector<Write>& writes, const failover::Run& run) {
  const auto from = failover::parse_timestamp(run.began_at);
  const auto to = failover::parse_timestamp(run.ended_at);
  std::vector<Write> result;
  for (const Write& write : writes) {
    if (from && to && write.sent >= *from - margin && write.sent <= *to + margin) result.push_back(write);
  }
  std::ranges::sort(result, {}, &Write::sent);
  return result;
}

Result<Leg> change_sides(failover::Site& site, const failover::EngineOptions& options, const Prober* prober,
                         const failover::OnStep& on_step) {
  // So that there is a write before it, and one behind it.
  const auto settle = [&] { return prober == nullptr ? Result<void>{} : failover::pause(*site.loop, time::Duration{500}); };
  if (auto settled = settle(); !settled) return Failure{settled.error()};
  failover::Engine engine{site, options, on_step};
  auto run = engine.start();
  if (!run) return Failure{run.error()};
  if (auto settled = settle(); !settled) return Failure{settled.error()};
  Leg leg{.run = std::move(*run)};
  if (prober == nullptr) return leg;
  leg.writes = writes_around(prober->writes(), leg.run);
  leg.gap = write_gap(leg.writes, leg.run.from, leg.run.to, failover::fork_of(leg.run));
  return leg;
}

Result<void> keep(failover::Site& site, const Report& report) {
  while (true) {
    auto state = site.loop->run(site.store->load());
    if (!state) return Failure{state.error()};
    state->drills.push_back(to_json(report, false));
    failover::keep_latest(*state);
    const auto saved = site.loop->run(site.store->save(*state));
    if (saved) return {};
    if (saved.error().code != Code::conflict) return Failure{saved.error()};
  }
}

}  // namespace

Result<std::optional<Error>> refusal_of_drill(failover::Site& site, const DrillOptions& options) {
  auto situation = failover::look_around(site, {});
  if (!situation) return Failure{situation.error()};
  const failover::Assessment assessment = failover::assess(site.policy, situation->state, situation->survey, run_options(options));
  if (auto refused = failover::refusal_of(assessment)) return refused;
  if (options.one_way || !site.policy.postgres) return std::nullopt;
  for (const std::string& cluster : {assessment.from, assessment.to}) {
    if (site.policy.postgres->sides.at(cluster).rejoin) continue;
    return Error{.code = Code::conflict,
                 .message = fmt::format(
                     "refused: nothing makes the database of {} a standby again, so the drill could not come back as it was", cluster),
                 .place = site.policy.place,
                 .cluster = cluster,
                 .hint = fmt::format("set database.postgres.sides.{}.rejoin.command, or stay on the new side with --one-way", cluster)};
  }
  return std::nullopt;
}

Result<Report> run_drill(failover::Site& site, const DrillOptions& options, const failover::OnStep& on_step) {
  const auto refused = refusal_of_drill(site, options);
  if (!refused) return Failure{refused.error()};
  if (*refused) return Failure{**refused};
  Report report = begin_report(site, Report::Kind::switchover);
  const auto prober = start_prober(site);
  if (!prober) return Failure{prober.error()};
  failover::EngineOptions engine{.run = run_options(options), .roles = options.roles};
  auto there = change_sides(site, engine, prober->get(), on_step);
  if (!there) return Failure{there.error()};
  engine.run.from = there->run.to;
  engine.run.to = there->run.from;
  report.legs.push_back(std::move(*there));
  if (!options.one_way) {
    if (auto held = failover::pause(*site.loop, options.hold); !held) return Failure{held.error()};
    auto back = change_sides(site, engine, prober->get(), on_step);
    if (!back) return Failure{back.error()};
    report.legs.push_back(std::move(*back));
  }
  report.ended_at = failover::timestamp_now();
  if (auto kept = keep(site, report); !kept) return Failure{kept.error()};
  return report;
}

Result<Report> simulate(failover::Site& site, const DrillOptions& options) {
  auto situation = failover::look_around(site, {});
  if (!situation) return Failure{situation.error()};
  Report report = begin_report(site, Report::Kind::simulated);
  report.assessment = failover::assess(site.policy, situation->state, situation->survey, run_options(options));
  const failover::SideSurvey* to = situation->survey.find(report.assessment->to);
  if (to != nullptr && !to->api_problem && report.assessment->to != report.assessment->from) {
    const auto roles =
        failover::plan_roles(site, failover::next_active(situation->state, report.assessment->to), {report.assessment->to}, options.roles);
    if (!roles) return Failure{roles.error()};
    const plan::Summary summary = roles->plan.summary();
    report.changes = summary.create + summary.update;
  }
  const auto took = last_durations(situation->state);
  for (const failover::PlannedStep& step : report.assessment->steps) {
    if (const auto known = took.find(step.name); known != took.end()) report.expected[step.name] = known->second;
  }
  report.ended_at = failover::timestamp_now();
  if (auto kept = keep(site, report); !kept) return Failure{kept.error()};
  return report;
}

}  // namespace fedctl::drill
