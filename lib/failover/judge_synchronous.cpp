#include "failover/judge_synchronous.hpp"

#include "base/text.hpp"
#include "data/role.hpp"

#include <fmt/format.h>

namespace fedctl::failover {
namespace {

bool is_proven(const State& state, const std::string& active, const std::string& names) {
  return state.synchronous && state.synchronous->cluster == active && state.synchronous->proven == names;
}

/// What keeps the active side's commits from waiting as the policy says.
void judge_active(const Policy& policy, const State& state, const Survey& survey, const SideSurvey& active, Judgement& result) {
  const bool is_always = policy.postgres->replication.mode == Replication::Mode::sync;
  const std::string wanted = wanted_names(policy, active.cluster);
  if (is_always && !is_proven(state, active.cluster, wanted))
    result.warnings.push_back(
        fmt::format("commits on {} are not proven to wait for {}: run 'fedctl failover prepare'", active.cluster, wanted));
  if (!active.checkup.synchronous.exempt.empty())
    result.warnings.push_back(
        fmt::format("commits on {} wait for no standby's disk where synchronous_commit is set for {}: what these lose is "
                    "not counted",
                    active.cluster, text::listed(active.checkup.synchronous.exempt)));
  if (!is_always) return;
  for (const SideSurvey& side : survey.sides) {
    const bool is_known = side.cluster != active.cluster && side.database && side.database->in_recovery && !side.checkup.upstreams.empty();
    const std::string& name = side.checkup.application_name;
    if (!is_known || name == standby_name(side.cluster)) continue;
    result.warnings.push_back(
        fmt::format("the standby of {} gives {} as its application_name, not {}, so no commit waits for it: run "
                    "'fedctl failover prepare'",
                    side.cluster, name.empty() ? "none" : name, standby_name(side.cluster)));
  }
}

}  // namespace

Judgement judge_synchronous(const Policy& policy, const State& state, const Survey& survey, const std::string& from,
                            const std::string& to) {
  Judgement result;
  const SideSurvey* old_side = survey.find(from);
  const SideSurvey* new_side = survey.find(to);
  if (!policy.postgres || old_side == nullptr || new_side == nullptr) return result;
  const bool answers = old_side->database && !old_side->database->in_recovery;
  if (answers && policy.postgres->replication.waits()) judge_active(policy, state, survey, *old_side, result);
  const SynchronousPlan plan = plan_synchronous(policy, state, survey, from, to);
  const auto& missing = new_side->checkup.missing_to_synchronize;
  if (missing.empty()) return result;
  if (plan.changes())
    result.blockers.push_back(
        {Code::conflict,
         fmt::format("commits on {} would hang once it is the primary: they wait for '{}', nobody answers to that, and "
                     "our role lacks {}",
                     to, plan.has, text::listed(missing)),
         data::how_to_grant});
  if (!plan.changes() && !plan.later.empty())
    result.warnings.push_back(fmt::format("commits on {} cannot be made to wait for {}: our role lacks {}: {}", to, plan.later,
                                          text::listed(missing), data::how_to_grant));
  return result;
}

std::string synchronous_text(const Policy& policy, const State& state, const Survey& survey, const std::string& active) {
  const SideSurvey* side = survey.find(active);
  if (!policy.postgres || side == nullptr) return {};
  const SynchronousState* known = state.synchronous && state.synchronous->cluster == active ? &*state.synchronous : nullptr;
  const bool answers = side->database && !side->database->in_recovery;
  const std::string names = answers ? side->checkup.synchronous.names : known != nullptr ? known->seen : "";
  const std::string owed = known != nullptr ? known->owed : "";
  const bool should_wait = policy.postgres->replication.waits();
  if (names.empty() && owed.empty() && !should_wait) return {};
  std::string text =
      names.empty() ? fmt::format("commits on {} wait for no standby", active) : fmt::format("commits on {} wait for {}", active, names);
  if (known != nullptr && !known->proven.empty()) return text + fmt::format(", proven {}", ago(known->at));
  if (!owed.empty()) return text + fmt::format("; they are to wait for {} once enough of these stream", owed);
  if (should_wait) text += fmt::format(", which is not proven; replication is {}", to_string(policy.postgres->replication.mode));
  return text;
}

}  // namespace fedctl::failover
