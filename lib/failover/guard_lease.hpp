#pragma once

#include "base/time.hpp"
#include "kube/object.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

/// The Lease of a side's guard, in the host: the guard renews it, and keeps its database from taking writes when it cannot, or when a
/// failover has fenced the side.
namespace fedctl::failover {

struct GuardLease {
  std::string cluster;
  std::string holder;          ///< Who guards; empty: the guard ended in good order, and guards no more.
  time::Duration ttl{0};       ///< What the guard said it honours.
  time::Duration age{0};       ///< Since the host took its last renewal: by the host's clock alone, at most a second too much.
  std::int64_t fenced_by = 0;  ///< Token of the run that fenced the side; 0: none.
  bool is_harmless = false;    ///< The guard says that it saw the fence, and that its database takes no writes.
  std::string lsn;             ///< Where the database's log was at the last renewal.
  std::string counted;
  bool is_stopped = false;  ///< The database was not made read-only, but stopped, so `lsn` is only where it was before.
  std::string unable;       ///< Why the guard gave the Lease up: it could not keep its database from taking writes.
  std::string process;      ///< What tells the guard's process from others of its machine.
  /// The guard may go on without its host while these databases confirm that they follow its own (guard/failsafe.hpp); none: it does not.
  std::vector<std::string> failsafe;
  nlohmann::json object;  ///< The Lease; null where there is none.

  /// Tells the guard's own renewals apart; what failovers write into the Lease does not change it.
  std::string version() const { return kube::string_at(kube::map_at(object, "spec"), "renewTime"); }
  bool exists() const { return object.is_object(); }
  /// Does somebody guard, as far as the Lease says?
  bool is_held() const { return exists() && !holder.empty(); }
  /// And was it renewed in time?
  bool is_alive() const { return is_held() && age < ttl; }
};

/// The manager of what a guard writes. When it last did is in the Lease's managed fields, by the clock of the API server.
inline constexpr std::string_view guard_manager = "fedctl-guard";

inline constexpr std::string_view fenced_annotation = "fedctl.io/fenced-by";
inline constexpr std::string_view harmless_annotation = "fedctl.io/harmless";
inline constexpr std::string_view lsn_annotation = "fedctl.io/wal-lsn";
inline constexpr std::string_view counted_annotation = "fedctl.io/counted";
inline constexpr std::string_view stopped_annotation = "fedctl.io/stopped";
inline constexpr std::string_view failsafe_annotation = "fedctl.io/failsafe";
inline constexpr std::string_view unable_annotation = "fedctl.io/unable";

/// What a guard's Lease says, whatever is in it; `now` by the clock of its host.
GuardLease guard_lease_of(const std::string& cluster, nlohmann::json object, time::Instant now);

}  // namespace fedctl::failover
