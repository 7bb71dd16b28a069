#pragma once

#include "base/runner.hpp"

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace fedctl {

/// A lazily started coroutine that yields one T. `co_await` it once; it runs on whatever resumes it (the event loop).
/// All tasks of a program live on one thread, so nothing here is locked.
template <typename T>
class [[nodiscard]] Task {
 public:
  struct promise_type {
    std::optional<T> value;
    std::exception_ptr failure;
    std::coroutine_handle<> continuation = std::noop_coroutine();

    Task get_return_object() { return Task{Handle::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Continue {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> finished) noexcept {
          return finished.promise().continuation;
        }
        void await_resume() noexcept {}
      };
      return Continue{};
    }
    template <typename U>
    void return_value(U&& result) {
      value.emplace(std::forward<U>(result));
    }
    void unhandled_exception() { failure = std::current_exception(); }
  };
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().continuation = awaiting;
    return handle_;
  }
  T await_resume() { return take(); }

  /// For the outermost task: runs it up to its first wait.
  void start() { handle_.resume(); }
  bool done() const { return handle_.done(); }
  T take() {
    if (handle_.promise().failure) std::rethrow_exception(handle_.promise().failure);
    return std::move(*handle_.promise().value);
  }

 private:
  explicit Task(Handle handle) : handle_(handle) {}
  Handle handle_;
};

/// What a task yields that has nothing to say.
struct Done {};

/// Runs all tasks at the same time and yields their results in the order given.
template <typename T>
class [[nodiscard]] WhenAll {
 public:
  explicit WhenAll(std::vector<Task<T>> tasks) : tasks_(std::move(tasks)) {}

  bool await_ready() const noexcept { return tasks_.empty(); }
  bool await_suspend(std::coroutine_handle<> awaiting) {
    remaining_ = tasks_.size() + 1;
    awaiting_ = awaiting;
    runners_.reserve(tasks_.size());
    for (Task<T>& task : tasks_) runners_.push_back(run(task));
    for (Beside& runner : runners_) runner.handle.resume();
    return --remaining_ != 0;
  }
  std::vector<T> await_resume() {
    std::vector<T> results;
    results.reserve(tasks_.size());
    for (Task<T>& task : tasks_) results.push_back(task.take());
    return results;
  }

 private:
  using Beside = Runner<WhenAll>;
  friend Beside;
  std::coroutine_handle<> one_ended() noexcept { return --remaining_ == 0 ? awaiting_ : std::noop_coroutine(); }
  /// Results are not taken out here, so nothing throws.
  [[noreturn]] static void failed(const std::exception_ptr&) { std::terminate(); }

  /// Waits for a task without taking its result out.
  struct Finished {
    Task<T>& task;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept { return task.await_suspend(awaiting); }
    void await_resume() noexcept {}
  };
  Beside run(Task<T>& task) { co_await Finished{task}; }

  std::vector<Task<T>> tasks_;
  std::vector<Beside> runners_;
  std::size_t remaining_ = 0;
  std::coroutine_handle<> awaiting_;
};

template <typename T>
WhenAll<T> when_all(std::vector<Task<T>> tasks) {
  return WhenAll<T>{std::move(tasks)};
}

}  // namespace fedctl
