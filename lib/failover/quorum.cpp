#include "failover/quorum.hpp"

#include "base/text.hpp"
#include "data/synchronous_names.hpp"
#include "failover/lineage.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

namespace fedctl::failover {
namespace {

using data::SynchronousNames;

/// Longer names are cut by PostgreSQL (NAMEDATALEN).
constexpr std::size_t longest_name = 63;

const SynchronousState* known_of(const State& state, const std::string& cluster) {
  const bool is_of_it = state.synchronous && state.synchronous->cluster == cluster;
  return is_of_it ? &*state.synchronous : nullptr;
}

/// One that was started and still reads its own log tells less than it has.
bool is_readable(const SideSurvey& side) { return side.database && side.database->in_recovery && side.database->is_all_read; }

bool have_one_timeline(const Survey& survey, const std::string& except) {
  std::optional<std::int64_t> timeline;
  for (const SideSurvey& side : survey.sides) {
    if (side.cluster == except || !is_readable(side)) continue;
    if (timeline && *timeline != side.database->timeline) return false;
    timeline = side.database->timeline;
  }
  return true;
}

std::string not_read(const Quorum& quorum) {
  return fmt::format("{} of the {} standbys must have confirmed a commit, and {} could be read (not {}): {} + {} is not more than {}",
                     quorum.confirming, quorum.standbys, quorum.read, text::listed(quorum.unread), quorum.read, quorum.confirming,
                     quorum.standbys);
}

}  // namespace

std::string standby_name(const std::string& cluster) {
  std::string name = text::lower(cluster).substr(0, longest_name);
  for (char& c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    if (!is_plain) c = '_';
  }
  return name;
}

std::string wanted_names(const Policy& policy, const std::string& primary) {
  if (!policy.postgres || !policy.postgres->replication.waits()) return {};
  SynchronousNames names{.method = SynchronousNames::Method::any, .count = static_cast<std::size_t>(policy.postgres->replication.quorum)};
  for (const std::string& cluster : policy.clusters) {
    if (cluster != primary) names.names.push_back(standby_name(cluster));
  }
  return data::to_string(names);
}

std::optional<Quorum> quorum_of(const State& state, const Survey& survey, const std::string& from) {
  const SynchronousState* known = known_of(state, from);
  if (known == nullptr || known->proven.empty()) return std::nullopt;
  const auto names = data::parse_synchronous_names(known->proven);
  // Of "every standby" nobody knows how many there are.
  if (!names || !names->waits() || names->has_every()) return std::nullopt;
  Quorum quorum{.standbys = names->names.size(), .confirming = names->count};
  const auto lineage = lineage_of(state, survey.find(from), from);
  const bool is_one_history = have_one_timeline(survey, from);
  data::Lsn most = 0;
  for (const SideSurvey& side : survey.sides) {
    if (side.cluster == from || !data::is_named(*names, standby_name(side.cluster))) continue;
    // One that was promoted, if only for a moment, may say of a position that it has it, and have other writes there.
    const bool is_copy = side.database && (lineage ? lineage->has(*side.database) : is_one_history);
    if (!is_readable(side) || !is_copy) {
      quorum.unread.push_back(side.cluster);
      continue;
    }
    ++quorum.read;
    quorum.has_receiving = quorum.has_receiving || side.database->streams;
    if (!quorum.most_advanced.empty() && side.database->written <= most) continue;
    quorum.most_advanced = side.cluster;
    most = side.database->written;
  }
  return quorum;
}

std::optional<QuorumVerdict> judge_quorum(const Policy& policy, const State& state, const Survey& survey, const std::string& from,
                                          const std::string& to, bool is_fenced) {
  if (!policy.postgres || !policy.postgres->replication.waits()) return std::nullopt;
  const auto quorum = quorum_of(state, survey, from);
  QuorumVerdict verdict;
  const SideSurvey* target = survey.find(to);
  if (!quorum) {
    verdict.problem = fmt::format("it is not proven that commits on {} waited for a standby, as replication: sync promises", from);
  } else if (!quorum->is_read()) {
    verdict.problem = "the quorum cannot be read: " + not_read(*quorum);
  } else if (!is_fenced && quorum->has_receiving) {
    verdict.problem = fmt::format("{} is not fenced, and a standby still receives from it, so it may go on acknowledging", from);
  } else if (target == nullptr || !is_readable(*target)) {
    verdict.problem = fmt::format("the database of {} cannot be read", to);
  } else {
    const data::Standing& most = *survey.find(quorum->most_advanced)->database;
    const data::Standing& has = *target->database;
    if (has.timeline != most.timeline) {
      verdict.problem =
          fmt::format("the database of {} is on timeline {}, and that of {} on {}", to, has.timeline, quorum->most_advanced, most.timeline);
    } else if (has.written < most.written) {
      verdict.problem =
          fmt::format("{} has more of the log than {}, and may be the one that has what was acknowledged", quorum->most_advanced, to);
    }
    verdict.basis = fmt::format("{} of {} standbys had each commit on disk before {} acknowledged it, {} were read, and none has more",
                                quorum->confirming, quorum->standbys, from, quorum->read);
  }
  // This mode promises nothing while it is not in force; then the looks at the primary tell.
  const bool is_no_promise = !verdict.problem.empty() && policy.postgres->replication.mode == Replication::Mode::sync_while_close;
  if (is_no_promise) return std::nullopt;
  return verdict;
}

SynchronousPlan plan_synchronous(const Policy& policy, const State& state, const Survey& survey, const std::string& from,
                                 const std::string& to) {
  SynchronousPlan plan;
  const SideSurvey* new_side = survey.find(to);
  if (!policy.postgres || new_side == nullptr || !new_side->database) return plan;
  const data::Synchronous& own = new_side->checkup.synchronous;
  plan.has = own.names;
  const Replication::Mode mode = policy.postgres->replication.mode;
  if (mode == Replication::Mode::sync) plan.later = wanted_names(policy, to);
  if (mode == Replication::Mode::keep) {
    // What was written down for this side is for the standbys that it has as a primary.
    const SideSurvey* old_side = survey.find(from);
    const SynchronousState* known = known_of(state, from);
    const bool answers = old_side != nullptr && old_side->database && !old_side->database->in_recovery;
    const std::string before = answers ? old_side->checkup.synchronous.names : known != nullptr ? known->seen : std::string{};
    plan.later = own.names.empty() ? before : own.names;
  }
  if (plan.later.empty() || !data::is_answered(plan.later, own.streaming)) return plan;
  plan.now = std::exchange(plan.later, {});
  return plan;
}

std::string promotion_text(const SynchronousPlan& plan) {
  std::string text;
  if (plan.changes()) text = fmt::format("; its synchronous_standby_names becomes '{}' before, so that no commit hangs", plan.now);
  if (!plan.later.empty()) text += fmt::format("; commits wait for {} once enough of these stream from it", plan.later);
  return text;
}

void remember_synchronous(State& state, const Survey& survey, const std::string& active) {
  const SideSurvey* side = survey.find(active);
  if (side == nullptr || !side->database || side->database->in_recovery) return;
  const std::string& names = side->checkup.synchronous.names;
  if (!state.synchronous || state.synchronous->cluster != active) {
    if (!names.empty()) state.synchronous = SynchronousState{.cluster = active, .seen = names};
    return;
  }
  SynchronousState& known = *state.synchronous;
  known.seen = names;
  if (known.owed == names) known.owed.clear();
  const bool waits = data::waits_for_disk(side->checkup.synchronous.commit);
  const auto proven = data::parse_synchronous_names(known.proven);
  const bool is_shared = proven && std::ranges::any_of(side->checkup.synchronous.shared,
                                                       [&](const std::string& name) { return data::is_named(*proven, name); });
  if (known.proven != names || !waits || is_shared) known.proven.clear();
}

}  // namespace fedctl::failover
