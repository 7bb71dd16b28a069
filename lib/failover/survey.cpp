#include "failover/survey.hpp"

#include <algorithm>

namespace fedctl::failover {

const SideSurvey* Survey::find(const std::string& cluster) const {
  const auto found = std::ranges::find(sides, cluster, &SideSurvey::cluster);
  return found == sides.end() ? nullptr : &*found;
}

void note_guard(LastSeen& seen, const GuardLease& guard) {
  if (!guard.exists()) return;
  seen.guard_version = guard.version();
  seen.guard_age = guard.age;
}

bool is_older(const LastSeen& one, const LastSeen& other) {
  if (one.cluster != other.cluster || one.system_identifier != other.system_identifier) return false;
  if (one.timeline != other.timeline) return one.timeline < other.timeline;
  return data::parse_lsn(one.lsn).value_or(0) < data::parse_lsn(other.lsn).value_or(0);
}

void remember_primary(State& state, const Survey& survey, const std::string& active) {
  const SideSurvey* side = survey.find(active);
  if (side == nullptr || !side->database || side->database->in_recovery) return;
  const data::Standing& seen = *side->database;
  state.primary =
      LastSeen{active, seen.system_identifier, seen.timeline, data::format_lsn(seen.written), seen.counted.value_or(""), timestamp_now()};
  note_guard(*state.primary, side->guard);
}

}  // namespace fedctl::failover
