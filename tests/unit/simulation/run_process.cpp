#include "simulation/run_process.hpp"

#include "failover/journal.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace simulation {

using failover::GuardLease;
using failover::State;
using failover::StepKind;
using failover::StepRecord;
using failover::View;

namespace {

constexpr Duration interval{700};
/// How long a hold lasts without a renewal: longer than any message is under way.
constexpr Duration hold{4'000};

}  // namespace

RunProcess::RunProcess(Sides& sides, std::string name, const failover::Policy& policy)
    : sides_(sides), world_(sides.world), policy_(policy), verdict_(policy.health, true) {
  process.name = std::move(name);
  to_host.name = fmt::format("the way from {} to the host", process.name);
  for (std::size_t i = 0; i < 2; ++i)
    to_database[i].name = fmt::format("the way from {} to database {}", process.name, sides.databases[i].name);
  process.begin = [this] {
    verdict_ = fedctl::watch::Verdict{policy_.health, true};
    state_ = {};
    guard_.reset();
    holds_ = false;
    process.tasks.push_back(watch());
    process.tasks.push_back(keep_hold());
  };
}

void RunProcess::tell(const std::string& text) const {
  if (world_.tells()) world_.tell(fmt::format("{}: {}", process.name, text));
}

bool RunProcess::refuse(std::string why) {
  tell("does not go on: " + why);
  last_refusal = std::move(why);
  return false;
}

Task<Done> RunProcess::watch() {
  while (true) {
    co_await world_.sleep(process, interval);
    co_await sample();
    const auto opinion = verdict_.opinion(world_.wall(process));
    const bool has_failed = opinion.state == fedctl::watch::Opinion::State::failed;
    const bool wants = (has_failed || is_told_to_run) && may_begin;
    auto loaded = co_await load();
    if (!loaded) continue;
    const std::string before = active_;
    active_ = failover::active_cluster(policy_, *loaded);
    if (active_ != before) verdict_ = fedctl::watch::Verdict{policy_.health, true};
    state_ = std::move(*loaded);
    if (state_.has_unfinished_run()) {
      co_await take_unfinished();
      co_await give_hold_back();
    } else if (wants && active_ == before) {
      failed_at_.reset();
      if (has_failed) failed_at_ = opinion.since;
      is_told_to_run = false;
      co_await begin();
      co_await give_hold_back();
    }
  }
}

Task<std::optional<data::Standing>> RunProcess::look(std::size_t side) {
  std::function<std::optional<data::Standing>()> act = [this, side]() -> std::optional<data::Standing> {
    if (!sides_.databases[side].runs) return std::nullopt;
    return sides_.look(sides_.databases[side]);
  };
  co_return co_await ask_database<data::Standing>(side, std::move(act));
}

/// The checks of one round, and what other places say.
Task<Done> RunProcess::sample() {
  const std::size_t side = index(active_);
  const auto began = world_.wall(process);
  auto seen = co_await look(side);
  using Evidence = fedctl::watch::Verdict::Evidence;
  const bool is_refused = !seen && !sides_.databases[side].runs && to_database[side].cut_until <= world_.now;
  verdict_.record(0, seen || is_refused ? std::nullopt : std::optional<std::string>{"silence"}, began);
  const bool is_well = seen && seen->is_writable();
  verdict_.record(1, is_well ? std::nullopt : std::optional<std::string>{"no writes"}, began,
                  seen         ? Evidence::answer
                  : is_refused ? Evidence::proof
                               : Evidence::silence);
  verdict_.see_from("standby", sides_.does_stream(sides_.databases[1 - side]) ? View::up : View::down);
  std::function<GuardLease()> read = [this, side] { return sides_.lease_for_run(side); };
  const auto guard = co_await ask_host<GuardLease>(std::move(read));
  if (guard) {
    const View silent = guard->failsafe.empty() ? View::down : View::unknown;
    verdict_.see_from("guard", guard->is_alive() ? View::up : silent);
  }
  if (seen && !seen->in_recovery) {
    const GuardLease known = guard.value_or(GuardLease{});
    co_await keep_look(*seen, known, active_);
  }
  co_return Done{};
}

Task<Done> RunProcess::keep_look(const data::Standing& seen, const GuardLease& guard, const std::string& active) {
  failover::LastSeen look{
      active, seen.system_identifier, seen.timeline, data::format_lsn(seen.written), "", failover::timestamp(world_.wall(process))};
  failover::note_guard(look, guard);
  std::function<bool()> act = [this, look = std::move(look)] {
    State& state = sides_.state;
    if (failover::active_cluster(policy_, state) != look.cluster || (state.primary && failover::is_older(look, *state.primary)))
      return false;
    state.primary = look;
    ++sides_.state_version;
    return true;
  };
  co_await ask_host<bool>(std::move(act));
  co_return Done{};
}

Task<failover::Survey> RunProcess::survey() {
  failover::Survey survey;
  survey.clusters = 3;
  survey.reachable = 3;
  for (std::size_t side = 0; side < 2; ++side) {
    failover::SideSurvey found{.cluster = sides_.databases[side].name};
    found.database = co_await look(side);
    if (!found.database) found.database_problem = fedctl::Error{fedctl::Code::unreachable, "no answer"};
    std::function<GuardLease()> read = [this, side] { return sides_.lease_for_run(side); };
    auto guard = co_await ask_host<GuardLease>(std::move(read));
    if (guard) found.guard = std::move(*guard);
    // There are two, so a standby that streams receives from the other one.
    found.addresses = {{found.cluster, "5432"}};
    found.checkup.sender = data::Address{sides_.databases[1 - side].name, "5432"};
    survey.sides.push_back(std::move(found));
  }
  co_return survey;
}

Task<std::optional<State>> RunProcess::load() {
  std::function<State()> act = [this] { return sides_.read_state(); };
  co_return co_await ask_host<State>(std::move(act));
}

Task<bool> RunProcess::save() {
  while (true) {
    std::function<Written()> act = [this, state = state_]() mutable {
      const bool is_written = sides_.write_state(state);
      return Written{is_written, state.version};
    };
    const auto saved = co_await ask_host<Written>(std::move(act));
    if (!saved) co_return refuse("the state cannot be written");
    if (saved->is_written) {
      state_.version = saved->version;
      co_return true;
    }
    const auto theirs = co_await load();
    if (!theirs) co_return refuse("the state cannot be read");
    if (failover::is_taken_over(state_, *theirs)) co_return refuse("another process has taken over");
    state_.primary = theirs->primary;
    state_.version = theirs->version;
  }
}

Task<bool> RunProcess::take_hold() {
  std::function<bool()> act = [this] {
    if (sides_.holder != nullptr && sides_.holder != &process && sides_.held_until > world_.now) return false;
    sides_.holder = &process;
    sides_.held_until = world_.now + micros(hold);
    return true;
  };
  const auto taken = co_await ask_host<bool>(std::move(act));
  holds_ = taken && *taken;
  co_return holds_;
}

Task<Done> RunProcess::give_hold_back() {
  if (!std::exchange(holds_, false)) co_return Done{};
  std::function<bool()> act = [this] {
    if (sides_.holder == &process) sides_.holder = nullptr;
    return true;
  };
  co_await ask_host<bool>(std::move(act));
  co_return Done{};
}

Task<Done> RunProcess::keep_hold() {
  while (true) {
    co_await world_.sleep(process, hold / 4);
    if (!holds_) continue;
    std::function<bool()> act = [this] {
      if (sides_.holder == &process) sides_.held_until = world_.now + micros(hold);
      return true;
    };
    co_await ask_host<bool>(std::move(act));
  }
}

Task<bool> RunProcess::begin() {
  if (!co_await take_hold()) co_return refuse("somebody else is at a run");
  auto loaded = co_await load();
  if (!loaded || loaded->has_unfinished_run() || failover::active_cluster(policy_, *loaded) != active_) co_return false;
  state_ = std::move(*loaded);
  const auto found = co_await survey();
  failover::RunOptions options;
  options.failed_at = failed_at_;
  if (!options.failed_at) options.failed_at = world_.wall(process);
  const failover::SideSurvey* from = found.find(active_);
  if (from->database && !from->database->in_recovery) {
    state_.primary = failover::LastSeen{
        active_, from->database->system_identifier,        from->database->timeline, data::format_lsn(from->database->written),
        "",      failover::timestamp(world_.wall(process))};
    failover::note_guard(*state_.primary, from->guard);
  }
  const auto assessment = failover::assess(policy_, state_, found, options);
  if (!assessment.blockers.empty()) co_return refuse(assessment.blockers.front().message);
  failover::Run run{.id = fmt::format("{}-{}", process.name, world_.now), .from = assessment.from, .to = assessment.to};
  run.token = state_.token + 1;
  run.began_at = failover::timestamp(world_.wall(process));
  if (failed_at_) run.outcome["failedAt"] = failover::timestamp(*failed_at_);
  run.steps = failover::records_of(policy_, run.kind);
  state_.token = run.token;
  state_.run = std::move(run);
  if (!co_await save()) co_return false;
  tell(fmt::format("begins a run from {} to {}, token {}", state_.run->from, state_.run->to, state_.token));
  co_return co_await execute();
}

Task<bool> RunProcess::take_unfinished() {
  if (!co_await take_hold()) co_return refuse("somebody else is at the run");
  auto loaded = co_await load();
  if (!loaded || !loaded->has_unfinished_run()) co_return false;
  state_ = std::move(*loaded);
  ++run().epoch;
  if (const auto checked = failover::check_journal(policy_, state_); !checked) {
    world_.fail(checked.error().message);
    co_return false;
  }
  if (!co_await save()) co_return false;
  const bool may_abort = !failover::may_have_turned(policy_, run());
  if (may_abort && world_.random.chance(30)) co_return co_await abort();
  tell(fmt::format("goes on with the run of token {}", state_.token));
  co_return co_await execute();
}

Task<bool> RunProcess::execute() {
  for (StepRecord& step : run().steps) {
    if (step.state == StepRecord::State::done) continue;
    step.state = StepRecord::State::begun;
    const auto kind = failover::step_kind(step.name);
    if (kind == StepKind::record) break;
    const bool is_simulated = kind == StepKind::fence || kind == StepKind::catch_up || kind == StepKind::promote;
    if (is_simulated) {
      if (!co_await save()) co_return false;
      if (!co_await do_step(step)) co_return false;
    }
    step.state = StepRecord::State::done;
    if (kind == failover::point_of_no_return(policy_)) {
      state_.active = run().to;
      state_.active_token = run().token;
    }
    if (is_simulated && !co_await save()) co_return false;
  }
  for (StepRecord& step : run().steps) step.state = StepRecord::State::done;
  run().state = failover::Run::State::done;
  run().ended_at = failover::timestamp(world_.wall(process));
  if (!co_await save()) co_return false;
  tell(fmt::format("the run of token {} is done", state_.token));
  co_return true;
}

Task<bool> RunProcess::do_step(StepRecord& step) {
  const auto kind = failover::step_kind(step.name);
  if (kind == StepKind::fence) co_return co_await fence(step);
  if (kind == StepKind::catch_up) co_return co_await catch_up(step);
  co_return co_await promote(step);
}

}  // namespace simulation
