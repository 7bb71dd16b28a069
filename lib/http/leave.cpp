#include "http/leave.hpp"

#include <atomic>
#include <thread>

namespace fedctl::http {
namespace {

std::atomic<int> threads_apart{0};

}  // namespace

void run_apart(std::function<void()> work) {
  ++threads_apart;
  try {
    std::thread{[work = std::move(work)]() mutable {
      work();
      // What it owns goes before it counts as ended.
      work = nullptr;
      --threads_apart;
    }}.detach();
  } catch (...) {
    --threads_apart;
    throw;
  }
}

bool are_threads_left() { return threads_apart > 0; }

}  // namespace fedctl::http
