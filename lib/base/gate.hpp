#pragma once

#include "base/task.hpp"

#include <coroutine>
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

namespace fedctl {

/// What several coroutines wait for, once: whoever comes later goes straight through.
class Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  struct Passage {
    Gate* gate;
    bool await_ready() const noexcept { return gate->is_open_; }
    void await_suspend(std::coroutine_handle<> waiting) const { gate->waiting_.push_back(waiting); }
    void await_resume() const noexcept {}
  };

  /// To be awaited: over as soon as the gate is open.
  Passage passage() { return {this}; }

  /// Lets everybody go on, before it returns.
  void open() {
    is_open_ = true;
    for (const std::coroutine_handle<> one : std::exchange(waiting_, {})) one.resume();
  }

 private:
  bool is_open_ = false;
  std::vector<std::coroutine_handle<>> waiting_;
};

/// So many requests to a cluster may be in hand, made or on their way: more than are in flight at once, and few enough that their bodies do
/// not matter.
inline constexpr std::size_t requests_in_hand = 128;

/// Lets at most `places` coroutines through at once; the others wait, first come, first served.
class Turnstile {
 public:
  explicit Turnstile(std::size_t places) : places_(places) {}
  Turnstile(const Turnstile&) = delete;
  Turnstile& operator=(const Turnstile&) = delete;

  struct Turn {
    Turnstile* turnstile;
    bool await_ready() const noexcept { return turnstile->places_ > 0; }
    void await_suspend(std::coroutine_handle<> waiting) const { turnstile->waiting_.push_back(waiting); }
    void await_resume() const noexcept { --turnstile->places_; }
  };

  /// To be awaited: over when there is a place, which is taken then, until `leave`.
  Turn turn() { return {this}; }

  /// Leaves when it goes out of scope, however that comes.
  class Stay {
   public:
    explicit Stay(Turnstile& turnstile) : turnstile_(turnstile) {}
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;
    ~Stay() { turnstile_.leave(); }

   private:
    Turnstile& turnstile_;
  };

  /// Gives the place back; who waits longest goes on before it returns. Those who leave again without having waited for anything do not
  /// pile up on the stack.
  void leave() {
    ++places_;
    if (std::exchange(is_letting_in_, true)) return;
    while (places_ > 0 && !waiting_.empty()) {
      const std::coroutine_handle<> next = waiting_.front();
      waiting_.pop_front();
      next.resume();
    }
    is_letting_in_ = false;
  }

 private:
  std::size_t places_;
  bool is_letting_in_ = false;
  std::deque<std::coroutine_handle<>> waiting_;
};

/// The number of clusters that are asked at the same time. Each begins with a TLS handshake, which costs our own processor time. If a
/// thousand handshakes began at once, the last ones would run into their connect timeouts, although their servers are well.
inline constexpr std::size_t clusters_at_once = 100;

/// Runs the task when the turnstile lets it through.
template <typename T>
Task<T> in_turn(Turnstile& turnstile, Task<T> task) {
  co_await turnstile.turn();
  const Turnstile::Stay stay{turnstile};
  co_return co_await std::move(task);
}

}  // namespace fedctl
