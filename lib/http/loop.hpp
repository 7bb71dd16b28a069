#pragma once

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "http/message.hpp"

#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>

namespace fedctl::http {

/// The one event loop: every transfer, timer and helper thread of the program is waited for here, on one thread.
/// Connections are reused, HTTP/2 where the server has it.
class Loop {
 public:
  explicit Loop(Log log = {});
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// One attempt at a request, without retries. Errors: unreachable, timeout, expired, untrusted, not_kubernetes (no TLS), cancelled.
  Task<Result<Response>> transfer(const Endpoint& endpoint, const Request& request);

  /// Resumes after `delay`, or at once when the user interrupts.
  Task<Done> sleep(time::Duration delay);

  /// A sleep that somebody else may end: `wake` ends all sleeps of this key.
  Task<Done> sleep(time::Duration delay, const void* key);
  void wake(const void* key);

  /// What a thread calls to `wake` the sleeps of this key; also after the loop is gone, when it does nothing.
  std::function<void()> waker(const void* key);

  /// Runs `work` on a thread of its own: for what can only block, such as a credential plugin. What it
  /// throws is thrown to whoever awaits it.
  Task<Done> offload(std::function<void()> work);

  /// From now on calls `tick` about that often while the loop runs; an empty one ends that.
  void on_tick(time::Duration interval, std::function<void()> tick);

  /// Runs the loop until `task` has its result.
  template <typename T>
  T run(Task<T> task) {
    task.start();
    run_until([&task] { return task.done(); });
    return task.take();
  }

  /// From now on reads, streams and sleeps end at once with `Code::cancelled`; writes under way are waited for.
  void interrupt();
  bool interrupted() const;

  /// For cleaning up after an interrupt: requests work again. A second signal still ends the process.
  void clear_interrupt();

  /// Makes the first SIGINT or SIGTERM call `interrupt`; a second one ends the process as usual.
  void interrupt_on_signals();

  /// Lets them end the process again, as while a person is asked something and there is nothing to stop cleanly.
  static void end_on_signals();

  /// Writes (`Request::writes`) that were, or may have been, carried out until now.
  std::size_t writes() const;

  const Log& log() const;

  struct State;

 private:
  void run_until(const std::function<bool()>& finished);
  std::unique_ptr<State> state_;
};

}  // namespace fedctl::http
