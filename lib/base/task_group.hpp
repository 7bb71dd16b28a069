#pragma once

#include "base/task.hpp"

#include <coroutine>
#include <cstddef>
#include <exception>
#include <list>
#include <utility>

namespace fedctl {

/// Tasks that run beside their owner, who can wait until all of them have ended. Nothing is asked again and again for that: the last one
/// to end resumes who waits, also after an interrupt. They must have ended before the group does.
class TaskGroup {
 public:
  TaskGroup() = default;
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Runs it at once, up to its first wait.
  void start(Task<Done> task) {
    ++running_;
    runners_.push_back(run(std::move(task)));
    runners_.back().handle.resume();
  }

  bool has_ended() const { return running_ == 0; }

  struct End {
    TaskGroup* group;
    bool await_ready() const noexcept { return group->has_ended(); }
    void await_suspend(std::coroutine_handle<> waiting) const noexcept { group->waiting_ = waiting; }
    /// What the first of them threw is thrown here.
    void await_resume() const {
      if (group->thrown_) std::rethrow_exception(std::exchange(group->thrown_, nullptr));
    }
  };

  /// To be awaited, by one: over when all have ended.
  End end() { return {this}; }

 private:
  using Beside = Runner<TaskGroup>;
  friend Beside;
  std::coroutine_handle<> one_ended() noexcept {
    return --running_ == 0 ? std::exchange(waiting_, std::noop_coroutine()) : std::noop_coroutine();
  }
  void failed(std::exception_ptr thrown) {
    if (!thrown_) thrown_ = std::move(thrown);
  }

  Beside run(Task<Done> task) { co_await std::move(task); }

  std::size_t running_ = 0;
  std::coroutine_handle<> waiting_ = std::noop_coroutine();
  std::exception_ptr thrown_;
  std::list<Beside> runners_;
};

}  // namespace fedctl
