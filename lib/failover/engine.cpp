#include "failover/engine.hpp"

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "failover/journal.hpp"
#include "failover/quorum.hpp"
#include "failover/side_database.hpp"
#include "failover/step_synchronous.hpp"
#include "failover/steps.hpp"
#include "failover/take_survey.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::failover {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;
constexpr int attempts_of_a_step = 3;
constexpr time::Duration pause_between{500};

Owing owing_of(const StepRecord& record) {
  const auto kind = step_kind(record.name);
  return kind ? step_of(*kind).owing : Owing::never;
}

bool may_be_owed(const StepRecord& record) { return owing_of(record) != Owing::never; }

bool is_worth_retrying(const Error& error) { return error.code == Code::unreachable || error.code == Code::timeout; }

/// A step of a run that is over: there is nothing to go on with.
double seconds_between(const std::string& begin, const std::string& end) {
  return static_cast<double>(elapsed(begin, end).value_or(time::Duration{0}).count()) / 1000;
}

json outcome_of(const Run& run) {
  json outcome{{"seconds", seconds_between(run.began_at, timestamp_now())}};
  const std::string stated = kube::string_at(run.outcome, "failedAt");
  const std::string failed_at = stated.empty() ? run.began_at : stated;
  outcome["failedAt"] = failed_at;
  if (const StepRecord* verified = run.find(StepKind::verify); verified != nullptr && !verified->ended_at.empty())
    outcome["rtoSeconds"] = seconds_between(failed_at, verified->ended_at);
  if (const StepRecord* caught_up = run.find(StepKind::catch_up)) {
    const CatchUpEvidence found = caught_up->evidence.read<CatchUpEvidence>();
    outcome["lostBytes"] = found.lost_bytes ? json(*found.lost_bytes) : json();
    outcome["lossExact"] = found.is_exact.value_or(false);
    if (found.lost_counted) outcome["lostCounted"] = *found.lost_counted;
  }
  return outcome;
}

}  // namespace

struct Engine::Impl {
  Site& site;
  EngineOptions options;
  OnStep on_step;
  std::unique_ptr<Hold> hold;
  State state;
  SurveyOptions look = {.dns = false};

  Result<void> take_hold(std::int64_t least_token) {
    auto held = hold_runs(site, least_token, options.lock_patience);
    if (!held) return Failure{held.error()};
    hold = std::move(*held);
    return {};
  }

  /// Takes hold of the run that was not finished. Errors: not_found, with what it was wanted for, where there is none.
  Result<void> take_unfinished(std::string_view purpose) {
    if (auto held = take_hold(0); !held) return held;
    auto loaded = site.loop->run(site.store->load());
    if (!loaded) return Failure{loaded.error()};
    state = std::move(*loaded);
    if (state.has_unfinished_run()) {
      // From now on whoever was at it before finds its writes refused.
      ++state.run->epoch;
      if (auto checked = check_journal(site.policy, state); !checked) return checked;
      return save();
    }
    return Failure{{Code::not_found, fmt::format("there is no run to {}: the last one is over", purpose), site.store->display_name()}};
  }

  /// Others write only what they saw of the primary; the run is ours, or nothing is written. Every step begins with this, so a process that
  /// stood still while another one took over does nothing any more. Errors: conflict, then.
  Result<void> save() {
    while (true) {
      const auto saved = site.loop->run(site.store->save(state));
      if (saved) return {};
      if (saved.error().code != Code::conflict) return Failure{saved.error()};
      auto theirs = site.loop->run(site.store->load());
      if (!theirs) return Failure{theirs.error()};
      if (is_taken_over(state, *theirs)) {
        return Failure{{.code = Code::conflict,
                        .message = fmt::format("another process has taken over (token {}), so nothing more is done here", theirs->token),
                        .hint = "see 'fedctl failover status'"}};
      }
      state.primary = theirs->primary;
      state.drills = theirs->drills;
      state.pause = theirs->pause;
      if (state.active == theirs->active) state.synchronous = theirs->synchronous;
      state.version = theirs->version;
    }
  }

