#pragma once

#include "apply/apply.hpp"
#include "base/time.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace fedctl::apply {

/// How far an apply is in one cluster, as its events tell. Pure: the time comes with each call.
class Tally {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  enum class State { not_begun, at_work, done, failed };

  /// An object that is waited for longer than any other.
  struct Slowest {
    kube::ObjectKey key;
    std::string message;  ///< "2 of 5 replicas available"; empty: nothing was heard of it yet.
    time::Duration waited;
  };

  void take(const Event& event, Instant now);

  State state() const { return state_; }
  std::size_t written() const { return written_; }
  std::size_t changes() const { return changes_; }
  std::size_t ready() const { return ready_; }
  std::size_t awaited() const { return awaited_; }
  std::size_t failures() const { return failures_; }
  /// What the last event said.
  const std::string& latest() const { return latest_; }

  /// From 0 to 1: what is written and what got ready, of all that is to be.
  double share() const;
  std::optional<Slowest> slowest(Instant now) const;
  /// At the pace until something last moved; nothing as long as that tells too little, or once that time is over.
  std::optional<time::Duration> time_left(Instant now) const;

 private:
  struct Pending {
    std::string message;
    Instant since;
  };

  State state_ = State::not_begun;
  std::size_t changes_ = 0;
  std::size_t awaited_ = 0;
  std::size_t written_ = 0;
  std::size_t ready_ = 0;
  std::size_t failures_ = 0;
  Instant began_ = {};
  Instant moved_ = {};  ///< When something was last written, or ready.
  std::string latest_ = "not begun";
  std::map<kube::ObjectKey, Pending> pending_;
};

/// "Deployment production/web created", "Deployment production/web: 2 of 5 replicas available": an event in words.
std::string describe(const Event& event);

}  // namespace fedctl::apply
