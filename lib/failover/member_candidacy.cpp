#include "failover/member_candidacy.hpp"

#include "base/json.hpp"
#include "base/process.hpp"
#include "failover/state.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::failover {
namespace {

using nlohmann::json;

constexpr time::Duration between_asks{500};
constexpr time::Duration last_word{300};
constexpr time::Duration longest_step{5'000};
/// The clusters' clocks tell whole seconds.
constexpr time::Duration whole_second{1'000};

}  // namespace

time::Duration MemberCandidacy::pace() const { return is_ours() ? term_.pace() : between_asks; }

Task<Result<Done>> MemberCandidacy::write(std::string base, std::string holder) {
  json document{{"holder", holder}, {"process", process::mark()}, {"operation", claim_.operation}};
  document["since"] = since_;
  document["lasts"] = claim_.lasts.count();
  document["token"] = token_;
  const auto sent = Term::Instant::clock::now();
  const time::Duration patience = holder.empty() ? last_word : std::min(term_.pace(), longest_step);
  auto written = co_await kept_->write(std::move(base), to_text(document), patience);
  if (!written) co_return Failure{written.error()};
  version_ = std::move(*written);
  term_.renewed(sent);
  co_return Done{};
}

bool MemberCandidacy::is_free(const MemberRegister::Reading& reading, const json& holder) {
  const auto now = Term::Instant::clock::now();
  if (reading.version != seen_ || !seen_since_) {
    seen_ = reading.version;
    seen_since_ = now;
  }
  if (kube::string_at(holder, "holder").empty() || process::is_gone(kube::string_at(holder, "process"))) return true;
  const std::chrono::seconds lasts{std::clamp<std::int64_t>(kube::integer_at(holder, "lasts", claim_.lasts.count()), 1, 300)};
  if (now - *seen_since_ >= lasts) return true;
  return !claim_.by_sight && reading.age >= lasts + whole_second;
}

Task<Result<Done>> MemberCandidacy::ask() {
  if (!version_.empty()) {
    auto renewed = co_await write(version_, process::identity());
    const bool was_written = !renewed && renewed.error().code == Code::conflict;
    if (!was_written) co_return renewed;
    version_.clear();
  }
  const auto reading = co_await kept_->read(std::min(term_.pace(), longest_step));
  if (!reading) co_return Failure{reading.error()};
  const json holder = parse_json(reading->value);
  // What we wrote, and whose answer was lost.
  const bool is_of_us = process::is_this(kube::string_at(holder, "process")) && !kube::string_at(holder, "holder").empty() && token_ > 0 &&
                        kube::integer_at(holder, "token") == token_;
  if (!is_of_us && !is_free(*reading, holder)) {
    term_.end();
    co_return Failure{{Code::conflict,
                       fmt::format("{} ({}) is at work on this policy since {}", kube::string_at(holder, "holder"),
                                   kube::string_at(holder, "operation"), kube::string_at(holder, "since")),
                       kept_->display_name()}};
  }
  if (!is_of_us) {
    token_ = std::max(kube::integer_at(holder, "token") + 1, claim_.least_token);
    since_ = timestamp_now();
  }
  auto taken = co_await write(reading->version, process::identity());
  co_return taken;
}

Task<Done> MemberCandidacy::give_back() {
  term_.end();
  if (version_.empty()) co_return Done{};
  const std::string base = version_;
  static_cast<void>(co_await write(base, ""));
  term_.end();
  version_.clear();
  co_return Done{};
}

}  // namespace fedctl::failover