  /// A policy that was changed since the run began is gone on by only where somebody said so.
  Result<void> take_changes() {
    Run& run = *state.run;
    if (run.policy_hash != site.policy.hash) {
      if (!options.accepts_policy_change) {
        return Failure{
            {.code = Code::conflict,
             .message = "refused: the policy was changed since the run began: " + text::join(policy_changes(run, site.policy), "; "),
             .place = site.policy.place,
             .hint = "put it back, or go on by it with --resume --accept-policy-change"}};
      }
      take_policy(run, site.policy);
      run.overridden.push_back("--accept-policy-change");
    }
    for (const std::string& name : options.skipped_hooks) {
      if (auto skipped = skip_hook(run, name); !skipped) return skipped;
    }
    return save();
  }

  void tell(StepEvent::Type type, const std::string& step, std::string text = {}, time::Duration took = {}) const {
    on_step({type, step, std::move(text), took});
  }

  StepContext context(Run& run, const std::string& step) {
    return {site,
            run,
            options,
            [this, step](const std::string& text) { tell(StepEvent::Type::note, step, text); },
            [this] { return save(); },
            state.active_token,
            look};
  }

  Result<Findings> do_once(Run& run, const StepRecord& record) {
    StepContext with = context(run, record.name);
    return carry_out(with, record);
  }

  Result<Findings> do_step(StepRecord& record) {
    while (true) {
      ++record.attempts;
      if (auto saved = save(); !saved) return Failure{saved.error()};
      auto found = do_once(*state.run, record);
      // A program of others may have done what it was told to, whatever came back of it.
      const bool is_final = may_be_owed(record) || is_hook(record) || record.is(StepKind::rejoin);
      if (found || !is_worth_retrying(found.error()) || is_final || record.attempts % attempts_of_a_step == 0 || site.loop->interrupted())
        return found;
      tell(StepEvent::Type::retried, record.name, describe(found.error()));
      if (auto paused = pause(*site.loop, pause_between); !paused) return Failure{paused.error()};
    }
  }

  /// Does the side that the run leaves take writes, though nothing was promoted yet? Then somebody opened it since it was fenced.
  bool is_opened_since() const {
    const Run& run = *state.run;
    if (!site.policy.postgres || may_have_turned(site.policy, run)) return false;
    const auto standing = site.loop->run(look_at_database(site, run.from, look.timeout));
    return standing && standing->is_writable();
  }

  /// Every step from where the run stands to its end.
  Result<Run> execute() {
    Run& run = *state.run;
    for (StepRecord& record : run.steps) {
      if (record.state == StepRecord::State::done || record.state == StepRecord::State::skipped) continue;
      if (site.loop->interrupted()) return Failure{stopped(Error{Code::cancelled, "interrupted"}, record.name)};
      record.state = StepRecord::State::begun;
      if (record.begun_at.empty()) record.begun_at = timestamp_now();
      const auto began = Clock::now();
      tell(StepEvent::Type::begun, record.name);
      if (record.is(StepKind::record)) finish_run(run);
      auto found = do_step(record);
      const auto took = std::chrono::duration_cast<time::Duration>(Clock::now() - began);
      if (!found && may_be_owed(record) && found.error().code != Code::cancelled) {
        owe(record, found.error(), took);
        continue;
      }
      if (!found) {
        record.evidence.error = describe(found.error());
        const auto saved = save();
        tell(StepEvent::Type::failed, record.name, describe(found.error()), took);
        return Failure{stopped(found.error(), record.name)};
      }
      record.evidence = Evidence{std::move(*found)};
      record.state = record.evidence.is_skipped() ? StepRecord::State::skipped : StepRecord::State::done;
      record.ended_at = timestamp_now();
      if (record.is(point_of_no_return(site.policy))) {
        state.active = run.to;
        state.active_token = run.token;
        if (site.policy.postgres) state.synchronous = synchronous_after(run);
      }
      tell(record.state == StepRecord::State::done ? StepEvent::Type::done : StepEvent::Type::skipped, record.name, summary_of(record),
           took);
      if (!record.is(StepKind::record)) {
        if (auto saved = save(); !saved) return Failure{stopped(saved.error(), record.name)};
      }
    }
    run.state = Run::State::done;
    state.earlier.reset();
    file_away(state, run);
    if (auto saved = save(); !saved) return Failure{stopped(saved.error(), std::string{to_string(StepKind::record)})};
    return run;
  }

