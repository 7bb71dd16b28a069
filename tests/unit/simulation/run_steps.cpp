#include "base/json.hpp"
#include "failover/journal.hpp"
#include "failover/loss.hpp"
#include "simulation/run_process.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <memory>

namespace simulation {

using failover::FenceWay;
using failover::GuardLease;
using failover::StepKind;
using failover::StepRecord;

Task<std::optional<GuardLease>> RunProcess::mark_guard(std::size_t side, std::int64_t token) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    std::function<GuardLease()> read = [this, side] { return sides_.lease_for_run(side); };
    auto lease = co_await ask_host<GuardLease>(std::move(read));
    if (!lease || !lease->exists() || lease->fenced_by == token) co_return lease;
    lease->fenced_by = token;
    lease->is_harmless = false;
    using Written = std::optional<GuardLease>;
    std::function<Written()> write = [this, side, written = *lease] { return sides_.write_lease(side, written, false); };
    auto written = co_await ask_host<Written>(std::move(write));
    if (!written) co_return std::nullopt;
    if (*written) co_return std::move(*written);
  }
  co_return std::nullopt;
}

Task<std::optional<bool>> RunProcess::act_as_owner(std::size_t side, std::function<std::optional<bool>()> act) {
  process.acts = true;
  const bool is_ours = co_await save();
  std::optional<bool> done;
  if (is_ours) done = co_await ask_database<bool>(side, std::move(act));
  process.acts = false;
  co_return done;
}

Task<bool> RunProcess::fence(StepRecord& step) {
  guard_.reset();
  step.evidence = failover::Evidence{};
  const auto marked = co_await mark_guard(index(run().from), run().token);
  if (marked && marked->exists()) guard_.emplace(*marked, *policy_.fencing.guard_ttl, world_.steady(process));
  const auto found = co_await survey();
  const auto state = co_await load();
  if (!state) co_return refuse("the state cannot be read");
  for (const FenceWay way : failover::fence_ways(policy_, *state, *found.find(run().from), {})) {
    bool is_fenced = way == FenceWay::none_needed;
    if (way == FenceWay::database) is_fenced = co_await fence_database(step);
    if (way == FenceWay::guard) is_fenced = co_await wait_for_guard(step);
    if (!is_fenced) continue;
    tell(fmt::format("fenced {} by {}", run().from, failover::to_string(way)));
    co_return true;
  }
  co_return refuse(run().from + " is not proven to be harmless");
}

Task<bool> RunProcess::fence_database(StepRecord& step) {
  const std::size_t side = index(run().from);
  auto end = std::make_shared<data::Lsn>(0);
  std::function<std::optional<bool>()> act = [this, side, end]() -> std::optional<bool> {
    Database& database = sides_.databases[side];
    if (database.in_recovery) return std::nullopt;
    sides_.change(database, [](Database& changed) { changed.closed = true; });
    tell("freezes " + sides_.describe(database));
    *end = sides_.position(database);
    return true;
  };
  const auto before = co_await look(side);
  auto frozen = co_await act_as_owner(side, act);
  if (frozen && (!before || before->read_only) && guard_) {
    co_await wait_for_guard(step);
    frozen = co_await act_as_owner(side, act);
  }
  if (!frozen) co_return false;
  step.evidence.say(failover::FenceEvidence{.frozen = {.lsn = *end}});
  co_return true;
}

Task<bool> RunProcess::wait_for_guard(StepRecord& step) {
  if (!guard_) co_return false;
  const bool is_over = co_await wait_for_end(step);
  if (guard_->is_ended_by(run().to)) co_await release_replay();
  co_return is_over;
}

