#include "apply/tally.hpp"

#include "kube/readiness.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::apply {
namespace {

/// Before these nothing sensible can be said of the time that is left.
constexpr time::Duration shortest_past{2000};
constexpr double least_share = 0.05;

std::string_view past_tense(plan::Action action) {
  switch (action) {
    case plan::Action::create: return "created";
    case plan::Action::remove: return "deleted";
    default: return "updated";
  }
}

time::Duration between(Tally::Instant begin, Tally::Instant end) { return std::chrono::duration_cast<time::Duration>(end - begin); }

}  // namespace

void Tally::take(const Event& event, Instant now) {
  if (event.type != Event::Type::ended) latest_ = describe(event);
  switch (event.type) {
    case Event::Type::begun:
      state_ = State::at_work;
      changes_ = event.total;
      awaited_ = event.awaited;
      began_ = now;
      break;
    case Event::Type::applied:
      ++written_;
      moved_ = now;
      if (event.action == plan::Action::remove) pending_.erase(event.key);
      if (event.action != plan::Action::remove && kube::takes_time(event.key.group, event.key.kind)) pending_[event.key] = {"", now};
      break;
    case Event::Type::waiting: pending_.try_emplace(event.key, Pending{"", now}).first->second.message = event.message; break;
    case Event::Type::ready:
      ++ready_;
      moved_ = now;
      pending_.erase(event.key);
      break;
    case Event::Type::failed:
    case Event::Type::not_ready:
      ++failures_;
      pending_.erase(event.key);
      break;
    case Event::Type::ended: state_ = failures_ > 0 ? State::failed : State::done; break;
    case Event::Type::rolled_back:
    case Event::Type::wave: break;
  }
}

double Tally::share() const {
  if (state_ == State::done) return 1;
  const std::size_t all = changes_ + awaited_;
  return all == 0 ? 0 : std::min(1.0, static_cast<double>(written_ + ready_) / static_cast<double>(all));
}

std::optional<Tally::Slowest> Tally::slowest(Instant now) const {
  if (state_ != State::at_work || awaited_ == 0) return std::nullopt;
  const auto found = std::ranges::min_element(pending_, {}, [](const auto& entry) { return entry.second.since; });
  if (found == pending_.end()) return std::nullopt;
  return Slowest{found->first, found->second.message, between(found->second.since, now)};
}

std::optional<time::Duration> Tally::time_left(Instant now) const {
  const double done = share();
  if (state_ != State::at_work || between(began_, now) < shortest_past || done < least_share || done >= 1) return std::nullopt;
  const auto past = static_cast<double>(between(began_, moved_).count());
  const time::Duration left = time::Duration{static_cast<time::Duration::rep>(past * (1 - done) / done)} - between(moved_, now);
  return left.count() > 0 ? std::optional{left} : std::nullopt;
}

std::string describe(const Event& event) {
  const std::string object = kube::to_string(event.key);
  switch (event.type) {
    case Event::Type::begun: return fmt::format("applying {}", event.total);
    case Event::Type::applied: return fmt::format("{} {}", object, event.message.empty() ? past_tense(event.action) : event.message);
    case Event::Type::failed: return fmt::format("{} failed: {}", object, event.message);
    case Event::Type::waiting: return fmt::format("{}: {}", object, event.message);
    case Event::Type::ready: return fmt::format("{} ready", object);
    case Event::Type::not_ready: return fmt::format("{} not ready: {}", object, event.message);
    case Event::Type::rolled_back: return fmt::format("{} {}", object, event.message);
    case Event::Type::wave: return event.message;
    case Event::Type::ended: break;
  }
  return "done";
}

}  // namespace fedctl::apply
