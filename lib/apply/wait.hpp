#pragma once

#include "apply/apply.hpp"
#include "kube/client.hpp"

#include <chrono>
#include <span>

namespace fedctl::apply {

/// What became of the objects that were waited for.
struct Waited {
  std::size_t ready = 0;
  std::size_t total = 0;
  std::vector<Error> errors;  ///< One for each object that failed, vanished or was not ready in time.
  bool interrupted = false;
};

/// Waits until the objects of `changes` that take time are ready, by one watch a type and namespace.
Task<Waited> wait_until_ready(kube::Client& client, std::vector<const plan::Change*> changes,
                              std::chrono::steady_clock::time_point deadline, const Listener& listener);

}  // namespace fedctl::apply
