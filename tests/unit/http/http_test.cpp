#include "http/limiter.hpp"
#include "http/loop.hpp"
#include "http/rest.hpp"
#include "http/retry.hpp"

#include "support.hpp"

#include <chrono>

using namespace fedctl;
using namespace fedctl::http;
using std::chrono::milliseconds;

namespace {

Result<Response> answer(long status, std::map<std::string, std::string> headers = {}) {
  return Response{.status = status, .headers = std::move(headers)};
}
const Result<Response> lost = Failure{{Code::unreachable, "no answer"}};

}  // namespace

TEST_CASE("what succeeded, or was refused for good, is not asked again") {
  const long status = GENERATE(200, 201, 304, 400, 401, 403, 404, 409, 422);
  CHECK_FALSE(delay_before_retry({}, answer(status)));
}

TEST_CASE("429 is asked again even where the request must not be repeated, after the time the server names") {
  const Attempt attempt{.repeatable = false};
  CHECK(delay_before_retry(attempt, answer(429, {{"retry-after", "2"}})) == milliseconds{2000});
  CHECK(delay_before_retry(attempt, answer(429)));
}

TEST_CASE("server errors are asked again only where that is safe") {
  const long status = GENERATE(502, 503, 504);
  CHECK(delay_before_retry({.repeatable = true}, answer(status)));
  CHECK_FALSE(delay_before_retry({.repeatable = false}, answer(status)));
  CHECK_FALSE(delay_before_retry({.repeatable = true}, answer(500)));
  CHECK(delay_before_retry({.repeatable = true}, answer(500, {{"retry-after", "1"}})));
}

TEST_CASE("Retry-After is obeyed up to a minute, as seconds or as a date") {
  CHECK(delay_before_retry({}, answer(503, {{"retry-after", "86400"}})) == milliseconds{60'000});
  CHECK(delay_before_retry({}, answer(503, {{"retry-after", "Thu, 01 Jan 1970 00:00:00 GMT"}})) == milliseconds{0});
}

TEST_CASE("the back-off doubles and is jittered by half") {
  CHECK(delay_before_retry({.number = 1, .jitter = 0}, answer(503)) == milliseconds{50});
  CHECK(delay_before_retry({.number = 1, .jitter = 0.999}, answer(503)) == milliseconds{99});
  CHECK(delay_before_retry({.number = 4, .jitter = 0}, answer(503)) == milliseconds{400});
  CHECK_FALSE(delay_before_retry({.number = 5}, answer(503)));
}

TEST_CASE("a server that cannot be reached is tried no longer than the connect timeout") {
  CHECK(delay_before_retry({.elapsed = milliseconds{10}, .patience = milliseconds{5000}}, lost));
  CHECK_FALSE(delay_before_retry({.elapsed = milliseconds{5000}, .patience = milliseconds{5000}}, lost));
  CHECK_FALSE(delay_before_retry({.elapsed = milliseconds{10}, .patience = milliseconds{5000}, .repeatable = false}, lost));
}

TEST_CASE("an expired certificate is not asked again") {
  CHECK_FALSE(delay_before_retry({.patience = milliseconds{5000}}, Failure{{Code::expired, "certificate has expired"}}));
}

TEST_CASE("the limiter halves when throttled and recovers by successes") {
  Limiter limiter{8};
  REQUIRE(limiter.acquire().await_ready());
  limiter.release(true);
  CHECK(limiter.limit() == 4);
  for (int i = 0; i < 40; ++i) {
    REQUIRE(limiter.acquire().await_ready());
    limiter.release(false);
  }
  CHECK(limiter.limit() == 8);
}

TEST_CASE("the limiter lets no more through than its limit") {
  Limiter limiter{2};
  CHECK(limiter.acquire().await_ready());
  CHECK(limiter.acquire().await_ready());
  CHECK_FALSE(limiter.acquire().await_ready());
}

namespace {

Task<int> slow_square(Loop& loop, int number) {
  const Rest rest = co_await http::rest(loop, milliseconds{5});
  co_return rest == Rest::over ? number* number : -1;
}

Task<std::vector<int>> squares(Loop& loop, int count) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < count; ++i) tasks.push_back(slow_square(loop, i));
  co_return co_await when_all(std::move(tasks));
}

Task<int> offloaded(Loop& loop) {
  int result = 0;
  co_await loop.offload([&] { result = 42; });
  co_return result;
}

Task<Result<Response>> fetch(Loop& loop, const Endpoint& endpoint) {
  const Request request{.path = "/"};
  co_return co_await loop.transfer(endpoint, request);
}

}  // namespace

TEST_CASE("tasks run at the same time and come back in order") {
  Loop loop;
  const auto results = loop.run(squares(loop, 100));
  REQUIRE(results.size() == 100);
  CHECK(results[9] == 81);
}

TEST_CASE("blocking work runs on a thread and resumes on the loop") {
  Loop loop;
  CHECK(loop.run(offloaded(loop)) == 42);
}

TEST_CASE("a refused connection is unreachable, in the system's words") {
  Loop loop;
  const Endpoint endpoint{.url = "https://127.0.0.1:1"};
  const auto result = loop.run(fetch(loop, endpoint));
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Code::unreachable);
  CHECK_THAT(result.error().message, Catch::Contains("127.0.0.1:1") && Catch::Contains("connection refused"));
}

TEST_CASE("after an interrupt nothing is begun and sleeps are over") {
  Loop loop;
  loop.interrupt();
  const Endpoint endpoint{.url = "https://127.0.0.1:1"};
  CHECK(loop.run(fetch(loop, endpoint)).error().code == Code::cancelled);
  CHECK(loop.run(http::rest(loop, std::chrono::hours{1})) == Rest::interrupted);
}

TEST_CASE("a request may have been carried out where its answer was lost, or a gateway or the server gave up") {
  const Result<Response> sent = Failure{{.code = Code::timeout, .message = "no answer", .uncertain = true}};
  CHECK(may_be_carried_out(sent));
  CHECK_FALSE(may_be_carried_out(lost));
  for (const long status : {500, 502, 503, 504}) CHECK(may_be_carried_out(answer(status)));
  for (const long status : {200, 301, 400, 404, 409, 422, 429}) CHECK_FALSE(may_be_carried_out(answer(status)));
  CHECK_FALSE(may_be_carried_out(answer(503, {{"retry-after", "1"}})));
}
