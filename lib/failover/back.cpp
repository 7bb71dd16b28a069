#include "failover/back.hpp"

#include "failover/side_database.hpp"
#include "failover/steps.hpp"

#include <fmt/format.h>
#include <chrono>

namespace fedctl::failover {
namespace {

using Clock = std::chrono::steady_clock;
using data::Standing;
constexpr time::Duration pace{500};

/// Was what the old side may have behind the fork measured when it was left? Then whoever ran that accepted it.
bool was_measured(const Run& run) {
  const StepRecord* caught_up = run.find(StepKind::catch_up);
  return caught_up != nullptr && caught_up->evidence.read<CatchUpEvidence>().is_exact.value_or(false);
}

std::vector<std::string> steps_by_hand(const std::string& old_side, const std::string& active) {
  return {
      fmt::format("save what only {} has, if anything: pg_dump the rows, or keep a copy of its data folder", old_side),
      fmt::format("on its server: pg_ctl -D $PGDATA -m fast -w stop"),
      fmt::format("sed -i /{}/d $PGDATA/postgresql.auto.conf   (what fenced it keeps pg_rewind, too, from opening it after a crash)",
                  data::fence_library),
      fmt::format("pg_rewind -D $PGDATA --source-server=\"CONNECTION OF {}\"   (needs wal_log_hints=on or data checksums; else an empty "
                  "folder and pg_basebackup -D $PGDATA -R -X stream -d \"CONNECTION OF {}\")",
                  active, active),
      fmt::format("touch $PGDATA/standby.signal, and set primary_conninfo to {} in $PGDATA/postgresql.auto.conf", active),
      "pg_ctl -D $PGDATA -w start, then 'fedctl failover back' once more",
  };
}

/// The run that made it the active side.
std::optional<Run> run_to(const State& state, const std::string& active) {
  return latest_done(state, [&](const Run& run) { return run.to == active; });
}

/// Where the log of the active side left that of the one before it, as far as is known.
std::optional<data::Lsn> fork_to(const State& state, const std::string& active) {
  const auto run = run_to(state, active);
  return run ? fork_of(*run) : std::nullopt;
}

/// What only one side has.
struct Excess {
  std::optional<std::int64_t> bytes = {};  ///< Of log, as far as that is known.
  bool was_measured = false;               ///< Known to the run that parted them, so whoever ran that accepted it.
  std::string unknown = {};                ///< Why nobody knows: "is a primary that no run left"; empty: it is known.
};

/// Of a standby: since the active side was promoted.
Excess excess_of_standby(const State& state, const SideSurvey& side, const SideSurvey& active) {
  const auto run = run_to(state, active.cluster);
  const auto fork = run ? fork_of(*run) : std::nullopt;
  if (!fork || !active.database) return {};
  return {.bytes = data::parted(*side.database, *active.database, *fork), .was_measured = was_measured(*run)};
}

/// Of a primary: since a run left it.
Excess excess_of_primary(const Run* left, const SideSurvey& side, const SideSurvey& active) {
  const auto fork = left == nullptr ? std::nullopt : fork_of(*left);
  if (!fork) return {.unknown = "is a primary that no run left"};
  const Standing& standing = *side.database;
  if (active.database && standing.timeline >= active.database->timeline) return {.unknown = "was promoted since a run left it"};
  // A log does not become shorter.
  if (standing.written < *fork) return {.unknown = "is an older copy than the one that a run left"};
  const auto bytes = static_cast<std::int64_t>(standing.written - *fork);
  if (bytes == 0) return {};
  const bool was_opened = standing.is_writable();
  return {.bytes = bytes, .was_measured = was_measured(*left) && !was_opened};
}

/// A database that does not answer tells nothing of what it has.
Excess excess_of(const State& state, const SideSurvey& side, const SideSurvey& active) {
  const auto left = latest_done(state, [&](const Run& one) { return one.from == side.cluster; });
  if (!side.database) {
    const StepRecord* caught_up = left ? left->find(StepKind::catch_up) : nullptr;
    const bool was_told = caught_up != nullptr && caught_up->evidence.read<CatchUpEvidence>().lost_bytes.has_value();
    if (left && !was_told) return {.unknown = "does not answer, and the run that left it could not tell what only it has"};
    return {};
  }
  if (active.database && side.database->system_identifier != active.database->system_identifier)
    return {.unknown =
                fmt::format("is no copy of that of {} (its system identifier is {})", active.cluster, side.database->system_identifier)};
  return side.database->in_recovery ? excess_of_standby(state, side, active) : excess_of_primary(left ? &*left : nullptr, side, active);
}

/// A standby that has nothing of the log that its new primary lacks only has to be told where to receive from.
BackPlan::Rejoin way_of_rejoining(const Policy& policy, const Survey& survey, const State& state, const BackPlan& plan) {
  const std::vector<Follower> followers = followers_of(policy, survey, "", plan.from, fork_to(state, plan.from));
  const auto follower = std::ranges::find(followers, plan.to, &Follower::cluster);
  if (follower->problem.empty() && follower->way == FollowWay::by_setting) return BackPlan::Rejoin::by_setting;
  return policy.postgres->sides.at(plan.to).rejoin ? BackPlan::Rejoin::by_program : BackPlan::Rejoin::by_hand;
}

/// Waits until the standby has been caught up for the whole window.
Result<void> wait_caught_up(Site& site, const BackPlan& plan, time::Duration window) {
  const auto limit = Clock::now() + window + site.policy.postgres->catch_up_timeout;
  const auto patience = time::Duration{3'000};
  std::optional<Clock::time_point> since;
  std::string missing = "it does not answer";
  while (true) {
    const auto primary = site.loop->run(look_at_database(site, plan.from, patience));
    const auto standby = site.loop->run(look_at_database(site, plan.to, patience));
    if (site.loop->interrupted()) return Failure{{Code::cancelled, "interrupted"}};
    bool well = false;
    if (primary && standby) {
      const auto behind = primary->written > standby->replayed ? static_cast<std::int64_t>(primary->written - standby->replayed) : 0;
      well = standby->in_recovery && standby->streams && behind <= site.policy.postgres->max_lag_bytes;
      missing = !standby->streams ? "it does not stream" : fmt::format("it is {} bytes behind", behind);
    }
    const auto now = Clock::now();
    if (!well) since.reset();
    if (well && !since) since = now;
    if (since && now - *since >= window) return {};
    if (now >= limit && !since) {
      return Failure{{.code = Code::timeout,
                      .message = fmt::format("the database of {} does not catch up: {}", plan.to, missing),
                      .cluster = plan.to,
                      .hint = "mend its replication and go back then"}};
    }
    if (auto paused = pause(*site.loop, std::min(pace, window)); !paused) return paused;
  }
}

/// Rejoining the side would throw away what may be all there is of it.
Error unsaved(const std::string& cluster, const std::string& what, const std::string& lifted_by) {
  return {.code = Code::conflict,
          .message = fmt::format("refused: the database of {} {}", cluster, what),
          .cluster = cluster,
          .hint = "save what you need of it (pg_dump, or a copy of its folder), then --accept-data-loss " + lifted_by};
}

/// A standby that was started again asks its primary for more only when it has replayed what it has.
bool replays_late(const SideSurvey& side, const SideSurvey& active) {
  if (!side.database || !side.database->in_recovery || !active.database) return false;
  const Standing& standby = *side.database;
  return !standby.is_all_read && standby.replay_delay.count() > 0 && standby.timeline == active.database->timeline;
}

Result<BackPlan> plan_from(Site& site, const Situation& situation, const BackOptions& options) {
  const State& state = situation.state;
  BackPlan plan{.from = active_cluster(site.policy, state), .to = options.to.empty() ? site.policy.clusters.front() : options.to};
  const SideSurvey* side = situation.survey.find(plan.to);
  if (side == nullptr) return Failure{{Code::usage, fmt::format("{} is none of the policy's clusters", plan.to), site.policy.place}};
  if (plan.from == plan.to)
    return Failure{{.code = Code::conflict,
                    .message = fmt::format("refused: {} is the active cluster already", plan.to),
                    .hint = "name another one with --to"}};
  if (state.has_unfinished_run())
    return Failure{
        {.code = Code::conflict, .message = "refused: a run was not finished", .hint = "go on with 'fedctl failover run --resume' first"}};
  if (!site.policy.postgres) return plan;
  const SideSurvey& active = *situation.survey.find(plan.from);
  if (active.database && active.database->in_recovery) {
    return Failure{{.code = Code::conflict,
                    .message = fmt::format("refused: the database of {} is a standby itself, so none can follow it", plan.from),
                    .cluster = plan.from,
                    .hint = "make one the primary with 'fedctl failover run'"}};
  }
  const bool streams = side->database && side->database->in_recovery && side->database->streams;
  // A standby may still stream from a primary that was left.
  const bool is_astray = streams && active.database && side->database->received_timeline != active.database->timeline;
  if (streams && !is_astray && side->database->is_replay_paused) {
    plan.rejoin = BackPlan::Rejoin::by_hand;
    plan.why = "its replay is paused";
    plan.by_hand = {"in its database: SELECT pg_wal_replay_resume()"};
  }
  if (!streams && replays_late(*side, active)) {
    plan.rejoin = BackPlan::Rejoin::by_hand;
    plan.why = "it replays late on purpose, and has not read its own log since it was started";
    plan.by_hand = {"wait until it streams, or set recovery_min_apply_delay to 0 there"};
    return plan;
  }
  if (streams && !is_astray) return plan;
  plan.rejoin = way_of_rejoining(site.policy, situation.survey, state, plan);
  plan.why = !side->database               ? "its database does not answer"
             : is_astray                   ? "it streams from a primary that was left"
             : side->database->in_recovery ? "it does not stream"
                                           : "it is a primary of its own";
  plan.by_hand = steps_by_hand(plan.to, plan.from);
  const Excess excess = excess_of(state, *side, active);
  plan.diverged = excess.bytes;
  const bool accepts_any = options.accept_data_loss == any_loss;
  const bool accepted = accepts_any || (options.accept_data_loss && plan.diverged && *options.accept_data_loss >= *plan.diverged);
  if (plan.rejoin != BackPlan::Rejoin::by_program) return plan;
  if (!excess.unknown.empty() && !accepts_any) {
    plan.refusal =
        unsaved(plan.to, fmt::format("{}, so what only it has is not known, and rejoining throws it away", excess.unknown), "unknown");
  } else if (plan.diverged && !excess.was_measured && !accepted) {
    plan.refusal =
        unsaved(plan.to, fmt::format("has {} bytes of log that {} never got, and rejoining throws them away", *plan.diverged, plan.from),
                std::to_string(*plan.diverged));
  }
  return plan;
}

}  // namespace

Result<BackPlan> plan_back(Site& site, const BackOptions& options) {
  const auto situation = look_around(site, {});
  if (!situation) return Failure{situation.error()};
  auto plan = plan_from(site, *situation, options);
  if (plan && plan->refusal) return Failure{*plan->refusal};
  return plan;
}

Result<std::vector<BackPlan>> plan_repair(Site& site, const BackOptions& options) {
  if (!site.policy.postgres) return Failure{{Code::usage, "the policy has no database, so there is nothing to repair", site.policy.place}};
  const auto situation = look_around(site, {});
  if (!situation) return Failure{situation.error()};
  std::vector<BackPlan> plans;
  for (const std::string& cluster : site.policy.clusters) {
    if (cluster == active_cluster(site.policy, situation->state)) continue;
    auto plan = plan_from(site, *situation, {.to = cluster, .accept_data_loss = options.accept_data_loss});
    if (!plan) return Failure{plan.error()};
    plans.push_back(std::move(*plan));
  }
  return plans;
}

namespace {

/// Is the plan still what is to be done? It was made before somebody was asked, and a side that was made the active one since must not be
/// rebuilt. Errors: conflict.
Result<void> check_plan(Site& site, const BackPlan& plan, const BackOptions& options) {
  const auto now = plan_back(site, {.to = plan.to, .accept_data_loss = options.accept_data_loss});
  if (!now) return Failure{now.error()};
  const bool is_same = now->from == plan.from && now->rejoin == plan.rejoin && now->diverged.has_value() == plan.diverged.has_value();
  if (is_same) return {};
  return Failure{{.code = Code::conflict,
                  .message = fmt::format("refused: it is no longer as it was when {} was looked at", plan.to),
                  .cluster = plan.to,
                  .hint = "nothing was done to it; look again"}};
}

}  // namespace

Result<Done> rejoin_side(Site& site, const BackPlan& plan, const BackOptions& options, const OnStep& on_step) {
  const auto hold = hold_runs(site, 0, time::Duration{0});
  if (!hold) return Failure{hold.error()};
  if (auto checked = check_plan(site, plan, options); !checked) return Failure{checked.error()};
  const auto began = Clock::now();
  const std::string step{to_string(StepKind::rejoin)};
  const EngineOptions engine_options;
  const bool by_setting = plan.rejoin == BackPlan::Rejoin::by_setting;
  Run run{.id = "back", .kind = RunKind::switchover, .from = by_setting ? "" : plan.to, .to = plan.from};
  StepContext context{site, run, engine_options,
                      [&](const std::string& text) {
                        on_step({StepEvent::Type::note, step, text, {}});
                      },
                      [] { return Result<void>{}; }};
  const auto rejoined = by_setting ? follow(context, {plan.to}) : rejoin(context);
  if (!rejoined) return Failure{to_be_repaired(rejoined.error())};
  on_step({StepEvent::Type::done, step, fmt::format("{} is a standby of {}", plan.to, plan.from),
           std::chrono::duration_cast<time::Duration>(Clock::now() - began)});
  return Done{};
}

Result<Run> go_back(Site& site, const BackPlan& plan, const BackOptions& options, const OnStep& on_step) {
  EngineOptions engine_options{.roles = options.roles};
  engine_options.run = {.kind = RunKind::switchover, .from = plan.from, .to = plan.to, .reason = "going back"};
  if (plan.rejoin == BackPlan::Rejoin::by_hand) {
    return Failure{{.code = Code::conflict,
                    .message = fmt::format("refused: the database of {} must be made a standby first: {}", plan.to, plan.why),
                    .cluster = plan.to,
                    .hint = fmt::format("see 'fedctl failover back --help', or set database.postgres.sides.{}.rejoin.command", plan.to)}};
  }
  if (plan.can_rejoin()) {
    if (const auto rejoined = rejoin_side(site, plan, options, on_step); !rejoined) return Failure{rejoined.error()};
  }
  if (site.policy.postgres) {
    const auto began = Clock::now();
    if (auto waited = wait_caught_up(site, plan, options.window); !waited) return Failure{waited.error()};
    on_step({StepEvent::Type::done, "caught-up", fmt::format("for {}", time::format_duration(options.window)),
             std::chrono::duration_cast<time::Duration>(Clock::now() - began)});
  }
  return Engine{site, engine_options, on_step}.start();
}

}  // namespace fedctl::failover
