#include "http/client.hpp"

#include "http/retry.hpp"

#include <fmt/format.h>
#include <chrono>

namespace fedctl::http {

using Clock = std::chrono::steady_clock;

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
  const auto started = Clock::now();
  const auto endpoint = endpoint_;
  Attempt attempt{.patience = endpoint->connect_timeout, .repeatable = request.repeatable && !is_stream};
  for (;; ++attempt.number) {
    if (!is_stream) co_await limiter_.acquire();
    const std::size_t depth = meter_.begin(is_stream);
    Result<Response> outcome = co_await loop_.transfer(*endpoint, request);
    meter_.end(depth, outcome ? outcome->bytes_sent : 0, outcome ? outcome->bytes_received : 0);
    if (!is_stream) limiter_.release(outcome && outcome->status == 429);
    attempt.elapsed = std::chrono::duration_cast<time::Duration>(Clock::now() - started);
    attempt.jitter = std::uniform_real_distribution<>{0, 1}(random_);
    const auto delay = delay_before_retry(attempt, outcome);
    if (!delay || loop_.interrupted()) co_return outcome;
    meter_.try_again();
    loop_.log().say(4,
                    fmt::format("{} {}{}: trying again in {}", request.method, endpoint->url, request.path, time::format_duration(*delay)));
    co_await loop_.sleep(*delay);
  }
}

}  // namespace fedctl::http
