#include "watch/round.hpp"

#include "base/text.hpp"
#include "failover/side_database.hpp"
#include "watch/check_times.hpp"
#include "watch/hold_back.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::watch {
namespace {

bool is_failing(Opinion::State state) { return state == Opinion::State::suspect || state == Opinion::State::failed; }

constexpr time::Duration listening_pace{1'000};

/// Whoever answers over our way and is not who we think says no more than silence does.
Verdict::Evidence evidence_in(const failover::CheckAnswer& answer) {
  if (answer.is_proof) return Verdict::Evidence::proof;
  const Code code = answer.problem->code;
  const bool is_silence = code == Code::unreachable || code == Code::timeout || code == Code::untrusted || code == Code::not_kubernetes;
  return is_silence ? Verdict::Evidence::silence : Verdict::Evidence::answer;
}

/// A guard that did not renew is cut off from the host, and keeps its database from taking writes; unless it goes on without the host. That
/// it does only while each of these standbys replays what it writes (guard/failsafe.hpp): what one replayed last was written at most a ttl
/// before the database takes no writes.
failover::View view_of_guard(const failover::GuardLease& lease, const std::map<std::string, Hearing>& hearings) {
  if (!lease.is_held()) return failover::View::unknown;
  if (lease.is_alive()) return failover::View::up;
  const auto stands_still = [&](const std::string& cluster) {
    const auto found = hearings.find(cluster);
    return found != hearings.end() && found->second.still() >= lease.ttl;
  };
  const bool goes_on = !lease.failsafe.empty() && std::ranges::none_of(lease.failsafe, stands_still);
  return goes_on ? failover::View::unknown : failover::View::down;
}

std::string name_of_vantage(std::size_t number) { return fmt::format("vantage {}", number); }

bool has_other_places(const failover::Policy& policy) {
  return policy.postgres || policy.fencing.guard_ttl || !policy.health.vantages.empty();
}

Task<Done> end_all(TaskGroup& tasks) {
  co_await tasks.end();
  co_return Done{};
}

}  // namespace

Round::Round(Desk desk, std::string active)
    : desk_(std::move(desk)),
      active_(std::move(active)),
      verdict_(desk_.health, has_other_places(desk_.site.policy)),
      sampler_(desk_.site, active_) {}

void Round::begin() {
  for (std::size_t i = 0; i < desk_.health.checks.size(); ++i) start(keep_checking(i));
  start(sampler_.run());
  start(keep_looking_elsewhere());
}

void Round::take_over(Round& before, const std::function<bool(const failover::Check&)>& is_same) {
  verdict_.take_over(before.verdict_, is_same);
  hearings_ = std::move(before.hearings_);
  last_ = before.last_;
  held_back_by_ = std::move(before.held_back_by_);
}

void Round::end() {
  is_over_ = true;
  sampler_.stop();
  desk_.site.loop->wake(&tasks_);
  desk_.site.loop->wake(&hearings_);
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
  tell_lack_of_places(opinion);
  last_ = opinion.state;
  return opinion;
}

/// Not before all the others were asked since: what broke just now is seen there a moment later.
void Round::tell_lack_of_places(const Opinion& opinion) {
  if (!opinion.lacks_place) {
    lacking_since_.reset();
    return;
  }
  if (!lacking_since_) lacking_since_ = looks_elsewhere_;
  if (looks_elsewhere_ < *lacking_since_ + 2) return;
  const std::string reason = "it is silent over our way only: no standby, guard or vantage sees it down";
  if (!says_the_same(held_back_by_, reason)) hold_back(reason);
}

void Round::hold_back(const std::string& reason) {
  desk_.metrics.count("fedctl_failover_held_back_total", labels());
  if (!says_the_same(held_back_by_, reason)) desk_.tell(WatchEvent::Type::held_back, fmt::format("{} has failed, but {}", active_, reason));
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

Task<Done> Round::keep_looking_elsewhere() {
  const time::Duration pace = std::max(listening_pace, shortest_interval(desk_.health));
  while (!is_over()) {
    std::vector<Task<Done>> tasks;
    for (const std::string& cluster : desk_.site.policy.clusters) {
      if (cluster != active_ && desk_.site.policy.postgres) tasks.push_back(listen_to(cluster));
    }
    const Opinion now = opinion();
    for (std::size_t i = 0; i < desk_.health.vantages.size(); ++i) {
      // A Pod is made for nothing else than to settle it.
      const bool is_worth_it = desk_.health.vantages[i].url.empty() ? now.lacks_place : is_failing(now.state);
      if (is_worth_it) tasks.push_back(ask_at(i));
      if (!is_failing(now.state)) verdict_.see_from(name_of_vantage(i), failover::View::unknown);
    }
    co_await when_all(std::move(tasks));
    if (sampler_.guard()) verdict_.see_from("guard", view_of_guard(*sampler_.guard(), hearings_));
    ++looks_elsewhere_;
    desk_.site.loop->wake(this);
    if (is_over()) break;
    const time::Duration wait = is_failing(opinion().state) ? listening_pace : pace;
    const http::Rest rest = co_await http::rest(*desk_.site.loop, wait, &hearings_);
    if (rest == http::Rest::interrupted) break;
  }
  co_return Done{};
}

Task<Done> Round::listen_to(std::string cluster) {
  const auto begun = std::chrono::steady_clock::now();
  const auto standing = co_await failover::glance_at_database(desk_.site, cluster, longest_timeout(desk_.health));
  std::optional<data::Standing> found;
  if (standing) found = *standing;
  Hearing& hearing = hearings_[cluster];
  hearing.note(found, opinion().state == Opinion::State::well, {begun, std::chrono::steady_clock::now()});
  verdict_.see_from(cluster, hearing.view());
  standbys_[cluster] = std::move(found);
  desk_.site.loop->wake(this);
  co_return Done{};
}

Task<Done> Round::ask_at(std::size_t vantage) {
  const failover::View view =
      co_await failover::ask_vantage(desk_.site, desk_.health.vantages[vantage], active_, longest_timeout(desk_.health));
  verdict_.see_from(name_of_vantage(vantage), view);
  desk_.site.loop->wake(this);
  co_return Done{};
}

void Round::take(const failover::CheckAnswer& answer, std::size_t number, time::Instant at, const exporter::Labels& check_labels) {
  if (!answer.problem) {
    verdict_.record(number, std::nullopt, at);
  } else if (answer.is_vote) {
    desk_.metrics.count("fedctl_failover_check_failures_total", check_labels);
    verdict_.record(number, answer.problem->message, at, evidence_in(answer));
    desk_.site.loop->wake(&hearings_);
  } else {
    verdict_.record_unknown(number, answer.problem->message);
  }
}

exporter::Labels Round::labels(exporter::Labels more) const {
  more["policy"] = desk_.site.policy.full_name();
  return more;
}

}  // namespace fedctl::watch
