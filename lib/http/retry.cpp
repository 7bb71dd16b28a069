#include "http/retry.hpp"

#include <curl/curl.h>
#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace fedctl::http {
namespace {

constexpr int most_attempts = 5;
constexpr time::Duration longest_retry_after{60'000};

std::optional<time::Duration> retry_after(const Response& response) {
  const std::string value = response.header("retry-after");
  if (value.empty()) return std::nullopt;
  time::Duration delay{0};
  if (value.find_first_not_of("0123456789") == std::string::npos) {
    delay = std::chrono::seconds{std::min(std::atol(value.c_str()), 3600L)};
  } else {
    const std::time_t date = curl_getdate(value.c_str(), nullptr);
    if (date < 0) return std::nullopt;
    delay = std::chrono::seconds{std::max<std::time_t>(0, date - std::time(nullptr))};
  }
  return std::min(delay, longest_retry_after);
}

time::Duration backoff(const Attempt& attempt) {
  const auto full = std::min<time::Duration>(time::Duration{100} * (1 << (attempt.number - 1)), time::Duration{5000});
  return time::Duration{static_cast<time::Duration::rep>(static_cast<double>(full.count()) * (0.5 + attempt.jitter / 2))};
}

std::optional<time::Duration> wanted_delay(const Attempt& attempt, const Result<Response>& outcome) {
  if (attempt.number >= most_attempts) return std::nullopt;
  if (!outcome) {
    const bool lost = outcome.error().code == Code::unreachable;
    if (!lost || !attempt.repeatable) return std::nullopt;
    const auto delay = backoff(attempt);
    return attempt.elapsed + delay < attempt.patience ? std::optional{delay} : std::nullopt;
  }
  const long status = outcome->status;
  const auto told = retry_after(*outcome);
  if (status == 429 || (status == 503 && told)) return told.value_or(backoff(attempt));
  const bool passing = (status == 500 && told) || status == 502 || status == 503 || status == 504;
  if (passing && attempt.repeatable) return told.value_or(backoff(attempt));
  return std::nullopt;
}

}  // namespace

bool may_be_carried_out(const Result<Response>& outcome) {
  if (!outcome) return outcome.error().uncertain;
  return outcome->status >= 500 && !(outcome->status == 503 && retry_after(*outcome));
}

std::optional<time::Duration> delay_before_retry(const Attempt& attempt, const Result<Response>& outcome) {
  const auto delay = wanted_delay(attempt, outcome);
  const bool is_limited = attempt.allowed.count() > 0;
  return delay && is_limited && attempt.elapsed + *delay >= attempt.allowed ? std::nullopt : delay;
}

}  // namespace fedctl::http
