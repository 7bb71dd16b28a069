#include "base/gate.hpp"

#include "support.hpp"

#include <coroutine>
#include <vector>

using namespace fedctl;

namespace {

/// Work that waits until it is told to go on, and notes how much of its kind is under way.
struct Work {
  struct Wait {
    Work& work;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> one) const { work.waiting.push_back(one); }
    void await_resume() const noexcept {}
  };

  Task<int> run(int number) {
    most = std::max(most, ++now);
    co_await Wait{*this};
    --now;
    co_return number;
  }

  std::vector<std::coroutine_handle<>> waiting;
  int now = 0;
  int most = 0;
};

}  // namespace

TEST_CASE("in turn, so many tasks are under way at once, and all are done in the end") {
  Work work;
  Turnstile turnstile{3};
  const auto all = [&]() -> Task<std::vector<int>> {
    std::vector<Task<int>> tasks;
    for (int number = 0; number < 10; ++number) tasks.push_back(in_turn(turnstile, work.run(number)));
    co_return co_await when_all(std::move(tasks));
  };
  Task<std::vector<int>> task = all();
  task.start();
  while (!task.done()) {
    REQUIRE_FALSE(work.waiting.empty());
    const auto next = work.waiting.front();
    work.waiting.erase(work.waiting.begin());
    next.resume();
  }
  CHECK(task.take() == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(work.most == 3);
}