Task<bool> RunProcess::wait_for_end(StepRecord& step) {
  const std::size_t side = index(run().from);
  while (true) {
    if (guard_->is_ended_by(run().to)) {
      if (!co_await hold_replay()) co_return false;
    }
    const Steady now = world_.steady(process);
    if (guard_->is_over(now)) co_return guard_->is_proof();
    if (guard_->is_in_vain(now, run().to, patience)) co_return false;
    std::function<GuardLease()> read = [this, side] { return sides_.lease_for_run(side); };
    const auto lease = co_await ask_host<GuardLease>(std::move(read));
    if (lease && guard_->is_acknowledged(*lease)) {
      const auto end = lease->is_stopped ? std::nullopt : data::parse_lsn(lease->lsn);
      step.evidence.say(failover::FenceEvidence{.frozen = {.lsn = end}});
      co_return true;
    }
    co_await world_.sleep(process, std::clamp(guard_->longest() - guard_->waited(now), Duration{50}, Duration{200}));
  }
}

Task<bool> RunProcess::hold_replay() {
  const std::size_t side = index(run().to);
  Database& standby = sides_.databases[side];
  std::function<std::optional<bool>()> hold_it = [this, &standby]() -> std::optional<bool> {
    sides_.hold_replay(standby, true);
    return true;
  };
  if (!co_await ask_database<bool>(side, std::move(hold_it))) co_return false;
  const Steady asked = world_.steady(process);
  std::function<std::optional<std::string>()> look_at_it = [this, &standby]() -> std::optional<std::string> {
    sides_.pull(standby);
    return fmt::format("{} {}", standby.incarnation, standby.replayed);
  };
  const auto position = co_await ask_database<std::string>(side, std::move(look_at_it));
  if (!position) co_return false;
  guard_->saw(*position, asked, world_.steady(process));
  co_return true;
}

Task<Done> RunProcess::release_replay() {
  const std::size_t side = index(run().to);
  Database& standby = sides_.databases[side];
  std::function<std::optional<bool>()> act = [this, &standby]() -> std::optional<bool> {
    sides_.hold_replay(standby, false);
    return true;
  };
  co_await ask_database<bool>(side, std::move(act));
  co_return Done{};
}

/// As step_database.cpp's end_of_primary, receive_rest and measure_loss.
Task<bool> RunProcess::catch_up(StepRecord& step) {
  const auto state = co_await load();
  if (!state) co_return refuse("the state cannot be read");
  std::optional<data::Lsn> end = run().find(StepKind::fence)->evidence.read<failover::FenceEvidence>().frozen.lsn;
  const bool is_exact = end.has_value();
  if (!end) {
    const auto found = co_await survey();
    failover::SideSurvey old_side = *found.find(run().from);
    old_side.database.reset();
    const failover::SideSurvey& new_side = *found.find(run().to);
    const auto began = failover::parse_timestamp(run().began_at);
    const auto stated = failover::parse_timestamp(fedctl::string_at(run().outcome, "failedAt"));
    const auto now = world_.wall(process);
    const auto loss = failover::loss_of(policy_, *state, old_side, new_side, {}, stated ? *stated : *began, now);
    if (loss.bytes && new_side.database) end = new_side.database->written + static_cast<data::Lsn>(*loss.bytes);
  }
  const Steady deadline = world_.steady(process) + policy_.postgres->catch_up_timeout;
  data::Lsn before = 0;
  while (true) {
    const auto standby = co_await look(index(run().to));
    if (!standby) co_return refuse("the standby does not answer");
    if (!standby->in_recovery) co_return refuse("the standby is none any more, so what it lacked is not known");
    const bool is_still = standby->written == before && !standby->streams;
    if ((end && standby->written >= *end) || is_still || world_.steady(process) >= deadline) {
      if (!end) co_return refuse("how much is lost is not known");
      failover::CatchUpEvidence evidence{.standby_lsn = standby->written, .is_exact = is_exact};
      evidence.lost_bytes = *end > standby->written ? static_cast<std::int64_t>(*end - standby->written) : 0;
      step.evidence.say(evidence);
      co_return true;
    }
    before = standby->written;
    co_await world_.sleep(process, Duration{200});
  }
}

