#include "failover/judge_databases.hpp"

#include "base/text.hpp"
#include "data/role.hpp"

#include <fmt/format.h>

namespace fedctl::failover {
namespace {

class Judge {
 public:
  Judge(const Policy& policy, RunKind kind) : policy_(policy), is_planned_(kind == RunKind::switchover) {}

  Judgement run(const SideSurvey& from, const SideSurvey& to) {
    if (from.database && !from.database->in_recovery) judge_old(from);
    if (to.database && to.database->in_recovery) judge_new(to);
    return std::move(result_);
  }

 private:
  void judge_old(const SideSurvey& side) {
    if (!side.database->count_problem.empty())
      warn(fmt::format("what database.postgres.count asks of {} cannot be told: {}", side.cluster, side.database->count_problem));
    const auto described = policy_.postgres->sides.find(side.cluster);
    const bool is_stopped = described != policy_.postgres->sides.end() && described->second.stop;
    const data::Checkup& found = side.checkup;
    if (!found.missing_rights.empty())
      object(fmt::format("the database of {} cannot be kept from taking writes: our role lacks {}", side.cluster,
                         text::listed(found.missing_rights)),
             data::how_to_grant);
    if (!found.subscriptions.empty() && !is_stopped)
      object(fmt::format("the database of {} is written to by logical subscriptions ({}), which nothing but stopping it ends", side.cluster,
                         text::listed(found.subscriptions)),
             fmt::format("disable them, or give sides.{} a `stop` program", side.cluster));
    if (!found.workers.empty() && !is_stopped)
      object(fmt::format("the database of {} has background workers ({}) that come back when they are ended and might write", side.cluster,
                         text::listed(found.workers)),
             fmt::format("give sides.{} a `stop` program", side.cluster));
    if (found.prepared > 0)
      object(fmt::format("the database of {} has {}, which would be open on the new side as well", side.cluster,
                         text::count(static_cast<std::size_t>(found.prepared), "prepared transaction")),
             "commit them or roll them back (pg_prepared_xacts)");
    if (!found.logical_slots.empty())
      warn(fmt::format("readers of logical slots of {} ({}) do not follow to the new side by themselves", side.cluster,
                       text::listed(found.logical_slots)));
  }

  void judge_new(const SideSurvey& side) {
    const data::Standing& standby = *side.database;
    if (standby.is_replay_paused)
      object(fmt::format("replay is paused in the database of {}", side.cluster), "resume it there with pg_wal_replay_resume()");
    if (standby.replay_delay > policy_.postgres->catch_up_timeout)
      object(fmt::format("the database of {} replays {} late (recovery_min_apply_delay), longer than catchUpTimeout", side.cluster,
                         time::format_duration(standby.replay_delay)),
             "set it to 0 there, and reload");
    if (!side.checkup.missing_rights.empty() && !policy_.postgres->promote)
      block(
          fmt::format("the database of {} cannot be promoted: our role lacks {}", side.cluster, text::listed(side.checkup.missing_rights)),
          data::how_to_grant);
  }

  /// Refuses what is planned, and warns of it where it cannot wait.
  void object(std::string message, std::string cure) {
    if (is_planned_) return block(std::move(message), std::move(cure));
    warn(message + ": " + cure);
  }
  void block(std::string message, std::string cure) { result_.blockers.push_back({Code::conflict, std::move(message), std::move(cure)}); }
  void warn(std::string message) { result_.warnings.push_back(std::move(message)); }

  const Policy& policy_;
  bool is_planned_;
  Judgement result_;
};

}  // namespace

Judgement judge_databases(const Policy& policy, const SideSurvey& from, const SideSurvey& to, RunKind kind) {
  return Judge{policy, kind}.run(from, to);
}

}  // namespace fedctl::failover
