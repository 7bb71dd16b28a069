#pragma once

#include "drill/write_gap.hpp"
#include "failover/assess.hpp"
#include "failover/policy.hpp"
#include "failover/state.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::drill {

/// One change of sides.
struct Leg {
  failover::Run run;
  std::optional<WriteGap> gap;  ///< Of a policy with a database.
  std::vector<Write> writes;    ///< From a little before it to a little after it.
};

struct Report {
  enum class Kind { switchover, simulated };
  Kind kind = Kind::switchover;
  std::string policy;
  std::string policy_hash;
  std::string version;
  std::string by;
  std::string began_at;
  std::string ended_at;
  std::vector<Leg> legs;                                ///< There and back.
  std::optional<failover::Assessment> assessment = {};  ///< Simulated: what would be done.
  std::size_t changes = 0;                              ///< Simulated: objects that the step roles would change.
  std::map<std::string, time::Duration> expected = {};  ///< Simulated: how long steps took when they were last done, where they were.
  std::optional<time::Duration> promised_rto = {};
  std::optional<time::Duration> promised_rpo = {};
  std::optional<std::int64_t> promised_rpo_bytes = {};

  /// The longest time from the beginning of a change of sides to the proof that the new one serves.
  std::optional<time::Duration> rto() const;
  /// The longest time for which nothing could be written.
  std::optional<time::Duration> longest_gap() const;
  /// Writes that were acknowledged and are lost.
  std::size_t lost() const;
  bool had_two_writers() const;

  /// Was the promise kept? Nothing where none was made or it was not measured.
  std::optional<bool> kept_rto() const;
  std::optional<bool> kept_rpo() const;

  /// Simulated: all that is expected, together.
  time::Duration expected_whole() const;
};
std::string_view to_string(Report::Kind kind);

/// The legs' steps with when each began and ended, and all that is measured; what the history keeps. `with_writes`: each write too.
nlohmann::json to_json(const Report& report, bool with_writes);

/// How long each step took when it was last done for real, by its name.
std::map<std::string, time::Duration> last_durations(const failover::State& state);

}  // namespace fedctl::drill
