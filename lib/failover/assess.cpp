#include "failover/assess.hpp"

#include "base/text.hpp"
#include "data/role.hpp"
#include "failover/followers.hpp"
#include "failover/journal.hpp"
#include "failover/judge_databases.hpp"
#include "failover/judge_lineage.hpp"
#include "failover/judge_synchronous.hpp"
#include "failover/lineage.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>

namespace fedctl::failover {
namespace {

using data::Standing;

constexpr data::Lsn all_of_log = std::numeric_limits<data::Lsn>::max();

/// The standby that a failover goes to, of those that can be asked. One of another history is the last to be chosen, and refused.
std::string choose_target(const Policy& policy, const State& state, const Survey& survey, const std::string& from) {
  const auto lineage = lineage_of(state, survey.find(from), from);
  std::string best;
  std::pair<std::int64_t, data::Lsn> most;
  for (const std::string& cluster : policy.clusters) {
    if (cluster == from) continue;
    const SideSurvey& side = *survey.find(cluster);
    const bool usable = !side.api_problem && (!policy.postgres || (side.database && side.database->in_recovery));
    if (!usable) continue;
    // All others can follow the one that has most of the log; while the primary answers, those that stream from it will have all of it.
    std::pair<std::int64_t, data::Lsn> has;
    if (side.database) {
      const std::int64_t rank = !lineage ? side.database->timeline : lineage->has(*side.database) ? 1 : 0;
      has = {rank, receives_rest(policy, *survey.find(from), side, survey.sides) ? all_of_log : side.database->written};
    }
    if (best.empty() || has > most) {
      best = cluster;
      most = has;
    }
  }
  const auto other = std::ranges::find_if(policy.clusters, [&](const std::string& cluster) { return cluster != from; });
  return best.empty() ? *other : best;
}

bool guards(const GuardLease& guard, const State& state) {
  // One that gave its Lease up, being unable, may still stop the database when it is told to, and say so.
  if (!guard.is_held()) return !guard.unable.empty();
  if (!state.primary || state.primary->cluster != guard.cluster || state.primary->guard_version.empty()) return true;
  // It was renewed after the primary was last seen, or it was no older than its ttl then.
  return state.primary->guard_version != guard.version() || state.primary->guard_age < guard.ttl;
}

/// Gathers blockers and warnings.
class Assessor {
 public:
  Assessor(const Policy& policy, const State& state, const Survey& survey, const RunOptions& options)
      : policy_(policy), state_(state), survey_(survey), options_(options) {
    result_.from = active_cluster(policy, state);
    result_.to = options.to.empty() ? choose_target(policy, state, survey, result_.from) : options.to;
  }

  Assessment run() {
    if (std::ranges::find(policy_.clusters, result_.to) == policy_.clusters.end()) {
      block(Code::usage,
            fmt::format("{} is none of the policy's clusters{}", result_.to, text::did_you_mean(result_.to, policy_.clusters)));
      return std::move(result_);
    }
    if (!options_.from.empty() && options_.from != result_.from)
      block(Code::conflict, fmt::format("{} is active by now, not {}", result_.from, options_.from));
    if (result_.to == result_.from) block(Code::conflict, fmt::format("{} is the active cluster already", result_.to));
    if (state_.has_unfinished_run()) {
      block(Code::conflict,
            fmt::format("the {} to {} that began {} was not finished", to_string(state_.run->kind), state_.run->to,
                        ago(state_.run->began_at)),
            way_on(policy_, *state_.run));
    }
    if (options_.by_itself && state_.pause) block(Code::conflict, pause_text(state_));
    if (survey_.is_isolated()) {
      block(Code::unreachable, fmt::format("only {} of {} clusters can be reached from here, so it is us who are cut off",
                                           survey_.reachable, survey_.clusters));
    }
    if (result_.to != result_.from) {
      judge_target();
      if (policy_.postgres) {
        take(judge_databases(policy_, from(), to(), options_.kind));
        take(judge_synchronous(policy_, state_, survey_, result_.from, result_.to));
        judge_standbys();
      }
      if (options_.kind == RunKind::switchover) judge_switchover();
      judge_fencing();
      judge_dns();
      judge_host();
    }
    const Outlook outlook{policy_, state_, survey_, options_, result_.from, result_.to};
    for (const StepKind kind : steps_of(policy_, options_.kind))
      result_.steps.push_back({std::string{to_string(kind)}, step_of(kind).describe(outlook)});
    return std::move(result_);
  }