  void owe(StepRecord& record, const Error& error, time::Duration took) {
    record.state = StepRecord::State::owed;
    record.evidence.error = describe(error);
    tell(StepEvent::Type::owed, record.name, describe(error), took);
    static_cast<void>(save());
  }

  void finish_run(Run& run) const {
    run.ended_at = timestamp_now();
    run.outcome = outcome_of(run);
    if (site.policy.rto && run.outcome.contains("rtoSeconds"))
      run.outcome["rtoKept"] = run.outcome["rtoSeconds"].get<double>() * 1000 <= static_cast<double>(site.policy.rto->count());
  }

  Error stopped(Error error, const std::string& step) const {
    if (error.hint.empty()) error.hint = way_on(site.policy, state.run.value_or(Run{}));
    error.message = fmt::format("stopped at the step {}: {}", step, error.message);
    return error;
  }
};

std::string_view to_string(StepEvent::Type type) {
  switch (type) {
    case StepEvent::Type::begun: return "begun";
    case StepEvent::Type::note: return "note";
    case StepEvent::Type::retried: return "retried";
    case StepEvent::Type::done: return "done";
    case StepEvent::Type::skipped: return "skipped";
    case StepEvent::Type::owed: return "owed";
    case StepEvent::Type::failed: break;
  }
  return "failed";
}

Engine::Engine(Site& site, EngineOptions options, OnStep on_step)
    : impl_(new Impl{site, std::move(options), std::move(on_step), nullptr, {}}) {}
Engine::~Engine() = default;

Result<Situation> look_around(Site& site, SurveyOptions options) {
  Situation situation;
  auto state = site.loop->run(site.store->load());
  if (!state) return Failure{state.error()};
  situation.state = std::move(*state);
  situation.survey = site.loop->run(survey(site, options));
  if (site.loop->interrupted()) return Failure{{Code::cancelled, "interrupted"}};
  const auto before = situation.state.primary ? situation.state.primary->lsn : "";
  note_moved_primary(site.policy, situation.state, situation.survey);
  remember_primary(situation.state, situation.survey, active_cluster(site.policy, situation.state));
  remember_synchronous(situation.state, situation.survey, active_cluster(site.policy, situation.state));
  // What was seen is worth keeping, and no reason to fail: it may not be ours to write.
  if (situation.state.primary && situation.state.primary->lsn != before)
    static_cast<void>(site.loop->run(site.store->save(situation.state)));
  return situation;
}

Result<Run> Engine::start() {
  Impl& self = *impl_;
  Site& site = self.site;
  auto before = site.loop->run(site.store->load());
  if (!before) return Failure{before.error()};
  if (auto held = self.take_hold(before->token + 1); !held) return Failure{held.error()};
  // Who watches has found the active side silent for longer already.
  const std::string failed = self.options.run.failed_at ? active_cluster(site.policy, *before) : std::string{};
  auto situation = look_around(site, {.silent_api = failed, .silent_database = failed});
  if (!situation) return Failure{situation.error()};
  self.state = std::move(situation->state);
  const RunOptions& wanted = self.options.run;
  const Assessment assessment = assess(site.policy, self.state, situation->survey, wanted);
  if (auto refused = refusal_of(assessment)) return Failure{std::move(*refused)};
  const std::int64_t token = std::max(self.state.token + 1, self.hold->token());
  const auto roles = plan_roles(site, {assessment.to, token}, {assessment.to}, self.options.roles);
  if (!roles) return Failure{roles.error()};
  for (const plan::Change& change : roles->plan.clusters.front().changes) {
    if (change.action != plan::Action::conflict) continue;
    Error refused = refused_role(change, assessment.to);
    refused.message = "refused: " + refused.message;
    return Failure{std::move(refused)};
  }
  const SideSurvey& old_side = *situation->survey.find(assessment.from);
  if (old_side.api_problem) self.look.silent_api = assessment.from;
  if (old_side.database_problem) self.look.silent_database = assessment.from;
  Run run{.id = encoding::random_hex(6), .kind = wanted.kind, .from = assessment.from, .to = assessment.to};
  run.token = token;
  run.policy_hash = site.policy.hash;
  run.policy = site.policy.spec;
  run.version = FEDCTL_VERSION;
  run.by = process::user_at_machine();
  run.reason = wanted.reason;
  run.began_at = timestamp_now();
  run.steps = records_of(site.policy, wanted.kind);
  if (wanted.failed_at) run.outcome["failedAt"] = timestamp(*wanted.failed_at);
  self.state.token = run.token;
  const Run* owing = self.state.owing();
  std::optional<Run> earlier = owing != nullptr ? std::optional{*owing} : std::nullopt;
  self.state.earlier = std::move(earlier);
  self.state.run = std::move(run);
  if (auto saved = self.save(); !saved) return Failure{saved.error()};
  return self.execute();
}

