#include "watch/round.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::watch {
namespace {

bool is_failing(Opinion::State state) { return state == Opinion::State::suspect || state == Opinion::State::failed; }

Task<Done> end_all(TaskGroup& tasks) {
  co_await tasks.end();
  co_return Done{};
}

}  // namespace

Round::Round(Desk desk, std::string active)
    : desk_(std::move(desk)), active_(std::move(active)), verdict_(desk_.health), sampler_(desk_.site, active_) {}

void Round::begin() {
  for (std::size_t i = 0; i < desk_.health.checks.size(); ++i) start(keep_checking(i));
  start(sampler_.run());
}

void Round::end() {
  is_over_ = true;
  sampler_.stop();
  desk_.site.loop->wake(&tasks_);
  desk_.site.loop->run(end_all(tasks_));
}

Task<http::Rest> Round::rest(time::Duration delay) {
  if (is_over()) co_return http::Rest::interrupted;
  const http::Rest rest = co_await http::rest(*desk_.site.loop, delay, &tasks_);
  co_return rest;
}

Task<http::Rest> Round::rest_until_asked(time::Duration delay) {
  const http::Rest rest = co_await http::rest(*desk_.site.loop, delay, this);
  co_return rest;
}

Opinion Round::opinion() const { return verdict_.opinion(std::chrono::system_clock::now()); }

Opinion Round::look() {
  const Opinion opinion = this->opinion();
  const std::string unknown = text::join(opinion.unknown, "; ");
  if (!unknown.empty() && unknown != unknown_)
    desk_.tell(WatchEvent::Type::problem, fmt::format("what cannot be asked is no vote: {}", unknown));
  unknown_ = unknown;
  const bool fails = is_failing(opinion.state);
  const double seconds = fails ? std::chrono::duration<double>(std::chrono::system_clock::now() - opinion.since).count() : 0;
  desk_.metrics.set("fedctl_failover_suspect_seconds", labels(), seconds);
  if (fails && !is_failing(last_))
    desk_.tell(WatchEvent::Type::failing, fmt::format("{}: {}", active_, text::join(opinion.problems, "; ")));
  if (!fails && is_failing(last_)) desk_.tell(WatchEvent::Type::recovered, fmt::format("{} is well again", active_));
  if (!fails) held_back_by_.clear();
  last_ = opinion.state;
  return opinion;
}

void Round::hold_back(const std::string& reason) {
  desk_.metrics.count("fedctl_failover_held_back_total", labels());
  if (held_back_by_ != reason) desk_.tell(WatchEvent::Type::held_back, fmt::format("{} has failed, but {}", active_, reason));
  held_back_by_ = reason;
}

Task<Done> Round::keep_checking(std::size_t number) {
  const failover::Check& check = desk_.health.checks[number];
  const exporter::Labels check_labels = labels({{"cluster", active_}, {"check", check.name}});
  while (!is_over()) {
    const auto at = std::chrono::system_clock::now();
    const auto next = std::chrono::steady_clock::now() + check.interval;
    const auto answer = co_await failover::ask_check(desk_.site, check, active_, desk_.connections);
    desk_.turn();
    if (!desk_.site.loop->interrupted()) take(answer, number, at, check_labels);
    desk_.metrics.set("fedctl_failover_check_up", check_labels, verdict_.is_bad(number) ? 0 : 1);
    desk_.site.loop->wake(this);
    const auto left = std::chrono::duration_cast<time::Duration>(next - std::chrono::steady_clock::now());
    const http::Rest rest = co_await this->rest(std::max(left, time::Duration{0}));
    if (rest == http::Rest::interrupted) break;
  }
  co_return Done{};
}

void Round::take(const failover::CheckAnswer& answer, std::size_t number, time::Instant at, const exporter::Labels& check_labels) {
  if (!answer.problem) {
    verdict_.record(number, std::nullopt, at);
  } else if (answer.is_vote) {
    desk_.metrics.count("fedctl_failover_check_failures_total", check_labels);
    verdict_.record(number, answer.problem->message, at, answer.is_proof);
  } else {
    verdict_.record_unknown(number, answer.problem->message);
  }
}

exporter::Labels Round::labels(exporter::Labels more) const {
  more["policy"] = desk_.site.policy.full_name();
  return more;
}

}  // namespace fedctl::watch
