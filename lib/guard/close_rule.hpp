#pragma once

#include "base/time.hpp"

#include <chrono>
#include <cstddef>

namespace fedctl::guard {

/// When the commits of an active side begin to wait for its standbys, and when they no longer do: pure, by instants that it is given.
class CloseRule {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  enum class Wish { none, wait, give_up };

  /// `needed`: how many standbys must be near. Without `may_give_up` commits go on waiting, since the policy prefers that they hang.
  CloseRule(std::size_t needed, bool may_give_up, time::Duration give_up_after)
      : needed_(needed), may_give_up_(may_give_up), give_up_after_(give_up_after) {}

  /// `close`: how many standbys are near now. `waits`: commits wait for them. `is_stuck`: a commit has waited since the last look.
  Wish judge(std::size_t close, bool waits, bool is_stuck, Instant now) {
    const bool is_close = close >= needed_ && !is_stuck;
    if (!is_close) {
      if (was_close_ || !has_looked_) since_ = now;
      was_close_ = false;
      has_looked_ = true;
      const bool is_over = waits && may_give_up_ && now - since_ >= give_up_after_;
      if (is_over) gave_up_ = true;
      return is_over ? Wish::give_up : Wish::none;
    }
    if (!was_close_ || !has_looked_) since_ = now;
    was_close_ = true;
    has_looked_ = true;
    // After it gave up once they must stay near for as long, or a standby that comes and goes would make commits hang again and again.
    const bool is_settled = !gave_up_ || now - since_ >= give_up_after_;
    if (waits || !is_settled) return Wish::none;
    return Wish::wait;
  }

 private:
  std::size_t needed_;
  bool may_give_up_;
  time::Duration give_up_after_;
  bool has_looked_ = false;
  bool was_close_ = false;
  bool gave_up_ = false;
  Instant since_{};  ///< Since when it is as it is.
};

}  // namespace fedctl::guard