Result<Run> Engine::resume() {
  Impl& self = *impl_;
  if (auto taken = self.take_unfinished("go on with"); !taken) return Failure{taken.error()};
  for (const std::string& overridden : self.state.run->overridden) {
    if (overridden == "--skip-fencing") self.options.run.skip_fencing = true;
  }
  self.options.run.kind = self.state.run->kind;
  if (auto taken = self.take_changes(); !taken) return Failure{taken.error()};
  if (self.is_opened_since()) reopen(*self.state.run);
  return self.execute();
}

Result<std::unique_ptr<Hold>> hold_runs(Site& site, std::int64_t least_token, time::Duration patience) {
  auto held = site.store->hold("failover", least_token, patience);
  if (held || held.error().code != Code::conflict) return held;
  Error error = held.error();
  error.hint = "wait until it is done; if it died, this is free half a minute after, and then 'fedctl failover run --resume' goes on";
  return Failure{std::move(error)};
}

Result<Run> Engine::settle(Settled what) {
  Impl& self = *impl_;
  if (auto held = self.take_hold(0); !held) return Failure{held.error()};
  auto loaded = self.site.loop->run(self.site.store->load());
  if (!loaded) return Failure{loaded.error()};
  self.state = std::move(*loaded);
  const auto is_tried = [&](const StepRecord& record) {
    return record.state == StepRecord::State::owed && (what == Settled::all || owing_of(record) != Owing::until_standbys);
  };
  Run* run = self.state.owing();
  if (run == nullptr || std::ranges::none_of(run->steps, is_tried))
    return Failure{{Code::not_found, "the last run owes nothing", self.site.store->display_name()}};
  std::optional<Error> failed;
  for (StepRecord& record : run->steps) {
    if (!is_tried(record)) continue;
    ++record.attempts;
    const auto began = Clock::now();
    auto found = self.do_once(*run, record);
    const auto took = std::chrono::duration_cast<time::Duration>(Clock::now() - began);
    if (!found) {
      record.evidence.error = describe(found.error());
      if (!failed) failed = still_owed(found.error(), record.name);
      continue;
    }
    record.evidence = Evidence{std::move(*found)};
    record.state = StepRecord::State::done;
    record.ended_at = timestamp_now();
    self.tell(StepEvent::Type::done, record.name, summary_of(record), took);
  }
  file_away(self.state, *run);
  if (auto saved = self.save(); !saved) return Failure{saved.error()};
  if (failed) return Failure{std::move(*failed)};
  return *run;
}

Result<Run> Engine::abort() {
  Impl& self = *impl_;
  if (auto taken = self.take_unfinished("undo"); !taken) return Failure{taken.error()};
  Run& run = *self.state.run;
  if (may_have_turned(self.site.policy, run)) {
    return Failure{{.code = Code::conflict,
                    .message = fmt::format("refused: {} is active already, or may become it, so the run cannot be undone", run.to),
                    .hint = "go on with 'fedctl failover run --resume', then come back with 'fedctl failover back'"}};
  }
  reopen(run);
  if (auto saved = self.save(); !saved) return Failure{saved.error()};
  StepContext context = self.context(run, "abort");
  self.tell(StepEvent::Type::begun, "abort");
  const auto began = Clock::now();
  const auto undone = unfence(context);
  if (!undone) return Failure{undone.error()};
  restore_from_promotion(context);
  run.state = Run::State::aborted;
  run.ended_at = timestamp_now();
  file_away(self.state, run);
  if (auto saved = self.save(); !saved) return Failure{saved.error()};
  self.tell(StepEvent::Type::done, "abort", writes_of(run.from, *undone), std::chrono::duration_cast<time::Duration>(Clock::now() - began));
  return run;
}

}  // namespace fedctl::failover
