#include "failover/guard_place.hpp"
#include "failover/lineage.hpp"
#include "failover/side_database.hpp"
#include "failover/step_synchronous.hpp"
#include "failover/steps.hpp"
#include "failover/take_survey.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::failover {
namespace {

using Clock = std::chrono::steady_clock;
constexpr time::Duration patience{10'000};
constexpr time::Duration time_between_looks{50};
/// While nobody serves the application yet.
constexpr time::Duration time_to_glance{1'500};

std::optional<std::int64_t> number_of(const std::string& text) {
  try {
    return text.empty() ? std::nullopt : std::optional<std::int64_t>{std::stoll(text)};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

/// Where the old primary's log ended, and how that is known.
struct End {
  std::optional<data::Lsn> lsn;
  bool is_exact = false;
  std::string basis;
  std::optional<std::string> counted;
};

Result<data::Standing> look_at(StepContext& context, const std::string& cluster) {
  auto standing = context.site.loop->run(look_at_database(context.site, cluster, patience));
  if (!standing) return Failure{in_cluster(standing.error(), cluster)};
  return standing;
}

End end_of_primary(StepContext& context, const State& state) {
  const StepRecord* record = context.run.find(StepKind::fence);
  const FenceEvidence fenced = record == nullptr ? FenceEvidence{} : record->evidence.read<FenceEvidence>();
  if (fenced.frozen.lsn) return {fenced.frozen.lsn, true, "it was fenced there", fenced.counted};
  // The database did not answer just now, or it would have said where its log ended; its guard may have.
  Site& site = context.site;
  SideSurvey old_side{.cluster = context.run.from};
  if (const GuardPlace place = guard_place(site, context.run.from); place.host != nullptr && site.policy.fencing.guard_ttl) {
    if (auto lease = site.loop->run(read_guard(place, patience))) old_side.guard = std::move(*lease);
  }
  // A side that became a standby needs no fence, and tells what it has.
  if (fenced.way == FenceWay::none_needed) {
    if (auto standing = look_at(context, context.run.from)) old_side.database = std::move(*standing);
  }
  SideSurvey new_side{.cluster = context.run.to};
  if (auto standing = site.loop->run(look_at_database(site, context.run.to, patience))) new_side.database = std::move(*standing);
  const auto lineage = lineage_of(state, nullptr, context.run.from);
  if (lineage && new_side.database && !lineage->has(*new_side.database))
    return {.basis = fmt::format("the log of {} is not that of {}", context.run.to, context.run.from)};
  // How old the last look was counts from when the side failed, not from how long the fence took.
  const auto began = parse_timestamp(context.run.began_at).value_or(std::chrono::system_clock::now());
  const auto stated = parse_timestamp(kube::string_at(context.run.outcome, "failedAt"));
  const bool is_alone = !has_other_standbys(site.policy);
  const Survey others = is_alone ? Survey{} : site.loop->run(glance_at_standbys(site, context.run.from, time_to_glance));
  const Loss loss = loss_of(site.policy, state, old_side, new_side, others.sides, stated.value_or(began));
  End end{.basis = loss.basis};
  if (loss.bytes && new_side.database) end.lsn = new_side.database->written + static_cast<data::Lsn>(*loss.bytes);
  if (state.primary && state.primary->cluster == context.run.from && !state.primary->counted.empty()) end.counted = state.primary->counted;
  return end;
}

/// Waits until the new side has all there is, or nothing more comes.
Result<data::Standing> receive_rest(StepContext& context, const End& end) {
  const auto deadline = Clock::now() + context.site.policy.postgres->catch_up_timeout;
  data::Lsn before = 0;
  while (true) {
    auto standing = look_at(context, context.run.to);
    if (!standing) return standing;
    if (!standing->in_recovery && context.options.run.accept_data_loss != any_loss) {
      return Failure{{.code = Code::conflict,
                      .message = fmt::format("the database of {} is no standby any more, so what it lacked cannot be told", context.run.to),
                      .cluster = context.run.to,
                      .hint = "go on with --resume --accept-data-loss unknown"}};
    }
    if (!standing->in_recovery) return standing;
    const bool has_all = end.lsn && standing->written >= *end.lsn;
    const bool is_still = standing->written == before && !standing->streams;
    if (has_all || (is_still && !end.is_exact) || Clock::now() >= deadline) return standing;
    // A primary that answers but no longer sends would be waited for in vain.
    if (is_still && end.is_exact && Clock::now() + patience >= deadline) return standing;
    before = standing->written;
    if (auto paused = pause(*context.site.loop, time_between_looks); !paused) return Failure{paused.error()};
  }
}

Result<CatchUpEvidence> measure_loss(StepContext& context, const End& end, const data::Standing& standby) {
  const bool is_exact = end.is_exact && standby.in_recovery;
  CatchUpEvidence evidence{.standby_lsn = standby.written, .basis = end.basis, .is_exact = is_exact};
  const std::int64_t accepted = context.options.run.accept_data_loss.value_or(0);
  const std::int64_t limit = std::max(context.site.policy.postgres->max_lag_bytes, accepted);
  evidence.primary_counted = end.counted;
  if (!end.lsn || !standby.in_recovery) {
    if (accepted != any_loss) {
      return Failure{{.code = Code::conflict,
                      .message = fmt::format("how much {} lacks is not known: {}", context.run.to, end.basis),
                      .cluster = context.run.to,
                      .hint = "go on with --resume --accept-data-loss unknown, or undo the run with 'fedctl failover abort'"}};
    }
    evidence.is_loss_unknown = true;
  } else {
    const std::int64_t lost = *end.lsn > standby.written ? static_cast<std::int64_t>(*end.lsn - standby.written) : 0;
    evidence.primary_lsn = end.lsn;
    evidence.lost_bytes = lost;
    if (lost > limit) {
      return Failure{
          {.code = Code::conflict,
           .message = fmt::format("{} lacks {} bytes of the log, and maxLagBytes is {}", context.run.to, lost,
                                  context.site.policy.postgres->max_lag_bytes),
           .cluster = context.run.to,
           .hint = fmt::format("go on with --resume --accept-data-loss {}, or undo the run with 'fedctl failover abort'", lost)}};
    }
  }
  if (accepted > 0)
    context.run.overridden.push_back(fmt::format("--accept-data-loss {}", accepted == any_loss ? "unknown" : std::to_string(accepted)));
  return evidence;
}

/// Where the standbys vouch for all that was acknowledged, the rest of the old side's log is nobody's loss.
Result<CatchUpEvidence> measure(StepContext& context, const State& state, const End& end, const data::Standing& standby) {
  const bool has_all = end.is_exact && end.lsn && standby.written >= *end.lsn;
  if (has_all || context.options.run.accept_data_loss == any_loss) return measure_loss(context, end, standby);
  const auto basis = confirm_quorum(context, state);
  if (!basis) return Failure{basis.error()};
  if (!*basis) return measure_loss(context, end, standby);
  const auto now = look_at(context, context.run.to);
  if (!now) return Failure{now.error()};
  CatchUpEvidence evidence{.standby_lsn = now->written, .basis = *basis, .is_exact = true, .lost_bytes = 0};
  evidence.primary_counted = end.counted;
  return evidence;
}

/// What the new side counts of what it received, before anybody writes to it.
void count_lost(StepContext& context, CatchUpEvidence& evidence) {
  const auto primary = number_of(evidence.primary_counted.value_or(""));
  const auto deadline = Clock::now() + context.site.policy.postgres->catch_up_timeout;
  // What was received of the last record, where a part of it is missing, is never replayed.
  constexpr time::Duration standstill{500};
  auto moved = Clock::now();
  data::Lsn before = 0;
  while (primary) {
    const auto standing = look_at(context, context.run.to);
    if (!standing || !standing->in_recovery) return;
    if (standing->replayed != before) moved = Clock::now();
    before = standing->replayed;
    const bool has_all = standing->replayed >= standing->written;
    const bool is_held_back = standing->is_replay_paused || standing->replay_delay.count() > 0;
    if (is_held_back && !has_all) return;
    const bool has_replayed = has_all || Clock::now() - moved >= standstill;
    const auto here = standing->counted ? number_of(*standing->counted) : std::nullopt;
    if (has_replayed && here) evidence.standby_counted = standing->counted;
    if (has_replayed && here) evidence.lost_counted = std::max<std::int64_t>(0, *primary - *here);
    if (has_replayed || Clock::now() >= deadline) return;
    if (auto paused = pause(*context.site.loop, time_between_looks); !paused) return;
  }
}

/// A standby that replayed the same positions, and lacks what the other one counts, has another log.
std::optional<Error> missing_of(const StepContext& context, const CatchUpEvidence& evidence) {
  if (evidence.lost_counted.value_or(0) <= 0 || context.options.run.accept_data_loss == any_loss) return std::nullopt;
  return Error{
      .code = Code::conflict,
      .message = fmt::format("{} has replayed all of the log of {}, and {} of what database.postgres.count counts is missing there",
                             context.run.to, context.run.from, *evidence.lost_counted),
      .cluster = context.run.to,
      .hint =
          "undo the run with 'fedctl failover abort'; if the query counts what others may delete, go on with --resume "
          "--accept-data-loss unknown"};
}

Result<CatchUpEvidence> replay_token(StepContext& context) {
  const StepRecord* record = context.run.find(StepKind::drain);
  const DrainEvidence drained = record == nullptr ? DrainEvidence{} : record->evidence.read<DrainEvidence>();
  if (!drained.frozen.lsn) {
    return Failure{{.code = Code::invalid_input,
                    .message = "the journal does not say up to which position the old side wrote",
                    .cluster = context.run.from,
                    .hint = "undo the run with 'fedctl failover abort'"}};
  }
  const data::Lsn token = *drained.frozen.lsn;
  const auto deadline = Clock::now() + context.site.policy.postgres->catch_up_timeout;
  while (true) {
    const auto standing = look_at(context, context.run.to);
    if (!standing) return Failure{standing.error()};
    if (!standing->in_recovery || standing->replayed >= token) {
      CatchUpEvidence evidence{.standby_lsn = standing->replayed, .token_lsn = token, .is_exact = true, .lost_bytes = 0};
      evidence.primary_counted = drained.counted;
      count_lost(context, evidence);
      if (const auto problem = missing_of(context, evidence)) return Failure{*problem};
      return evidence;
    }
    if (Clock::now() >= deadline) {
      return Failure{{.code = Code::timeout,
                      .message = fmt::format("{} has replayed up to {}, not up to the token {}", context.run.to,
                                             data::format_lsn(standing->replayed), data::format_lsn(token)),
                      .cluster = context.run.to,
                      .hint = "wait and go on with --resume, or undo the run with 'fedctl failover abort'"}};
    }
    if (auto paused = pause(*context.site.loop, time_between_looks); !paused) return Failure{paused.error()};
  }
}

/// Where the new primary is.
Result<data::Standing> prepare_rejoin(StepContext& context) {
  const time::Duration timeout = context.site.policy.postgres->catch_up_timeout;
  const auto database = database_of(context.site, context.run.to);
  const auto done = context.site.loop->run(database->prepare_rejoin(timeout));
  if (!done) return Failure{done.error()};
  return look_at(context, context.run.to);
}

}  // namespace

Result<DrainEvidence> drain(StepContext& context) {
  Site& site = context.site;
  const std::string& from = context.run.from;
  // A guard renews now and then; waiting for that is better done while somebody takes writes.
  if (auto freed = free_guard(context, context.run.to, AwaitGuard::always); !freed) return Failure{freed.error()};
  if (const GuardPlace place = guard_place(site, from); place.host != nullptr) {
    const auto fenced = site.loop->run(fence_guard(place, context.run.token));
    if (!fenced) return Failure{fenced.error()};
  }
  const auto frozen = site.loop->run(freeze_database(site, from, patience));
  if (!frozen) return Failure{taken_back(context, frozen.error())};
  const auto standing = look_at(context, from);
  if (!standing) return Failure{standing.error()};
  return DrainEvidence{.frozen = evidence_of(*frozen),
                       .system_identifier = standing->system_identifier,
                       .timeline = standing->timeline,
                       .at = timestamp_now(),
                       .counted = standing->counted};
}

Result<Findings> stop_old(StepContext& context) {
  const Action& stop = context.site.policy.postgres->sides.at(context.run.from).stop;
  if (!stop) return Skipped{"no program to stop it"};
  const auto said = run_program(context, stop, to_string(StepKind::stop), context.run.from);
  if (!said) return Failure{said.error()};
  return StopEvidence{*said};
}

Result<CatchUpEvidence> catch_up(StepContext& context) {
  if (context.run.kind == RunKind::switchover) return replay_token(context);
  auto state = context.site.loop->run(context.site.store->load());
  if (!state) return Failure{state.error()};
  const End end = end_of_primary(context, *state);
  const auto standby = receive_rest(context, end);
  if (!standby) return Failure{standby.error()};
  auto evidence = measure(context, *state, end, *standby);
  if (evidence) count_lost(context, *evidence);
  return evidence;
}

Result<PromoteEvidence> promote(StepContext& context) {
  Site& site = context.site;
  const std::string& to = context.run.to;
  if (auto freed = free_guard(context, to, AwaitGuard::if_fenced); !freed) return Failure{freed.error()};
  const auto database = database_of(site, to);
  if (const auto found = site.loop->run(database->find()); !found) return Failure{found.error()};
  const Postgres& postgres = *site.policy.postgres;
  const auto before = look_at(context, to);
  if (!before) return Failure{before.error()};
  if (auto set = set_for_promotion(context); !set) return Failure{set.error()};
  // From here on it may become the primary, even after we gave up.
  StepRecord* record = context.run.find(StepKind::promote);
  PromoteEvidence told = record == nullptr ? PromoteEvidence{} : record->evidence.read<PromoteEvidence>();
  told.was_asked = true;
  if (record != nullptr) record->evidence.say(told);
  if (auto ours = context.confirm(); !ours) return Failure{ours.error()};
  if (postgres.promote && before->in_recovery) {
    const auto said = run_program(context, postgres.promote, to_string(StepKind::promote), to);
    if (!said) return Failure{said.error()};
  }
  const PromotedBy by = postgres.promote ? PromotedBy::program : PromotedBy::us;
  const auto standing = site.loop->run(database->promote(by, postgres.promote_timeout));
  if (!standing) return Failure{standing.error()};
  told.timeline = standing->timeline;
  told.lsn = standing->written;
  // One that was the primary already may have crashed since.
  if (before->in_recovery) told.fork = standing->left_at;
  if (has_other_standbys(site.policy)) told.led = lead_standbys(context, told.fork);
  told.was_asked = false;
  return told;
}

Result<Findings> rejoin(StepContext& context) {
  const Action& action = context.site.policy.postgres->sides.at(context.run.from).rejoin;
  if (!action) return Skipped{"no program to make it a standby"};
  const auto primary = prepare_rejoin(context);
  if (!primary) return Failure{primary.error()};
  const auto said = run_program(context, action, to_string(StepKind::rejoin), context.run.from);
  if (!said) return Failure{said.error()};
  const auto deadline = Clock::now() + context.site.policy.postgres->catch_up_timeout;
  while (true) {
    const auto standing = look_at(context, context.run.from);
    if (standing && data::follows(*standing, *primary)) {
      if (const auto opened = context.site.loop->run(open_to_readers(context.site, context.run.from, patience)); !opened)
        context.note(fmt::format("it lets no readers in: {}", opened.error().message));
      carry_synchronous(context);
      return RejoinEvidence{.lsn = standing->replayed, .timeline = standing->received_timeline};
    }
    if (Clock::now() >= deadline) {
      return Failure{{.code = Code::timeout,
                      .message = fmt::format("the database of {} did not become a standby: {}", context.run.from,
                                             standing ? data::why_not_following(*standing, *primary) : standing.error().message),
                      .cluster = context.run.from}};
    }
    if (auto paused = pause(*context.site.loop, time_between_looks * 2); !paused) return Failure{paused.error()};
  }
}

}  // namespace fedctl::failover