 private:
  const SideSurvey& from() const { return *survey_.find(result_.from); }
  const SideSurvey& to() const { return *survey_.find(result_.to); }

  void block(Code code, std::string message, std::string lifted_by = {}) {
    result_.blockers.push_back({code, std::move(message), std::move(lifted_by)});
  }
  void warn(std::string message) { result_.warnings.push_back(std::move(message)); }
  void take(Judgement judged) {
    std::ranges::move(judged.blockers, std::back_inserter(result_.blockers));
    std::ranges::move(judged.warnings, std::back_inserter(result_.warnings));
  }

  void judge_target() {
    if (to().api_problem) block(to().api_problem->code, fmt::format("{} cannot be reached: {}", result_.to, to().api_problem->message));
    if (!policy_.postgres) return;
    if (!to().database) {
      block(to().database_problem ? to().database_problem->code : Code::unreachable,
            fmt::format("the database of {} cannot be asked: {}", result_.to,
                        to().database_problem ? to().database_problem->message : "no answer"));
      return;
    }
    const Standing& standby = *to().database;
    if (!standby.in_recovery) block(Code::conflict, fmt::format("the database of {} is no standby, but a primary of its own", result_.to));
    LineageJudgement judged = judge_lineage(state_, survey_, options_, result_.from, result_.to);
    take(std::move(judged.judgement));
    if (judged.is_comparable) return judge_loss();
    result_.loss = Loss{.basis = fmt::format("the log of {} is not that of {}", result_.to, result_.from)};
  }

  void judge_standbys() {
    result_.databases = database_fates(policy_, survey_, result_.from, result_.to, options_.kind);
    for (const DatabaseFate& fate : result_.databases) {
      if (fate.is_problem) warn(fmt::format("the database of {} {}", fate.cluster, fate.text));
    }
  }

  void judge_loss() {
    result_.loss = loss_of(policy_, state_, from(), to(), survey_.sides, options_.failed_at.value_or(std::chrono::system_clock::now()));
    const Loss& loss = *result_.loss;
    const bool from_answers = from().database && !from().database->in_recovery;
    const std::int64_t accepted = options_.accept_data_loss.value_or(0);
    // A primary that answers is fenced first, and what it still has is waited for.
    const bool will_catch_up = from_answers && to().database->streams;
    if (options_.kind == RunKind::failover && !will_catch_up && accepted != any_loss && is_decided_by_quorum()) return;
    if (!loss.bytes) {
      if (accepted == any_loss) return;
      block(Code::unreachable, fmt::format("how much {} lacks is not known: {}", result_.to, loss.basis), "--accept-data-loss unknown");
      return;
    }
    const std::int64_t limit = std::max(policy_.postgres->max_lag_bytes, accepted);
    if (*loss.bytes > limit) {
      block(Code::conflict,
            fmt::format("{} lacks {} bytes of the log ({}), and maxLagBytes is {}", result_.to, *loss.bytes,
                        text::bytes(static_cast<std::uint64_t>(*loss.bytes)), policy_.postgres->max_lag_bytes),
            fmt::format("--accept-data-loss {}", *loss.bytes));
    }
    if (!will_catch_up && policy_.rpo_bytes && *loss.bytes > *policy_.rpo_bytes)
      warn(fmt::format("{} bytes would be lost, more than the rpo of {}", *loss.bytes, *policy_.rpo_bytes));
    if (*loss.bytes > 0 && policy_.rpo && loss.behind && *loss.behind > *policy_.rpo)
      warn(fmt::format("{} of writes would be lost, more than the rpo of {}", time::format_duration(*loss.behind),
                       time::format_duration(*policy_.rpo)));
  }