/// What the run says is lost, against what is: a database that was proven to take no writes has nothing more than what was seen then.
void RunProcess::judge_loss(const StepRecord& caught_up) {
  const auto evidence = caught_up.evidence.read<failover::CatchUpEvidence>();
  const auto told = static_cast<data::Lsn>(evidence.lost_bytes.value_or(0));
  const data::Lsn had = evidence.standby_lsn.value();
  const data::Lsn end = sides_.position(sides_.databases[index(run().from)]);
  const data::Lsn lacked = end > had ? end - had : 0;
  const bool is_exact = evidence.is_exact.value_or(false);
  tell(fmt::format("{} {} bytes lost, and {} were", is_exact ? "exactly" : "at least", told, lacked));
  if (is_exact ? told != lacked : told > lacked)
    world_.fail(fmt::format("the loss is said to be {} {} bytes, and is {}", is_exact ? "exactly" : "at least", told, lacked));
}

Task<bool> RunProcess::promote(StepRecord& step) {
  const std::size_t side = index(run().to);
  if (!co_await free_guard(side, failover::AwaitGuard::if_fenced)) co_return refuse("the new side's guard does not renew");
  if (!co_await look(side)) co_return refuse("the standby does not answer");
  step.evidence.say(failover::PromoteEvidence{.was_asked = true});
  std::function<std::optional<bool>()> act = [this, side, caught_up = *run().find(StepKind::catch_up)]() -> std::optional<bool> {
    Database& database = sides_.databases[side];
    if (!database.runs) return std::nullopt;
    if (database.in_recovery) judge_loss(caught_up);
    if (database.in_recovery) sides_.promote(database);
    sides_.change(database, [](Database& changed) {
      changed.closed = false;
      changed.unfence();
    });
    return true;
  };
  const auto promoted = co_await act_as_owner(side, std::move(act));
  if (!promoted) co_return refuse("the standby is not known to be the primary");
  co_return true;
}

Task<bool> RunProcess::free_guard(std::size_t side, failover::AwaitGuard await) {
  std::function<GuardLease()> read = [this, side] { return sides_.lease_for_run(side); };
  const auto before = co_await ask_host<GuardLease>(read);
  if (!before) co_return false;
  if (before->fenced_by == 0 && await == failover::AwaitGuard::if_fenced) co_return true;
  if (!co_await mark_guard(side, 0)) co_return false;
  const auto freed = co_await ask_host<GuardLease>(read);
  if (!freed) co_return false;
  if (!freed->is_alive()) co_return true;
  const Steady deadline = world_.steady(process) + freed->ttl;
  while (true) {
    const auto lease = co_await ask_host<GuardLease>(read);
    if (lease && lease->version() != freed->version()) co_return true;
    if (world_.steady(process) >= deadline) co_return false;
    co_await world_.sleep(process, Duration{50});
  }
}

Task<bool> RunProcess::abort() {
  tell(fmt::format("undoes the run of token {}", state_.token));
  const std::size_t side = index(run().from);
  const bool was_fenced = run().find(StepKind::fence)->state != StepRecord::State::pending;
  if (was_fenced) {
    failover::reopen(run());
    if (!co_await save()) co_return false;
    if (!co_await free_guard(side, failover::AwaitGuard::always)) co_return refuse("the old side's guard does not renew");
    co_await release_replay();
    std::function<std::optional<bool>()> act = [this, side]() -> std::optional<bool> {
      Database& database = sides_.databases[side];
      if (database.in_recovery) return std::nullopt;
      sides_.change(database, [](Database& changed) {
        changed.closed = false;
        changed.unfence();
      });
      tell("lets writes in: " + sides_.describe(database));
      return true;
    };
    // One that does not answer, or is not known to take writes, is left to its guard.
    if (!co_await act_as_owner(side, std::move(act))) sides_.may_stay_closed = true;
  }
  run().state = failover::Run::State::aborted;
  run().ended_at = failover::timestamp(world_.wall(process));
  co_return co_await save();
}

}  // namespace simulation
