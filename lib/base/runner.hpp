#pragma once

#include <coroutine>
#include <exception>
#include <utility>

namespace fedctl {

/// What a member coroutine of an Owner returns that runs a task beside others. It begins when its handle is resumed. When it ends, it
/// resumes what the owner's `one_ended()` names; what it threw goes to the owner's `failed(std::exception_ptr)`.
template <typename Owner>
struct Runner {
  struct promise_type {
    Owner& owner;
    template <typename... Parameters>
    explicit promise_type(Owner& all, Parameters&...) : owner(all) {}
    Runner get_return_object() { return Runner{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct TellOwner {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> ended) noexcept {
          return ended.promise().owner.one_ended();
        }
        void await_resume() noexcept {}
      };
      return TellOwner{};
    }
    void return_void() {}
    void unhandled_exception() { owner.failed(std::current_exception()); }
  };
  explicit Runner(std::coroutine_handle<promise_type> h) : handle(h) {}
  Runner(Runner&& other) noexcept : handle(std::exchange(other.handle, nullptr)) {}
  Runner& operator=(Runner&&) = delete;
  ~Runner() {
    if (handle) handle.destroy();
  }
  std::coroutine_handle<promise_type> handle;
};

}  // namespace fedctl
