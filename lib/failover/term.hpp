#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace fedctl::failover {

/// Until when a Lease is ours, by our own steady clock: for as long as it lasts after the last renewal that succeeded was *sent*. Whoever
/// waits for it begins to count when he sees that renewal, which is later, so by then we have stopped.
class Term {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  explicit Term(time::Duration lasts) : lasts_(lasts) {}

  void renewed(Instant sent) { last_ = std::max(last_.value_or(sent), sent); }
  void end() { last_.reset(); }
  bool is_ours(Instant now) const { return last_ && now < *last_ + lasts_; }

  /// How often to renew, and how long one try may take: three that fail do not lose it.
  time::Duration pace() const { return lasts_ / 4; }

 private:
  time::Duration lasts_;
  std::optional<Instant> last_;
};

}  // namespace fedctl::failover
