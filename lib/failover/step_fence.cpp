#include "base/text.hpp"
#include "control/names.hpp"
#include "data/role.hpp"
#include "failover/guard_place.hpp"
#include "failover/guard_wait.hpp"
#include "failover/side_database.hpp"
#include "failover/steps.hpp"
#include "failover/take_survey.hpp"
#include "http/rest.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::failover {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr time::Duration freeze_patience{10'000};
constexpr time::Duration guard_pace{50};
constexpr time::Duration scale_patience{60'000};

kube::Resource resource_of(const Workload& workload) {
  const bool is_set = workload.kind == "StatefulSet";
  return {.group = "apps", .version = "v1", .kind = workload.kind, .plural = is_set ? "statefulsets" : "deployments"};
}

/// The policy's own list, or what its targets make.
std::vector<Workload> workloads_of(const Policy& policy) {
  if (!policy.fencing.scale.empty()) return policy.fencing.scale;
  std::vector<Workload> workloads;
  for (const Target& target : policy.targets) {
    if (target.kind == "FederatedDeployment" || target.kind == "FederatedStatefulSet")
      workloads.push_back({target.kind.substr(9), target.name, target.name_space});
  }
  return workloads;
}

Task<Result<Done>> scale_to_zero(kube::Client& client, Workload workload) {
  const kube::Resource resource = resource_of(workload);
  json changes;
  changes["spec"]["replicas"] = 0;
  const auto scaled = co_await client.merge(resource, workload.name_space, workload.name, std::move(changes), "scale");
  if (!scaled && scaled.error().code == Code::not_found) co_return Done{};
  if (!scaled) co_return Failure{scaled.error()};
  const auto deadline = Clock::now() + scale_patience;
  while (true) {
    const auto live = co_await client.get(resource, workload.name_space, workload.name);
    if (!live) co_return Failure{live.error()};
    if (kube::integer_in(*live, "/status/replicas", 0) == 0) co_return Done{};
    if (Clock::now() >= deadline) {
      Error error{.code = Code::timeout,
                  .message = "its Pods do not end",
                  .cluster = client.cluster(),
                  .object = fmt::format("{} {}/{}", workload.kind, workload.name_space, workload.name)};
      co_return Failure{std::move(error)};
    }
    const http::Rest rest = co_await http::rest(client.loop(), time::Duration{100});
    if (rest == http::Rest::interrupted) co_return Failure{{Code::cancelled, "interrupted"}};
  }
}

class Fencer {
 public:
  explicit Fencer(StepContext& context) : context_(context), site_(context.site), from_(context.run.from) {}

  Result<FenceEvidence> run() {
    // The guard's ttl runs while the sides are looked at, and it must not undo what is done after.
    tell_guard();
    const Survey survey = site_.loop->run(failover::survey(site_, context_.look));
    const SideSurvey& side = *survey.find(from_);
    const auto state = site_.loop->run(site_.store->load());
    if (!state) return Failure{state.error()};
    const std::vector<FenceWay> ways = fence_ways(site_.policy, *state, side, context_.options.run);
    std::vector<std::string> failures;
    for (const FenceWay way : ways) {
      auto evidence = take(way);
      if (evidence) {
        evidence->way = way;
        evidence->is_unreachable = side.api_problem.has_value();
        evidence->not_proven = failures;
        return evidence;
      }
      failures.push_back(fmt::format("{}: {}", to_string(way), describe(evidence.error())));
      context_.note(fmt::format("not fenced by {}: {}", to_string(way), evidence.error().message));
    }
    std::string why;
    for (const std::string& failure : failures) why += (why.empty() ? "" : "; ") + failure;
    Error error{.code = Code::conflict,
                .message = fmt::format("{} is not proven to be harmless{}{}", from_, why.empty() ? "" : ": ", why),
                .cluster = from_,
                .hint = "fence it by hand and go on with --resume --skip-fencing, or undo the run with 'fedctl failover abort'"};
    return Failure{was_tried_in_vain_ ? taken_back(context_, std::move(error)) : std::move(error)};
  }

 private:
  Result<FenceEvidence> take(FenceWay way) {
    switch (way) {
      case FenceWay::none_needed: return FenceEvidence{};
      case FenceWay::database: return fence_database();
      case FenceWay::stop: {
        auto said = run_program(context_, site_.policy.postgres->sides.at(from_).stop, to_string(StepKind::stop), from_);
        if (!said) return Failure{said.error()};
        if (answers())
          return Failure{{.code = Code::rejected, .message = "its database was stopped, and answers all the same", .cluster = from_}};
        return FenceEvidence{.is_stopped = true, .said = *said};
      }
      case FenceWay::program: {
        auto said = run_program(context_, site_.policy.fencing.exec, to_string(StepKind::fence), from_);
        if (!said) return Failure{said.error()};
        return FenceEvidence{.said = *said};
      }
      case FenceWay::scale: return scale();
      case FenceWay::guard: return wait_for_guard();
      case FenceWay::unfenced: break;
    }
    return go_unfenced();
  }

  void tell_guard() {
    const GuardPlace place = guard_place(site_, from_);
    if (place.host == nullptr) return;
    const auto fenced = site_.loop->run(fence_guard(place, context_.run.token));
    if (fenced && fenced->exists()) guard_ = GuardWait{*fenced, site_.policy.fencing.guard_ttl.value_or(time::Duration{0}), Clock::now()};
  }

  /// Freezes it, and stops it where there is a program for that: then nothing that was overlooked can write.
  Result<FenceEvidence> fence_database() {
    const auto before = site_.loop->run(look_at_database(site_, from_, freeze_patience));
    // The survey took its time, and another process may have undone the run meanwhile.
    if (auto ours = context_.confirm(); !ours) return Failure{ours.error()};
    auto frozen = site_.loop->run(freeze_database(site_, from_, freeze_patience));
    // A guard that had closed it may just be opening it: it asked whether it may before the run began.
    if (frozen && guard_ && (!before || before->read_only)) {
      const auto heard = wait_for_guard();
      if (!heard && heard.error().code == Code::cancelled) return heard;
      frozen = site_.loop->run(freeze_database(site_, from_, freeze_patience));
    }
    FenceEvidence evidence;
    if (frozen) evidence.frozen = evidence_of(*frozen);
    if (!frozen) evidence.not_frozen = describe(frozen.error());
    if (before) evidence.timeline = before->timeline;
    if (frozen) {
      const auto after = site_.loop->run(look_at_database(site_, from_, freeze_patience));
      if (after && after->counted) evidence.counted = *after->counted;
    }
    const Action& stop = site_.policy.postgres->sides.at(from_).stop;
    // One that broke down in the middle may be closed from its next start on.
    was_tried_in_vain_ = !frozen && before && frozen.error().code != Code::conflict;
    if (!stop && !frozen) return Failure{frozen.error()};
    if (!stop) return evidence;
    const auto stopped = run_program(context_, stop, to_string(StepKind::stop), from_);
    evidence.is_stopped = stopped.has_value();
    if (!frozen && !stopped) return Failure{stopped.error()};
    if (!frozen && answers())
      return Failure{{.code = Code::rejected, .message = "its database was stopped, and answers all the same", .cluster = from_}};
    if (!stopped) context_.note(fmt::format("it takes no writes, but was not stopped: {}", stopped.error().message));
    return evidence;
  }

  bool answers() {
    const auto standing = site_.loop->run(look_at_database(site_, from_, freeze_patience));
    return standing.has_value() || standing.error().code == Code::unauthorized;
  }

  Result<FenceEvidence> scale() {
    std::vector<std::string> names;
    kube::Client& client = *site_.client(from_);
    for (const Workload& workload : workloads_of(site_.policy)) {
      const auto scaled = site_.loop->run(scale_to_zero(client, workload));
      if (!scaled) return Failure{scaled.error()};
      names.push_back(fmt::format("{} {}/{}", workload.kind, workload.name_space, workload.name));
    }
    return FenceEvidence{.scaled_to_zero = std::move(names)};
  }

  /// The guard says that it took the writes away; or the wait for it is over. The standby is not kept from replaying after.
  Result<FenceEvidence> wait_for_guard() {
    if (!guard_) return Failure{{Code::unreachable, "the guard's Lease cannot be written"}};
    context_.note(fmt::format("waiting for the guard of {}, at most {}", from_, time::format_duration(guard_->longest())));
    auto evidence = wait_for_end();
    if (!guard_->is_ended_by(context_.run.to)) return evidence;
    const auto released = site_.loop->run(release_replay(site_, context_.run.to, freeze_patience));
    if (evidence && !released) return Failure{released.error()};
    return evidence;
  }

  Result<FenceEvidence> wait_for_end() {
    const std::string& to = context_.run.to;
    std::string not_held;
    while (true) {
      if (guard_->is_ended_by(to)) {
        const auto held = site_.loop->run(hold_replay(site_, to, freeze_patience));
        if (!held) return Failure{held.error()};
        guard_->saw(held->position, held->asked, held->answered);
        not_held = held->problem;
      }
      const auto now = Clock::now();
      const time::Duration waited = guard_->waited(now);
      const time::Duration ttl = guard_->longest();
      if (guard_->is_over(now) && guard_->is_proof()) return FenceEvidence{.waited = waited.count(), .ttl = ttl.count()};
      if (guard_->is_over(now))
        return Failure{{Code::timeout, "its guard, which had given its Lease up, did not say that it stopped the database"}};
      if (guard_->is_in_vain(now, to, freeze_patience)) return goes_on(not_held);
      const auto lease = site_.loop->run(read_guard(guard_place(site_, from_)));
      if (lease && guard_->is_acknowledged(*lease)) return acknowledged(*lease, waited);
      const time::Duration rest = std::clamp(ttl - waited, guard_pace, time::Duration{200});
      if (auto paused = pause(*site_.loop, rest); !paused) return Failure{paused.error()};
    }
  }

  static FenceEvidence acknowledged(const GuardLease& lease, time::Duration waited) {
    FenceEvidence evidence{.waited = waited.count(), .is_acknowledged = true};
    if (lease.is_stopped) evidence.is_stopped = true;
    if (!lease.is_stopped) evidence.frozen.lsn = data::parse_lsn(lease.lsn);
    if (!lease.counted.empty()) evidence.counted = lease.counted;
    return evidence;
  }

  /// `not_held`: why the standby could not be kept from replaying.
  Failure goes_on(const std::string& not_held) const {
    const std::string& to = context_.run.to;
    if (!guard_->is_ended_by(to)) {
      return Failure{{.code = Code::timeout,
                      .message = fmt::format("its guard may go on without the host while {} follow, and knows nothing of {}",
                                             text::listed(guard_->witnesses()), to),
                      .hint = "start the guards again when the policy has other clusters"}};
    }
    return Failure{{.code = Code::timeout,
                    .message = fmt::format("its guard may go on, for {} replays what it writes, and was not kept from it{}{}", to,
                                           not_held.empty() ? "" : ": ", not_held),
                    .hint = std::string{data::how_to_grant}}};
  }

  Result<FenceEvidence> go_unfenced() {
    const RunOptions& options = context_.options.run;
    if (options.skip_fencing) {
      context_.run.overridden.push_back("--skip-fencing");
      return FenceEvidence{.overridden = "--skip-fencing"};
    }
    const time::Duration after = *site_.policy.fencing.proceed_unfenced_after;
    const auto seen = options.failed_at ? options.failed_at : parse_timestamp(context_.run.began_at);
    const auto until = seen.value_or(std::chrono::system_clock::now()) + after;
    const auto left = std::chrono::duration_cast<time::Duration>(until - std::chrono::system_clock::now());
    if (auto paused = pause(*site_.loop, std::max(left, time::Duration{0})); !paused) return Failure{paused.error()};
    const std::string what = fmt::format("proceedUnfencedAfter {}", time::format_duration(after));
    context_.run.overridden.push_back(what);
    context_.note(fmt::format("{} is not fenced: the policy says to go on", from_));
    return FenceEvidence{.overridden = what};
  }

  StepContext& context_;
  Site& site_;
  std::string from_;
  std::optional<GuardWait> guard_;  ///< Where its Lease could be fenced.
  bool was_tried_in_vain_ = false;  ///< The database was told to take no writes, and is not proven to.
};

}  // namespace

