#pragma once

#include "base/time.hpp"
#include "data/standing.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// A failover practised on the real thing, and what it took.
namespace fedctl::drill {

/// One try to write to a side's database.
struct Write {
  std::string side;
  time::Instant sent{};
  time::Instant answered{};
  bool accepted = false;
  data::Lsn lsn = 0;  ///< Where in the log it is, where it was accepted.
};

/// What the writes of one change of sides show. Pure.
struct WriteGap {
  std::optional<time::Instant> last_before;  ///< When the last write that the old side accepted was answered,
  std::optional<time::Instant> first_after;  ///< and the first one of the new side.
  time::Duration longest{0};                 ///< Between them; the time for which nothing could be written.
  std::size_t tried = 0;                     ///< On either side.
  std::size_t accepted = 0;
  std::size_t lost = 0;          ///< Accepted by the old side behind the place where the new one went on.
  bool had_two_writers = false;  ///< The old side accepted a write that was sent after the new one had accepted one.
};

/// `fork`: where the new side's log left the old one's; nothing: not known, so nothing is counted as lost.
WriteGap write_gap(const std::vector<Write>& writes, const std::string& from, const std::string& to, std::optional<data::Lsn> fork);

}  // namespace fedctl::drill
