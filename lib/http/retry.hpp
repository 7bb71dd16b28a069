#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "http/message.hpp"

#include <optional>

namespace fedctl::http {

/// What decides whether to ask again.
struct Attempt {
  int number = 1;              ///< 1 for the first.
  time::Duration elapsed{0};   ///< Since the first attempt began.
  time::Duration patience{0};  ///< The endpoint's connect timeout: how long a server that cannot be reached is tried.
  time::Duration allowed{0};   ///< For all attempts and the waits between them; 0: no limit.
  bool repeatable = true;      ///< `Request::repeatable`.
  double jitter = 0.5;         ///< Uniform in [0, 1).
};

/// May the server have done what it was asked for, although this is how it ended? So it may where the answer was lost on the way, and
/// where a gateway or the server's own store gave up (5xx); not with 503 and Retry-After, which refuses before anything is done.
bool may_be_carried_out(const Result<Response>& outcome);

/// How long to wait before asking again, or nothing when the answer stands.
///
/// - 429 is asked again whatever the request (the server did nothing), and so is 503 that comes with Retry-After.
/// - 502, 503, 504 and lost connections are asked again when the request may be repeated; 500 only with Retry-After, since
///   API servers also answer so to what can never work.
/// - Retry-After (RFC 9110, seconds or a date) is obeyed up to 60 s; else 100 ms doubling to 5 s, jittered by half.
/// - Nothing where the wait would not end within `allowed`: the answer that is there says more than a timeout would.
/// - Five attempts at most; a server that cannot be reached at all is tried for `patience`, no longer.
std::optional<time::Duration> delay_before_retry(const Attempt& attempt, const Result<Response>& outcome);

}  // namespace fedctl::http