Result<FenceEvidence> fence(StepContext& context) { return Fencer{context}.run(); }

Result<void> free_guard(StepContext& context, const std::string& cluster, AwaitGuard await) {
  Site& site = context.site;
  const GuardPlace place = guard_place(site, cluster);
  if (place.host == nullptr) return {};
  const auto before = site.loop->run(read_guard(place));
  if (!before) return Failure{before.error()};
  if (before->fenced_by == 0 && await == AwaitGuard::if_fenced) return {};
  // A renewal that comes after this one is of a guard that has read it.
  const auto freed = site.loop->run(unfence_guard(place));
  if (!freed) return Failure{freed.error()};
  if (!freed->is_alive()) {
    if (freed->exists()) context.note(fmt::format("nobody guards {}", cluster));
    return {};
  }
  const auto deadline = Clock::now() + freed->ttl;
  while (true) {
    const auto lease = site.loop->run(read_guard(place));
    if (lease && kube::string_at(lease->object["spec"], "renewTime") != kube::string_at(freed->object["spec"], "renewTime")) return {};
    if (site.loop->interrupted()) return Failure{{Code::cancelled, "interrupted"}};
    if (Clock::now() >= deadline) {
      return Failure{
          {.code = Code::timeout,
           .message = fmt::format("the guard of {} does not renew its Lease, so it would not let its database take writes", cluster),
           .cluster = cluster,
           .hint = "end that guard or mend its way to the host, and try again"}};
    }
    if (auto paused = pause(*site.loop, guard_pace); !paused) return paused;
  }
}

