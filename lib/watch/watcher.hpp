#pragma once

#include "exporter/metrics.hpp"
#include "failover/role_switch.hpp"
#include "failover/site.hpp"
#include "watch/event.hpp"
#include "watch/policy_source.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace fedctl::watch {

struct WatchOptions {
  std::optional<time::Duration> interval;  ///< Instead of the checks' own.
  std::optional<time::Duration> timeout;
  std::optional<int> failure_threshold;
  std::optional<int> success_threshold;
  bool notify_only = false;  ///< Decides, tells, and begins nothing.
  bool once = false;         ///< Ends as soon as the side is known to be well, or a failover is over.
  failover::RoleOptions roles;
};

/// Watches one policy. Whoever holds the Lease `watch` decides; others watch all the same, so that they need not begin to count when it is
/// free. Only the active side is watched, so after a failover nothing moves back by itself.
class Watcher {
 public:
  using OnEvent = std::function<void(const WatchEvent&)>;

  /// `source`, which outlives it: where a changed policy is read from; null: it is not looked at again.
  Watcher(failover::Site& site, PolicySource* source, WatchOptions options, exporter::Metrics& metrics, OnEvent on_event);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// Until the loop is interrupted, or with `once` until it is known. Errors: with `once`: conflict where a failover is due and held back;
  /// else what it failed with.
  Result<void> run();

  /// Is the active side up, as far as is known? What another watcher's vantage asks. From any thread.
  bool sees_active_up() const;

  /// Does it still get round? From any thread.
  bool is_alive() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedctl::watch
