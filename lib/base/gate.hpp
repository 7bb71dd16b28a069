#pragma once

#include <coroutine>
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

}  // namespace fedctl