Result<bool> unfence(StepContext& context) {
  Site& site = context.site;
  const std::string& from = context.run.from;
  const StepRecord* fenced = context.run.find(context.run.kind == RunKind::failover ? StepKind::fence : StepKind::drain);
  if (fenced == nullptr || fenced->state == StepRecord::State::pending) return true;
  const FenceEvidence evidence = fenced->evidence.read<FenceEvidence>();
  if (auto freed = free_guard(context, from, AwaitGuard::always); !freed) return Failure{freed.error()};
  if (site.policy.fencing.guard_ttl && site.policy.fencing.guard_failsafe && site.policy.postgres) {
    // The fence may have been ended in the middle.
    const auto released = site.loop->run(release_replay(site, context.run.to, freeze_patience));
    if (!released)
      context.note(fmt::format("whether the database of {} replays is not known: {}", context.run.to, released.error().message));
  }
  bool answers = true;
  if (site.policy.postgres) {
    const StepRecord* stopped = context.run.find(StepKind::stop);
    const bool was_stopped = evidence.is_stopped.value_or(false) || (stopped != nullptr && stopped->state != StepRecord::State::pending);
    const DatabaseSide& side = site.policy.postgres->sides.at(from);
    if (was_stopped && side.start) {
      const auto started = run_program(context, side.start, "start", from);
      if (!started) return Failure{started.error()};
    }
    const auto standing = site.loop->run(look_at_database(site, from, freeze_patience));
    answers = standing.has_value();
    if (!standing) {
      context.note(fmt::format("the database of {} does not answer; if it was fenced, it stays so: {}", from, standing.error().message));
    } else if (!standing->in_recovery && standing->read_only) {
      // Another process may have gone on with the run, and fenced the side anew.
      if (auto ours = context.confirm(); !ours) return Failure{ours.error()};
      const auto thawed = site.loop->run(thaw_database(site, from, freeze_patience));
      if (!thawed) return Failure{thawed.error()};
    }
  }
  if (!evidence.scaled_to_zero) return answers;
  const auto plan = plan_roles(site, {from, context.active_token}, {from}, context.options.roles);
  if (!plan) return Failure{plan.error()};
  if (auto applied = apply_roles(site, *plan); !applied) return Failure{applied.error()};
  return answers;
}

std::string writes_of(const std::string& cluster, bool answers) {
  return answers ? fmt::format("{} takes writes as before", cluster)
                 : fmt::format("the database of {} does not answer, so it is not known to take writes", cluster);
}

Error taken_back(StepContext& context, Error error) {
  const auto undone = unfence(context);
  error.message += "; ";
  error.message += undone ? writes_of(context.run.from, *undone)
                          : fmt::format("{} may take no writes now: {}", context.run.from, undone.error().message);
  if (!undone && error.hint.empty()) error.hint = "let it take writes again with 'fedctl failover abort'";
  return error;
}

}  // namespace fedctl::failover
