#pragma once

#include "apply/apply.hpp"
#include "apply/write.hpp"
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

/// What is waited for; of what was written just now the answer told what it is.
struct ToWaitFor {
  const plan::Change* change = nullptr;
  Awaited awaited = {};
};

/// Waits until those objects that take time are ready, by one watch a type and namespace. Another object of the name, one that is being
/// deleted, and an older version of the spec are not what is waited for.
Task<Waited> wait_until_ready(kube::Client& client, std::vector<ToWaitFor> objects, std::chrono::steady_clock::time_point deadline,
                              const Listener& listener);

}  // namespace fedctl::apply