  /// Where commits waited for standbys, these tell what was acknowledged, however long ago the primary was seen.
  bool is_decided_by_quorum() {
    const std::vector<FenceWay> ways = fence_ways(policy_, state_, from(), options_);
    const bool is_fenced = ways.empty() || ways.front() != FenceWay::unfenced;
    const auto verdict = judge_quorum(policy_, state_, survey_, result_.from, result_.to, is_fenced);
    if (!verdict) return false;
    if (verdict->problem.empty()) result_.loss = Loss{.bytes = 0, .is_exact = true, .behind = {}, .basis = verdict->basis};
    if (!verdict->problem.empty()) block(Code::conflict, verdict->problem, "--accept-data-loss unknown");
    return true;
  }

  void judge_switchover() {
    if (!policy_.postgres) {
      if (from().api_problem)
        block(from().api_problem->code, fmt::format("{} cannot be reached, so this is no switchover", result_.from),
              "use 'fedctl failover run'");
      return;
    }
    if (!from().database) {
      block(Code::unreachable, fmt::format("the database of {} cannot be asked, so nothing can be handed over without loss", result_.from),
            "use 'fedctl failover run'");
      return;
    }
    if (from().database->in_recovery)
      block(Code::conflict, fmt::format("the database of {} is a standby, so there is nothing to hand over", result_.from));
    if (to().database && !to().database->streams)
      block(Code::conflict, fmt::format("the database of {} does not stream from its primary, so it would not catch up", result_.to));
  }

  void judge_fencing() {
    if (options_.kind == RunKind::switchover) return;
    const std::vector<FenceWay> ways = fence_ways(policy_, state_, from(), options_);
    if (std::ranges::find(ways, FenceWay::guard) != ways.end()) judge_failsafe();
    if (ways.empty()) {
      std::string why = fmt::format("{} cannot be fenced, so it might go on writing: ", result_.from);
      why += from().database_problem ? "its database does not answer (" + from().database_problem->message + ")"
                                     : "its API server does not answer";
      if (!policy_.fencing.guard_ttl) {
        why += ", and the policy has no guard, no program";
      } else if (!from().guard.exists()) {
        why += ", no guard ever renewed its Lease";
      } else if (!from().guard.unable.empty()) {
        why += ", its guard gave its Lease up: " + from().guard.unable;
      } else if (from().guard.holder.empty()) {
        why += ", its guard ended in good order and guards no more";
      } else {
        why += ", its guard was dead already when the primary was last seen";
      }
      block(Code::conflict, why, "--skip-fencing, if you know that it is down");
    } else if (ways.front() == FenceWay::unfenced) {
      warn(options_.skip_fencing
               ? fmt::format("{} is not fenced (--skip-fencing): if it lives, there are two primaries", result_.from)
               : fmt::format("{} is not fenced: the policy proceeds {} after it was last seen; if it lives, there are two primaries",
                             result_.from, time::format_duration(*policy_.fencing.proceed_unfenced_after)));
    }
  }

  /// A guard that goes on without the host is ended by keeping the standby from replaying.
  void judge_failsafe() {
    const std::vector<std::string>& failsafe = from().guard.failsafe;
    if (failsafe.empty()) return;
    if (std::ranges::find(failsafe, result_.to) == failsafe.end())
      warn(fmt::format("the guard of {} knows nothing of {}: start the guards again", result_.from, result_.to));
    const std::vector<std::string>& missing = to().checkup.missing_to_pause;
    if (missing.empty()) return;
    warn(fmt::format("our role lacks {} in the database of {}, so a guard of {} that goes on without the host could not be ended: {}",
                     text::listed(missing), result_.to, result_.from, data::how_to_grant));
  }

  /// One that is away holds nothing up; one that refuses us is worth mending first.
  void judge_provider() {
    if (!survey_.dns_problem) return;
    const Error& problem = *survey_.dns_problem;
    const bool is_away = problem.code == Code::unreachable || problem.code == Code::timeout;
    const std::string what = fmt::format("the DNS provider does not answer: {}", problem.message);
    if (!is_away && !options_.owe_dns) return block(problem.code, what, "--owe-dns");
    warn(what + "; all else moves, and the step dns stays owed until it does");
  }

