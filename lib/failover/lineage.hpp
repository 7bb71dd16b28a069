#pragma once

#include "failover/state.hpp"
#include "failover/survey.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Which history of the log a database has: pure. Positions of different histories must never be compared: after a promotion, or in a
/// restored copy, the same position stands for other writes.
namespace fedctl::failover {

/// The history that the active side's primary writes.
struct Lineage {
  std::string system_identifier;  ///< Empty: not known.
  std::int64_t timeline = 0;
  bool is_said_now = false;  ///< By the primary itself. Else it is as it was last seen, or promoted by a run.

  /// Is it a copy of this history, and of no later one?
  bool has(const data::Standing& standing) const {
    const bool is_same = system_identifier.empty() || standing.system_identifier == system_identifier;
    return is_same && standing.timeline == timeline;
  }
};

/// Nothing where nobody ever saw the primary of `active`.
std::optional<Lineage> lineage_of(const State& state, const SideSurvey* side, const std::string& active);

/// Does the standby receive what this primary writes, itself or by another standby? Where neither the address nor the name by which it
/// receives is known, a primary that has any receiver is believed.
bool receives_from(const SideSurvey& primary, const SideSurvey& standby, std::span<const SideSurvey> sides);

/// Does the standby stream, while the primary answers, and not from that? Then one of them is a copy that went its own
/// way, and their positions say nothing of each other, even on one timeline.
bool streams_elsewhere(const SideSurvey* primary, const SideSurvey& standby, std::span<const SideSurvey> sides);

/// Do positions in the standby's log say how far it is behind the active side's?
bool is_comparable(const State& state, const Survey& survey, const std::string& active, const SideSurvey& standby);

/// What of the databases is not as the state has it: a second primary that takes writes, a standby of another history or of another server.
std::vector<std::string> strangers_of(const State& state, const Survey& survey, const std::string& active);

/// The side whose database is at the address; null: none of them.
const SideSurvey* side_at(const data::Address& address, std::span<const SideSurvey> sides);

}  // namespace fedctl::failover
