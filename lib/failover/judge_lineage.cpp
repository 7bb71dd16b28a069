#include "failover/judge_lineage.hpp"

#include "failover/lineage.hpp"

#include <fmt/format.h>
#include <utility>

namespace fedctl::failover {
namespace {

using data::Standing;

class LineageJudge {
 public:
  LineageJudge(const State& state, const Survey& survey, const RunOptions& options, const std::string& from, const std::string& to)
      : state_(state), survey_(survey), options_(options), from_(*survey.find(from)), to_(*survey.find(to)) {}

  LineageJudgement run() {
    const Standing& standby = *to_.database;
    result_.is_comparable = judge_lineage(standby);
    judge_other_primaries(standby);
    judge_sender(to_);
    if (from_.database && from_.database->in_recovery) judge_sender(from_);
    return std::move(result_);
  }

 private:
  void block(Code code, std::string message, std::string lifted_by = {}) {
    result_.judgement.blockers.push_back({code, std::move(message), std::move(lifted_by)});
  }

  /// A primary that an earlier run left is on an older timeline, or still closed. Any other one may be what the standbys follow, and nobody
  /// would fence it.
  void judge_other_primaries(const Standing& standby) {
    for (const SideSurvey& side : survey_.sides) {
      const bool is_other = side.cluster != from_.cluster && side.cluster != to_.cluster;
      if (!is_other || !side.database || side.database->in_recovery) continue;
      if (side.database->system_identifier != standby.system_identifier || side.database->timeline < standby.timeline) continue;
      const bool was_left = latest_done(state_, [&](const Run& run) { return run.from == side.cluster; }).has_value();
      if (was_left && !side.database->is_writable()) continue;
      block(Code::conflict,
            fmt::format("the database of {} is a primary of the same data, and {} is said to be the active side, so {} would not be fenced",
                        side.cluster, from_.cluster, side.cluster),
            fmt::format("make it a standby, or write {} into the state as 'active'", side.cluster));
    }
  }

  /// Whoever this one receives from is alive. If that is not the side that is left, it may be a primary, and nobody would fence it.
  void judge_sender(const SideSurvey& standby) {
    const auto& sender = standby.checkup.sender;
    if (options_.skip_fencing || !standby.database->streams || !sender) return;
    const SideSurvey* side = side_at(*sender, survey_.sides);
    if (side == nullptr) {
      const bool has_no_primary = from_.database && from_.database->in_recovery;
      if (!has_no_primary) return;
      return block(
          Code::conflict,
          fmt::format("the database of {} is a standby, and that of {} receives from {}, which may be a primary that nobody fences",
                      from_.cluster, standby.cluster, data::to_string(*sender)),
          "--skip-fencing, if you know that nothing writes there");
    }
    if (side->cluster == from_.cluster || side->database) return;
    block(Code::conflict,
          fmt::format("the database of {} receives from {}, which cannot be asked, and may be a primary that nobody fences",
                      standby.cluster, side->cluster),
          fmt::format("write {} into the state as 'active', or --skip-fencing, if you know that nothing writes there", side->cluster));
  }

  /// Can the positions of the two logs be compared?
  bool judge_lineage(const Standing& standby) {
    const auto lineage = lineage_of(state_, &from_, from_.cluster);
    if (!lineage) return true;
    if (!lineage->system_identifier.empty() && lineage->system_identifier != standby.system_identifier) {
      block(Code::conflict, fmt::format("the database of {} is no copy of that of {}: its system identifier is {}, not {}", to_.cluster,
                                        from_.cluster, standby.system_identifier, lineage->system_identifier));
      return false;
    }
    const bool accepts_any = options_.accept_data_loss == any_loss && !lineage->is_said_now;
    const std::string lifted_by = lineage->is_said_now ? "" : "--accept-data-loss unknown";
    if (!lineage->has(standby) && !accepts_any) {
      block(Code::conflict,
            fmt::format(
                "the database of {} is on timeline {}, and that of {} {} on {}: {}", to_.cluster, standby.timeline, from_.cluster,
                lineage->is_said_now ? "is" : "was", lineage->timeline,
                standby.timeline < lineage->timeline ? "it does not follow it" : "it has the log of another primary, or was one itself"),
            lifted_by);
    }
    return lineage->has(standby) && is_receiver();
  }

  bool is_receiver() {
    if (!streams_elsewhere(&from_, to_, survey_.sides)) return true;
    if (options_.kind == RunKind::failover && options_.accept_data_loss == any_loss) return false;
    block(Code::conflict,
          fmt::format("the database of {} streams, but from another server than that of {}, so what it lacks is not known", to_.cluster,
                      from_.cluster),
          options_.kind == RunKind::failover ? "--accept-data-loss unknown" : "");
    return false;
  }

  const State& state_;
  const Survey& survey_;
  const RunOptions& options_;
  const SideSurvey& from_;
  const SideSurvey& to_;
  LineageJudgement result_;
};

}  // namespace

LineageJudgement judge_lineage(const State& state, const Survey& survey, const RunOptions& options, const std::string& from,
                               const std::string& to) {
  return LineageJudge{state, survey, options, from, to}.run();
}

}  // namespace fedctl::failover
