#pragma once

#include "base/task_group.hpp"
#include "exporter/metrics.hpp"
#include "failover/checks.hpp"
#include "http/rest.hpp"
#include "watch/event.hpp"
#include "watch/hearing.hpp"
#include "watch/sampler.hpp"
#include "watch/standbys.hpp"
#include "watch/verdict.hpp"

#include <functional>
#include <string>

namespace fedctl::watch {

/// What a round shares with whoever watches; all of it outlives the round.
struct Desk {
  failover::Site& site;
  const failover::Health& health;  ///< The policy's, with what the options say instead.
  failover::KnownConnections& connections;
  exporter::Metrics& metrics;
  std::function<void(WatchEvent::Type, std::string)> tell;
  std::function<void()> turn;  ///< Called each time that a check was asked.
};

/// One time of watching one side: its checks, each at its interval, the sampler of its database, what others see of it, and what was told.
/// Made anew after a failover.
class Round {
 public:
  Round(Desk desk, std::string active);
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

  /// Goes on where another one of the same side was, with the checks that `is_same`. It has ended; this one has not begun.
  void take_over(Round& before, const std::function<bool(const failover::Check&)>& is_same);

  /// Asks from now on until `end`, and does this beside it. What is started must end once `is_over`.
  void begin();
  void start(Task<Done> task) { tasks_.start(std::move(task)); }
  bool is_over() const { return is_over_ || desk_.site.loop->interrupted(); }

  /// Ends all of it. Blocks, so it is not for what runs on the loop.
  void end();

  /// Sleeps for what does something beside the checks, at most until the round is over.
  Task<http::Rest> rest(time::Duration delay);

  /// Sleeps at most until a check was asked.
  Task<http::Rest> rest_until_asked(time::Duration delay);

  const std::string& active() const { return active_; }
  Sampler& sampler() { return sampler_; }
  const Standbys& standbys() const { return standbys_; }

  /// What the checks say now, without a word about it.
  Opinion opinion() const;
  /// The same; what changed since the last time is told.
  Opinion look();

  /// Tells why a failover that is due is not begun, once as long as it stays so.
  void hold_back(const std::string& reason);

  /// The last such reason since the side was well, and what could not be asked; empty: none.
  const std::string& held_back_by() const { return held_back_by_; }
  const std::string& unknown() const { return unknown_; }

 private:
  Task<Done> keep_checking(std::size_t number);
  Task<Done> keep_looking_elsewhere();
  Task<Done> listen_to(std::string cluster);
  Task<Done> ask_at(std::size_t vantage);
  void tell_lack_of_places(const Opinion& opinion);
  void take(const failover::CheckAnswer& answer, std::size_t number, time::Instant at, const exporter::Labels& check_labels);
  exporter::Labels labels(exporter::Labels more = {}) const;

  Desk desk_;
  std::string active_;
  Verdict verdict_;
  Sampler sampler_;
  Standbys standbys_;
  std::map<std::string, Hearing> hearings_;
  std::size_t looks_elsewhere_ = 0;
  std::optional<std::size_t> lacking_since_;  ///< At how many looks elsewhere it began.
  bool is_over_ = false;
  Opinion::State last_ = Opinion::State::unknown;
  std::string held_back_by_;
  std::string unknown_;
  TaskGroup tasks_;
};

}  // namespace fedctl::watch
