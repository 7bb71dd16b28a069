#pragma once

#include <coroutine>
#include <deque>

namespace fedctl::http {

/// Lets at most a given number of requests through at once. While the server answers 429 the limit halves; every success gives a bit back.
class Limiter {
 public:
  explicit Limiter(int limit) : most_(limit < 1 ? 1 : limit), limit_(most_) {}

  auto acquire() {
    struct Wait {
      Limiter& limiter;
      bool await_ready() const { return limiter.try_take(); }
      void await_suspend(std::coroutine_handle<> waiting) const { limiter.queue_.push_back(waiting); }
      void await_resume() const {}
    };
    return Wait{*this};
  }

  /// Gives the place back; `throttled` when the answer was 429. May resume a waiting request.
  void release(bool throttled) {
    limit_ = throttled ? (limit_ / 2 < 1 ? 1 : limit_ / 2) : (limit_ + 1.0 / limit_ > most_ ? most_ : limit_ + 1.0 / limit_);
    --in_flight_;
    while (!queue_.empty() && try_take()) {
      const auto next = queue_.front();
      queue_.pop_front();
      next.resume();
    }
  }

  double limit() const { return limit_; }
  int in_flight() const { return in_flight_; }

 private:
  bool try_take() {
    if (in_flight_ >= static_cast<int>(limit_)) return false;
    ++in_flight_;
    return true;
  }

  double most_;
  double limit_;
  int in_flight_ = 0;
  std::deque<std::coroutine_handle<>> queue_;
};

}  // namespace fedctl::http
