#include "http/loop.hpp"

#include "base/task_group.hpp"
#include "http/rest.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <stdexcept>
#include <thread>

using namespace fedctl;
using namespace fedctl::http;
using std::chrono::milliseconds;

namespace {

/// What is done on a thread, and only ends when it is let go.
Task<Done> work(Loop& loop, std::shared_future<void> let_go, int& done) {
  const std::function<void()> wait = [let_go] { let_go.wait(); };
  co_await loop.offload(wait);
  ++done;
  co_return Done{};
}

Task<Done> end_of(TaskGroup& group) {
  co_await group.end();
  co_return Done{};
}

Task<Done> fail() {
  throw std::runtime_error{"broken"};
  co_return Done{};
}

/// What must not be written, for it asks again and again: here it is to find out whether the others get their turn.
Task<Done> ask_again_and_again(Loop& loop, const int& done, int& sleeps) {
  while (done == 0) {
    const Rest rest = co_await http::rest(loop, milliseconds{20});
    if (rest == Rest::interrupted) ++sleeps;
  }
  co_return Done{};
}

}  // namespace

TEST_CASE("tasks can be waited for after an interrupt") {
  Loop loop;
  std::promise<void> promise;
  const std::shared_future<void> let_go = promise.get_future().share();
  int done = 0;
  TaskGroup group;
  for (int i = 0; i < 3; ++i) group.start(work(loop, let_go, done));
  loop.interrupt();
  std::jthread later{[&] {
    std::this_thread::sleep_for(milliseconds{100});
    promise.set_value();
  }};
  loop.run(end_of(group));
  CHECK(done == 3);
}

TEST_CASE("a sleep that ends at once still lets the others have their turn") {
  Loop loop;
  std::promise<void> promise;
  int done = 0;
  int sleeps = 0;
  TaskGroup group;
  group.start(work(loop, promise.get_future().share(), done));
  loop.interrupt();
  promise.set_value();
  loop.run(ask_again_and_again(loop, done, sleeps));
  CHECK(done == 1);
  CHECK(sleeps > 0);
}

TEST_CASE("a sleep says how it ended") {
  Loop loop;
  CHECK(loop.run(http::rest(loop, milliseconds{1})) == Rest::over);
  loop.interrupt();
  CHECK(loop.run(http::rest(loop, std::chrono::hours{1})) == Rest::interrupted);
  loop.clear_interrupt();
  CHECK(loop.run(http::rest(loop, milliseconds{1})) == Rest::over);
}

TEST_CASE("a group ends with its last task, and throws what one of them threw") {
  Loop loop;
  TaskGroup group;
  loop.run(end_of(group));
  group.start(fail());
  CHECK(group.has_ended());
  CHECK_THROWS_WITH(loop.run(end_of(group)), "broken");
}

TEST_CASE("a thread that has done its work is gone, however many there were") {
  http::Loop loop;
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/task"}, std::filesystem::directory_iterator{});
  };
  const auto many = [&]() -> Task<std::ptrdiff_t> {
    std::ptrdiff_t most = 0;
    const std::function<void()> nothing = [] {};
    for (int i = 0; i < 50; ++i) {
      co_await loop.offload(nothing);
      most = std::max(most, threads());
    }
    co_return most;
  };
  const auto before = threads();
  CHECK(loop.run(many()) <= before + 2);
}
