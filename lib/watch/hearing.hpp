#pragma once

#include "data/standing.hpp"
#include "failover/checks.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

namespace fedctl::watch {

/// What a standby tells of its primary, from another place than ours: whether its receiver streams, and when it last heard something. A
/// primary that has nothing to say is silent for up to half a minute, so what silence means is learned while the primary is well. Pure: all
/// ages are by the standby's own clock.
class Hearing {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  /// When a look began, and when it was answered.
  struct Asked {
    Instant begun;
    Instant answered;
  };

  /// One look at the standby; nothing where it did not answer.
  void note(const std::optional<data::Standing>& standing, bool is_primary_well, Asked asked = {});

  /// up: it heard the primary just now. down: its stream has broken, or was silent for longer than it ever is. unknown: anything else, as
  /// of one that had no stream for long while the primary was well.
  failover::View view() const;

  /// For how long at least it has replayed nothing, by our clock.
  time::Duration still() const;

  /// For how long a stream that is there may be silent.
  time::Duration allowance() const;

 private:
  std::optional<data::Standing> last_;
  std::deque<time::Duration> silences_;  ///< The latest that were seen while the primary was well.
  std::optional<data::Lsn> replayed_;    ///< As it was last seen,
  Instant still_since_ = {};             ///< first by a look that was answered then,
  Instant still_until_ = {};             ///< and last by one that began then.
  std::size_t deaf_looks_ = 0;           ///< In a row: it had no stream, and the primary was well.
};

}  // namespace fedctl::watch
