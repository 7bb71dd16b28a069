#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "failover/evidence.hpp"
#include "failover/step.hpp"

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What is known of a policy beside what it says: who is active, the run that is under way, and what was done before. A value.
namespace fedctl::failover {

/// A step, or a hook of one, as the journal has it: written before it begins and after it ends.
struct StepRecord {
  enum class State {
    pending,
    begun,
    done,
    skipped,
    owed  ///< It could not be done, the run went on, and it is tried again until it can.
  };
  std::string name;
  State state = State::pending;
  std::string begun_at;  ///< RFC 3339 with milliseconds.
  std::string ended_at;
  int attempts = 0;
  Evidence evidence = {};  ///< What was found and done.
  std::string hash = {};   ///< Of a hook: what it said (Hook::hash).

  bool is(StepKind kind) const { return name == to_string(kind); }
};
std::string_view to_string(StepRecord::State state);

struct Run {
  enum class State { running, done, aborted, refused };
  std::string id;
  RunKind kind = RunKind::failover;
  State state = State::running;
  std::string from;
  std::string to;
  std::int64_t token = 0;  ///< Fencing token: grows with every run, never twice the same.
  std::int64_t epoch = 0;  ///< How often another process took it up: to go on with it, or to undo it.
  std::string policy_hash;
  nlohmann::json policy = {};  ///< The policy's spec when the run began; null in states of older versions.
  std::string version;         ///< Of fedctl.
  std::string by;
  std::string reason;  ///< What decided it: a person, or what watch saw.
  std::string began_at;
  std::string ended_at;
  std::vector<std::string> overridden;  ///< "--skip-fencing", "proceedUnfencedAfter 1s": what was let pass.
  std::vector<StepRecord> steps;
  nlohmann::json outcome = nlohmann::json::object();  ///< loss, rto, ...

  StepRecord* find(StepKind step);
  const StepRecord* find(StepKind step) const;
  /// The first that is neither done nor skipped; null: all are.
  const StepRecord* next() const;
  /// The names of the steps that are owed.
  std::vector<std::string> owed() const;
};
std::string_view to_string(Run::State state);

/// Where the primary's log was when somebody last looked.
struct LastSeen {
  std::string cluster;
  std::string system_identifier;
  std::int64_t timeline = 0;
  std::string lsn;
  std::string counted;  ///< What the policy's count query yielded.
  std::string at;       ///< RFC 3339, by the clock of whoever looked.
  /// The Lease of its guard then: which renewal it was, and how old that was by the host's clock. Whether the guard lived while the primary
  /// was seen is told by these alone, on any machine. Empty: there was none, or it was not looked at.
  std::string guard_version = {};
  time::Duration guard_age{0};
};

/// What is known of synchronous replication of one side's database: the active one's, or it tells nothing.
struct SynchronousState {
  std::string cluster;
  std::string seen;    ///< synchronous_standby_names when somebody last looked.
  std::string proven;  ///< What all commits have waited for since `at`. Taken back before it is changed; empty: nothing is promised.
  std::string owed;    ///< What is to be set once enough standbys stream; empty: nothing.
  std::string at;      ///< RFC 3339: since when it is proven.
};

/// The master switch: nothing fails over by itself.
struct Pause {
  std::string by;
  std::string at;  ///< RFC 3339.
  std::string reason;
};

struct State {
  std::string active;             ///< Empty: nothing was ever done (active_cluster).
  std::int64_t token = 0;         ///< Of the last run, whatever became of it.
  std::int64_t active_token = 0;  ///< Of the run that made `active` the active one; 0: none did.
  std::optional<LastSeen> primary;
  std::optional<Run> run;      ///< The last one; running until it is done, aborted or refused.
  std::optional<Run> earlier;  ///< One before it that still owes something; until a later one is done.
  std::optional<Pause> pause;
  std::optional<SynchronousState> synchronous;
  std::vector<nlohmann::json> history;  ///< The latest runs that are over (`kept_runs` of them), the latest last.
  std::vector<nlohmann::json> drills;   ///< The latest drills, the same way.

  std::string version;  ///< Of the store, to write it only as it was read; not part of the JSON.

  bool has_unfinished_run() const { return run && run->state == Run::State::running; }
  /// The run that is over and has something left to be tried again. Null: none has, or one is under way.
  const Run* owing() const;
  Run* owing();
};

/// The number at `map[key]`, or 0.
double number_in(const nlohmann::json& map, std::string_view key);

nlohmann::json to_json(const Run& run);
nlohmann::json to_json(const LastSeen& seen);
nlohmann::json to_json(const Pause& pause);
nlohmann::json to_json(const SynchronousState& synchronous);
nlohmann::json to_json(const State& state);
/// Errors: invalid_input, with the field, for what is no state or has a field of another type.
Result<State> state_from(const nlohmann::json& document);

/// The clusters that the state speaks of must be those of the policy. Errors: invalid_input, as after a cluster was renamed or dropped
/// there.
Result<void> check_clusters(const State& state, std::span<const std::string> clusters);

/// Has another process gone on with the run of `ours`, undone it, or begun another one? Then nothing of ours may be written any more.
bool is_taken_over(const State& ours, const State& theirs);

/// "paused by alice@laptop 5m ago: maintenance"; "" where it is not.
std::string pause_text(const State& state);

/// Puts a run that is over into the history, in the place of what that has of the same run.
void file_away(State& state, const Run& run);

/// The latest run that is done and wanted, of those that are kept.
std::optional<Run> latest_done(const State& state, const std::function<bool(const Run&)>& is_wanted);

/// Drops the oldest of the history and of the drills beyond what is kept.
void keep_latest(State& state);

/// Now, with milliseconds: "2026-11-25T04:30:00.123Z".
std::string timestamp(time::Instant instant);
std::string timestamp_now();
std::optional<time::Instant> parse_timestamp(const std::string& text);

/// "12s ago"; "some time ago" of what is no timestamp.
std::string ago(const std::string& stamp);

/// From the one to the other; nothing where either is no timestamp.
std::optional<time::Duration> elapsed(const std::string& begin, const std::string& end);

}  // namespace fedctl::failover