  void judge_dns() {
    if (!policy_.dns) return;
    judge_provider();
    if (policy_.dns->provider == "route53" && !policy_.dns->route53.health)
      warn(
          "the record is changed through Route 53's control plane, which is in us-east-1: if that region fails, it cannot be; "
          "dns.route53.healthSignal "
          "works without it");
    const std::chrono::seconds ttl{std::max(policy_.dns->record.ttl, survey_.dns ? survey_.dns->ttl : 0)};
    if (policy_.rto && ttl > *policy_.rto)
      warn(fmt::format("resolvers may keep the old answer for {}, longer than the rto of {}: lower the record's ttl",
                       time::format_duration(ttl), time::format_duration(*policy_.rto)));
  }

  void judge_host() {
    if (survey_.host_side == result_.from)
      warn(fmt::format(
          "the host is {} itself: if it fails, neither the journal nor the federated objects can be written; keep the host elsewhere",
          result_.from));
  }

  const Policy& policy_;
  const State& state_;
  const Survey& survey_;
  const RunOptions& options_;
  Assessment result_;
};

}  // namespace

std::vector<FenceWay> fence_ways(const Policy& policy, const State& state, const SideSurvey& old_side, const RunOptions& options) {
  if (options.skip_fencing) return {FenceWay::unfenced};
  std::vector<FenceWay> ways;
  if (policy.postgres && old_side.database) {
    if (!old_side.database->is_writable() && old_side.database->in_recovery) return {FenceWay::none_needed};
    ways.push_back(FenceWay::database);
  } else if (policy.postgres) {
    const auto described = policy.postgres->sides.find(old_side.cluster);
    if (described != policy.postgres->sides.end() && described->second.stop) ways.push_back(FenceWay::stop);
  }
  if (policy.fencing.exec) ways.push_back(FenceWay::program);
  const bool scaling_proves = !policy.postgres || !policy.fencing.scale.empty();
  if (!old_side.api_problem && scaling_proves) ways.push_back(FenceWay::scale);
  if (policy.fencing.guard_ttl && guards(old_side.guard, state)) ways.push_back(FenceWay::guard);
  if (policy.fencing.proceed_unfenced_after) ways.push_back(FenceWay::unfenced);
  return ways;
}

std::optional<data::Lsn> fork_of(const Run& run) {
  const StepRecord* promoted = run.find(StepKind::promote);
  if (promoted != nullptr) {
    if (const auto fork = promoted->evidence.read<PromoteEvidence>().fork) return fork;
  }
  const StepRecord* caught_up = run.find(StepKind::catch_up);
  return caught_up == nullptr ? std::nullopt : caught_up->evidence.read<CatchUpEvidence>().standby_lsn;
}

std::string active_cluster(const Policy& policy, const State& state) {
  if (!state.active.empty()) return state.active;
  const std::string& seen = state.primary ? state.primary->cluster : state.active;
  return std::ranges::find(policy.clusters, seen) == policy.clusters.end() ? policy.clusters.front() : seen;
}

void note_moved_primary(const Policy& policy, State& state, const Survey& survey) {
  if (!state.active.empty()) return;
  const SideSurvey* active = survey.find(active_cluster(policy, state));
  if (active == nullptr || !active->database || !active->database->in_recovery) return;
  const auto is_primary = [](const SideSurvey& side) { return side.database && !side.database->in_recovery; };
  const auto primary = std::ranges::find_if(survey.sides, is_primary);
  if (primary != survey.sides.end() && std::ranges::count_if(survey.sides, is_primary) == 1)
    remember_primary(state, survey, primary->cluster);
}

Assessment assess(const Policy& policy, const State& state, const Survey& survey, const RunOptions& options) {
  return Assessor{policy, state, survey, options}.run();
}

std::optional<Error> refusal_of(const Assessment& assessment) {
  if (assessment.blockers.empty()) return std::nullopt;
  Error error{Code::conflict, "refused: "};
  for (const Blocker& blocker : assessment.blockers) {
    const bool is_first = &blocker == &assessment.blockers.front();
    error.message += (is_first ? "" : "; ") + blocker.message;
    if (!blocker.lifted_by.empty()) error.hint += (error.hint.empty() ? "" : "; ") + blocker.lifted_by;
  }
  return error;
}

}  // namespace fedctl::failover
