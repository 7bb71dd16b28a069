#include "http/leave.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <stdexcept>
#include <thread>

using namespace fedctl;

namespace {

/// Work that goes on until it is let go.
struct Blocked {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_free = false;
  void wait() {
    std::unique_lock lock{mutex};
    changed.wait(lock, [this] { return is_free; });
  }
  void free() {
    const std::lock_guard lock{mutex};
    is_free = true;
    changed.notify_all();
  }
};

void wait_for_threads() {
  while (http::are_threads_left()) std::this_thread::yield();
}

}  // namespace

TEST_CASE("what is looked at on a thread comes back, and what it throws too") {
  http::Loop loop;
  std::function<int()> answer = [] { return 42; };
  CHECK(loop.run(http::offload_or_leave<int>(loop, answer)) == 42);
  std::function<int()> thrown = []() -> int { throw std::runtime_error{"no"}; };
  CHECK_THROWS_AS(loop.run(http::offload_or_leave<int>(loop, thrown)), std::runtime_error);
  wait_for_threads();
}

TEST_CASE("an interrupt leaves behind what blocks, also when the loop is gone before it ends") {
  const auto blocked = std::make_shared<Blocked>();
  {
    http::Loop loop;
    loop.on_tick(time::Duration{1}, [&loop] { loop.interrupt(); });
    std::function<int()> work = [blocked] {
      blocked->wait();
      return 1;
    };
    CHECK_FALSE(loop.run(http::offload_or_leave<int>(loop, work)));
    CHECK(http::are_threads_left());
  }
  blocked->free();
  wait_for_threads();
}
