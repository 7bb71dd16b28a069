#pragma once

#include "exporter/metrics.hpp"
#include "failover/site.hpp"

#include <functional>
#include <memory>
#include <string>

/// Runs beside a database, so that a side that is cut off makes itself harmless.
namespace fedctl::guard {

struct GuardEvent {
  enum class Type { guarding, renewed, lost, failsafe, fenced, freezing, frozen, thawed, synchronous, problem, ended };
  Type type = Type::guarding;
  std::string text;
};
std::string_view to_string(GuardEvent::Type type);

struct GuardOptions {
  std::string side;    ///< The cluster whose database this is.
  std::string holder;  ///< "alice@laptop/4711"
};

/// Renews the Lease of its side in the host, with where the database's log is. While it cannot, and every other database of the policy
/// confirms that it still follows, it goes on without (failsafe.hpp). When neither was so for half of the policy's
/// `fencing.guard.ttl`, or when a failover has fenced the side, the database stops taking writes: sessions are read-only by default and all
/// that were there are ended; where that does not succeed in time, the side's `stop` program is run. A guard that begins has renewed
/// nothing yet, so its database takes no writes until it has; it has a quarter of the ttl for that, where the host answers. Writes are let
/// in again once the Lease is renewed, the side is not fenced, and the host's state says that it is the active one.
class Guard {
 public:
  using OnEvent = std::function<void(const GuardEvent&)>;

  Guard(failover::Site& site, GuardOptions options, exporter::Metrics& metrics, OnEvent on_event);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  /// Until the loop is interrupted; the Lease is given back then, and the database left as it is.
  /// Errors: usage for a policy without a database or a guard's ttl, and without a host; conflict where somebody else guards the side.
  Result<void> run();

  /// Does the side serve as the active one: its database takes writes, and the Lease says it may? For a health signal; from any thread.
  bool is_active() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedctl::guard
