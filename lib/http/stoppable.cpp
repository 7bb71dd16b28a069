#include "http/stoppable.hpp"

#include "base/task_group.hpp"
#include "http/rest.hpp"

#include <chrono>
#include <exception>

namespace fedctl::http {
namespace {

Task<Done> stop_when_interrupted(Loop& loop, std::stop_source source, const void* key) {
  Rest rest = Rest::over;
  while (rest == Rest::over && !source.stop_requested()) {
    rest = co_await http::rest(loop, std::chrono::hours{1}, key);
  }
  source.request_stop();
  co_return Done{};
}

}  // namespace

Task<Done> offload_stoppable(Loop& loop, std::function<void(const std::stop_token&)> work) {
  std::stop_source source;
  TaskGroup group;
  group.start(stop_when_interrupted(loop, source, &source));
  std::exception_ptr thrown;
  try {
    co_await loop.offload([&] { work(source.get_token()); });
  } catch (...) {
    thrown = std::current_exception();
  }
  // It has ended, so this is for who waits for an interrupt only.
  source.request_stop();
  loop.wake(&source);
  co_await group.end();
  if (thrown) std::rethrow_exception(thrown);
  co_return Done{};
}

}  // namespace fedctl::http
