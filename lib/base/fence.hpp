#pragma once

#include "base/error.hpp"
#include "base/task.hpp"

#include <exception>
#include <utility>

namespace fedctl {

/// What was thrown, as an error: `Code::internal`. For the few places where a library, or a mistake of ours, may throw while the answers
/// of one cluster are worked on.
Error error_from(const std::exception_ptr& thrown);

/// Runs a task so that an exception in it costs its own result alone: `on_error(Error)` gives the result instead. Around everything that
/// is done for one cluster, so that what one cluster says never ends the run of the others.
template <typename T, typename OnError>
Task<T> fenced(Task<T> task, OnError on_error) {
  std::exception_ptr thrown;
  try {
    co_return co_await std::move(task);
  } catch (...) {
    thrown = std::current_exception();
  }
  co_return on_error(error_from(thrown));
}

}  // namespace fedctl
