#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "kube/client.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

/// A Lease of a cluster, by which one at a time does something there: `fedctl` is that of applies. Its times are the cluster's own (the
/// Date header of its answers), so that people's clocks need not agree.
namespace fedctl::apply {

/// Who holds a lock.
struct Holder {
  std::string who;      ///< "alice@laptop/4711 (apply)"
  std::string since;    ///< RFC 3339.
  std::string cluster;  ///< Whose lock it is.
};

/// What a holder writes into a Lease.
struct Claim {
  std::string identity;   ///< "alice@laptop/4711"
  std::string operation;  ///< "apply", for people.
  std::string lease = "fedctl";
  std::int64_t least_transitions = 0;  ///< spec.leaseTransitions, which grows each time the Lease is taken, becomes at least this.
};

/// A Lease that is ours now.
struct HeldLease {
  nlohmann::json lease;
  time::Duration clock_offset{0};  ///< The cluster's clock less ours.
  std::string previous;            ///< The identity that held it last; empty: nobody ever did.
};

/// The outcome of one try: ours, somebody's, or ours already.
struct Try {
  std::optional<HeldLease> mine;
  Holder holder = {};            ///< Set where it is somebody's.
  time::Duration free_in{0};     ///< When the holder, if it is dead, will be known to be.
  std::string resource_version;  ///< To wait from for the Lease to change.
  bool held_already = false;     ///< By this process: the cluster goes by two names.
};

/// Takes the Lease if it is free: nobody's, not renewed in time, or held by a process of this machine that is gone.
/// Errors: the cluster's, `Code::forbidden` among them.
Task<Result<Try>> try_lease(kube::Client& client, std::string name_space, Claim claim);

/// Waits until the Lease changes, at most for `patience`.
Task<Done> wait_for_change(kube::Client& client, std::string name_space, std::string lease, std::string resource_version,
                           time::Duration patience);

/// Renews it. Errors: conflict when somebody else has it by now.
Task<Result<Done>> renew(kube::Client& client, HeldLease& held);

/// Gives it back; somebody who took it over meanwhile keeps it.
Task<Done> give_back(kube::Client& client, HeldLease held);

}  // namespace fedctl::apply
