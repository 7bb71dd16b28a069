#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "data/postgres.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace fedctl::data {

/// A position in the write-ahead log as bytes; PostgreSQL writes it "16/B374D848".
using Lsn = std::uint64_t;
std::optional<Lsn> parse_lsn(const std::string& text);
std::string format_lsn(Lsn lsn);

/// What one look at a server tells.
struct Standing {
  bool in_recovery = false;  ///< A standby.
  bool read_only = false;    ///< A new session may not write: default_transaction_read_only, or in recovery.
  std::string system_identifier;
  std::int64_t timeline = 0;                   ///< A standby: of what it received last.
  std::int64_t received_timeline = 0;          ///< A standby that streams: the timeline that it receives.
  Lsn written = 0;                             ///< A primary: what is in its log. A standby: what it received, or replayed if that is more.
  Lsn replayed = 0;                            ///< A standby: what readers see.
  std::optional<Lsn> upstream;                 ///< A standby that streams: how far its primary was when it last spoke.
  std::optional<time::Duration> upstream_age;  ///< And how long ago that was.
  std::optional<time::Duration> replay_age;    ///< A standby: how old the last commit is that it replayed.
  time::Duration replay_delay{0};              ///< A standby: recovery_min_apply_delay, by which it replays late on purpose.
  bool is_replay_paused = false;               ///< A standby: somebody paused its replay.
  bool streams = false;                        ///< A standby: its receiver is connected.
  bool is_all_read = false;                    ///< A standby: it has read its own log since it started, so it has no more than `written`.
  /// A primary that was promoted since its server started: where it left the log of the one before it. After a crash of a primary it is
  /// where its log was read again from instead.
  std::optional<Lsn> left_at;
  std::optional<std::string> counted;  ///< What the policy's own query yields.
  std::string count_problem;           ///< Why it yields nothing, though there is one.

  bool is_writable() const { return !in_recovery && !read_only; }
};

/// `count_query`: a statement that yields one number, of what must not get lost; empty: none.
Result<Standing> look(const std::string& conninfo, const std::string& count_query, Deadline deadline);
Result<Standing> look(Connection& connection, const std::string& count_query, Deadline deadline);

/// Is it a standby of this primary: on its timeline, and past where it was? One that replays late on purpose has received that.
bool follows(const Standing& standby, const Standing& primary);
/// Bytes of log that a standby has and `primary` never got: it is still on the timeline that the primary left at `fork`, and past that.
/// Such a standby cannot follow the primary. None where that is not so.
std::optional<std::int64_t> parted(const Standing& standby, const Standing& primary, Lsn fork);
/// Why it is none: "it does not stream".
std::string why_not_following(const Standing& standby, const Standing& primary);

/// Writes what leaves nothing behind; where in the log it is. Errors: rejected where the session may not write.
Result<Lsn> write_probe(Connection& connection, Deadline deadline);

/// A standby becomes the primary (pg_promote), takes writes, and proves it by writing. A server that is one already only proves it.
Result<Standing> promote(const std::string& conninfo, Deadline deadline);

/// The other half of `promote`, for standbys that something else promotes: takes writes, and proves it.
Result<Standing> open_for_writes(const std::string& conninfo, Deadline deadline);

}  // namespace fedctl::data
