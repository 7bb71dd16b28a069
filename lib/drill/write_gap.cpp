#include "drill/write_gap.hpp"

#include <algorithm>
#include <chrono>

namespace fedctl::drill {

WriteGap write_gap(const std::vector<Write>& writes, const std::string& from, const std::string& to, std::optional<data::Lsn> fork) {
  WriteGap gap;
  for (const Write& write : writes) {
    if (write.side != from && write.side != to) continue;
    ++gap.tried;
    if (!write.accepted) continue;
    ++gap.accepted;
    if (write.side == to && (!gap.first_after || write.answered < *gap.first_after)) gap.first_after = write.answered;
    if (write.side == from && (!gap.last_before || write.answered > *gap.last_before)) gap.last_before = write.answered;
    if (write.side == from && fork && write.lsn >= *fork) ++gap.lost;
  }
  if (!gap.last_before || !gap.first_after) return gap;
  gap.longest = std::max(time::Duration{0}, std::chrono::duration_cast<time::Duration>(*gap.first_after - *gap.last_before));
  gap.had_two_writers = std::ranges::any_of(
      writes, [&](const Write& write) { return write.side == from && write.accepted && write.sent > *gap.first_after; });
  return gap;
}

}  // namespace fedctl::drill
