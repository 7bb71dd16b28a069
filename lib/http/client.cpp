#include "http/client.hpp"

#include "base/url.hpp"
#include "http/rest.hpp"
#include "http/retry.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <optional>

namespace fedctl::http {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds noticeable{2};

Client::Client(Loop& loop, Endpoint endpoint)
    : loop_(loop),
      endpoint_(std::make_shared<const Endpoint>(std::move(endpoint))),
      limiter_(endpoint_->parallelism),
      random_(std::random_device{}()) {}

void Client::present(const std::string& certificate_pem, const std::string& key_pem) {
  Endpoint changed = *endpoint_;
  changed.tls.certificate_pem = certificate_pem;
  changed.tls.key_pem = key_pem;
  endpoint_ = std::make_shared<const Endpoint>(std::move(changed));
}

Task<Result<Response>> Client::send(Request request) {
  const bool is_stream = static_cast<bool>(request.on_data);
  const auto endpoint = endpoint_;
  std::optional<Clock::time_point> started;
  const time::Duration allowed = request.timeout.count() > 0 ? request.timeout : endpoint->request_timeout;
  Attempt attempt{.patience = endpoint->connect_timeout, .allowed = allowed, .repeatable = request.repeatable && !is_stream};
  bool uncertain = false;
  for (;; ++attempt.number) {
    if (!is_stream) co_await limiter_.acquire();
    // How long it waited for its turn is not the server's fault.
    if (!started) started = Clock::now();
    if (attempt.number > 1) request.timeout = std::max(allowed - attempt.elapsed, time::Duration{1});
    const std::size_t depth = meter_.begin(is_stream);
    Result<Response> outcome = co_await loop_.transfer(*endpoint, request);
    uncertain = uncertain || (request.writes && may_be_carried_out(outcome));
    if (outcome) outcome->uncertain = uncertain;
    if (!outcome) outcome.error().uncertain = uncertain;
    if (outcome) meter_.end(depth, *outcome);
    if (!outcome) meter_.end(depth, {});
    if (!is_stream) limiter_.release(outcome && outcome->status == 429);
    attempt.elapsed = std::chrono::duration_cast<time::Duration>(Clock::now() - *started);
    attempt.jitter = std::uniform_real_distribution<>{0, 1}(random_);
    const auto delay = delay_before_retry(attempt, outcome);
    if (!delay || loop_.interrupted()) co_return outcome;
    meter_.try_again();
    // A person who waits for seconds is told why.
    loop_.log().say(
        *delay < noticeable ? 4 : 0,
        fmt::format("{} {}{}: the server {}, trying again in {}", request.method, url::without_password(endpoint->url), request.path,
                    outcome ? fmt::format("answers {}", outcome->status) : "cannot be reached", time::format_duration(*delay)));
    const Rest rest = co_await http::rest(loop_, *delay);
    if (rest == Rest::interrupted) co_return outcome;
  }
}

}  // namespace fedctl::http
