#pragma once

#include "http/loop.hpp"

namespace fedctl::http {

/// How a sleep ended. It is to be looked at: after an interrupt no sleep lasts any more, so whoever sleeps again and again would spin.
enum class [[nodiscard]] Rest{over, interrupted};

/// Sleeps for `delay`, or until the user interrupts, or until `key` is woken; says which. What our own tasks do is waited for by a
/// TaskGroup, not by this.
inline Task<Rest> rest(Loop& loop, time::Duration delay, const void* key = nullptr) {
  co_await loop.sleep(delay, key);
  co_return loop.interrupted() ? Rest::interrupted : Rest::over;
}

}  // namespace fedctl::http
