#include "failover/step_synchronous.hpp"

#include "data/role.hpp"
#include "failover/quorum.hpp"
#include "failover/synchronous.hpp"
#include "failover/take_survey.hpp"

#include <fmt/format.h>
#include <chrono>

namespace fedctl::failover {
namespace {

constexpr time::Duration time_to_prepare{10'000};
constexpr time::Duration time_for_standbys{3'000};
constexpr time::Duration time_to_carry{5'000};
constexpr time::Duration between_readings{100};

/// What the step promote left in its evidence.
std::optional<PromotionNames> names_of_promotion(const Run& run) {
  const StepRecord* record = run.find(StepKind::promote);
  return record == nullptr ? std::nullopt : record->evidence.read<PromoteEvidence>().synchronous;
}

}  // namespace

Result<void> set_for_promotion(StepContext& context) {
  Site& site = context.site;
  const std::string& to = context.run.to;
  StepRecord* record = context.run.find(StepKind::promote);
  if (record == nullptr) return {};
  const auto has = site.loop->run(synchronous_of_database(site, to));
  if (!has) return Failure{has.error()};
  if (!has->in_recovery) return {};
  auto state = site.loop->run(site.store->load());
  if (!state) return Failure{state.error()};
  // The side that is left may be dead, so only what the state knows of it is asked for.
  Survey found;
  found.sides.push_back({.cluster = to, .database = data::Standing{.in_recovery = true}});
  found.sides.back().checkup.synchronous = *has;
  const SynchronousPlan plan = plan_synchronous(site.policy, *state, found, context.run.from, to);
  PromoteEvidence told = record->evidence.read<PromoteEvidence>();
  if (!told.synchronous && !plan.changes() && plan.later.empty()) return {};
  if (!told.synchronous) {
    told.synchronous = PromotionNames{.before = plan.has, .set = plan.now, .later = plan.later, .was_altered = has->is_altered};
    record->evidence.say(told);
  }
  const std::string wanted = told.synchronous->set.value_or("");
  if (plan.has == wanted) return {};
  if (auto ours = context.confirm(); !ours) return ours;
  OnServer use = [wanted](data::Connection& server, data::Deadline deadline) {
    return data::set_synchronous_names(server, wanted, deadline);
  };
  const auto set = site.loop->run(on_server(site, to, time_to_prepare, std::move(use)));
  if (set) return {};
  Error problem = set.error();
  problem.message = fmt::format("commits would go on waiting for '{}': {}", plan.has, problem.message);
  if (problem.hint.empty()) problem.hint = data::how_to_grant;
  return Failure{std::move(problem)};
}

void restore_from_promotion(StepContext& context) {
  const auto told = names_of_promotion(context.run);
  if (!told || told->set == told->before) return;
  const data::Synchronous before{.names = told->before.value_or(""), .is_altered = told->was_altered.value_or(false)};
  OnServer use = [before](data::Connection& server, data::Deadline deadline) {
    return data::restore_synchronous_names(server, before, deadline);
  };
  const auto done = context.site.loop->run(on_server(context.site, context.run.to, time_to_prepare, std::move(use)));
  if (!done)
    context.note(fmt::format("synchronous_standby_names of {} is still '{}', and was '{}': {}", context.run.to, told->set.value_or(""),
                             before.names, describe(done.error())));
}

SynchronousState synchronous_after(const Run& run) {
  const PromotionNames told = names_of_promotion(run).value_or(PromotionNames{});
  return {.cluster = run.to, .seen = told.set.value_or(""), .owed = told.later.value_or("")};
}

Result<Findings> make_synchronous(StepContext& context) {
  if (!context.site.policy.postgres) return Skipped{"the policy has no database any more"};
  if (auto ours = context.confirm(); !ours) return Failure{ours.error()};
  const time::Duration patience = context.options.follow_patience.value_or(context.site.policy.postgres->catch_up_timeout);
  const auto settled = context.site.loop->run(settle_synchronous(context.site, context.run.to, patience));
  if (!settled) return Failure{settled.error()};
  if (settled->names.empty()) return Skipped{"commits are to wait for nobody"};
  return *settled;
}

void carry_synchronous(StepContext& context) {
  if (context.run.find(StepKind::synchronous) != nullptr) return;
  Site& site = context.site;
  const std::string& primary = context.run.to;
  const auto state = site.loop->run(site.store->load());
  if (!state || owed_names(site.policy, *state, primary).empty()) return;
  const auto settled = site.loop->run(settle_synchronous(site, primary, time_to_carry));
  if (!settled) return context.note(describe(settled.error()));
  if (!settled->is_unchanged) context.note(fmt::format("commits on {} wait for {}", primary, settled->names));
}

Result<std::optional<std::string>> confirm_quorum(StepContext& context, const State& state) {
  Site& site = context.site;
  const StepRecord* fenced = context.run.find(StepKind::fence);
  const bool is_fenced = fenced != nullptr && fenced->evidence.read<FenceEvidence>().overridden.empty();
  const auto deadline = std::chrono::steady_clock::now() + site.policy.postgres->catch_up_timeout;
  while (true) {
    const Survey found = site.loop->run(glance_at_standbys(site, context.run.from, time_for_standbys));
    const auto verdict = judge_quorum(site.policy, state, found, context.run.from, context.run.to, is_fenced);
    if (!verdict) return std::optional<std::string>{};
    if (verdict->problem.empty()) return std::optional{verdict->basis};
    // Of what a stream still brings one standby may have more for a moment.
    if (std::chrono::steady_clock::now() >= deadline) {
      return Failure{{.code = Code::conflict,
                      .message = verdict->problem,
                      .cluster = context.run.to,
                      .hint = "undo the run with 'fedctl failover abort' and name another side with --to, or go on with --resume "
                              "--accept-data-loss unknown"}};
    }
    if (auto paused = pause(*site.loop, between_readings); !paused) return Failure{paused.error()};
  }
}

}  // namespace fedctl::failover
