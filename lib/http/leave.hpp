#pragma once

#include "http/rest.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace fedctl::http {

/// Runs on a thread that nobody waits for.
void run_apart(std::function<void()> work);

/// Does any of these threads still run? Then the process ends by std::_Exit, for they may use what its destructors take down.
bool are_threads_left();

/// As Loop::offload, of work that only looks: an interrupt leaves it behind, to end by itself, and then there is no result. What blocks in
/// a library (the names of hosts, a server that is silent) cannot be ended otherwise. All that `work` touches it must own.
template <typename T>
Task<std::optional<T>> offload_or_leave(Loop& loop, std::function<T()> work) {
  if (loop.interrupted()) co_return std::nullopt;
  struct Outcome {
    std::mutex mutex;
    std::optional<T> result;
    std::exception_ptr thrown;
  };
  const auto outcome = std::make_shared<Outcome>();
  const auto wake = loop.waker(outcome.get());
  run_apart([outcome, wake, work = std::move(work)] {
    std::optional<T> result;
    std::exception_ptr thrown;
    try {
      result = work();
    } catch (...) {
      thrown = std::current_exception();
    }
    {
      const std::scoped_lock lock{outcome->mutex};
      outcome->result = std::move(result);
      outcome->thrown = thrown;
    }
    wake();
  });
  Rest rest = Rest::over;
  while (true) {
    {
      const std::scoped_lock lock{outcome->mutex};
      if (outcome->thrown) std::rethrow_exception(outcome->thrown);
      if (outcome->result || rest == Rest::interrupted) co_return std::move(outcome->result);
    }
    rest = co_await http::rest(loop, std::chrono::hours{1}, outcome.get());
  }
}

}  // namespace fedctl::http
