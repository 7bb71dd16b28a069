#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "kube/client.hpp"

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

/// A Lease of a cluster, by which one at a time does something there: `fedctl` is that of applies. Its times are the cluster's own (the
/// Date header of its answers), so that people's clocks need not agree.
namespace fedctl::apply {

/// Whose process holds a Lease, as process::mark tells it.
inline constexpr std::string_view process_annotation = "fedctl.io/process";

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
  std::chrono::seconds lasts{30};      ///< How long it is ours after a renewal.
  /// Whether its holder is dead is told by our own steady clock alone, from when the Lease was last seen to change; else by the times in it
  /// as well, so that who looks only once need not wait.
  bool by_sight = false;
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
  bool held_already = false;     ///< By this process: the cluster goes by two names, or the answer to our write was lost.
  nlohmann::json lease = {};     ///< As it was seen; null where it is ours now.
};

/// How long a Lease has been seen as it is. A holder that lives renews it; one whose times lie in a far future does not, and must not
/// block others for ever.
struct Sighting {
  std::string resource_version;
  std::chrono::steady_clock::time_point since = {};
};

/// What is wrong with `lease` as the Lease of the name. Its spec and annotations are written to as they were read, so they must be maps.
std::optional<Error> problem_of_lease(const nlohmann::json& lease, std::string_view name);

/// Takes the Lease if it is free: nobody's, not renewed in time, held by a process of this machine that is gone, or seen unchanged
/// for as long as it lasts. Only a 404 means that there is none. Errors: the cluster's, `Code::forbidden` among them; conflict where
/// the server goes on refusing to let it be taken though it shows it as free.
Task<Result<Try>> try_lease(kube::Client& client, std::string name_space, Claim claim, Sighting& sighting);

/// Waits until the Lease changes, at most for `patience`.
Task<Done> wait_for_change(kube::Client& client, std::string name_space, std::string lease, std::string resource_version,
                           time::Duration patience);

/// Renews it. Errors: conflict when somebody else has it by now.
Task<Result<Done>> renew(kube::Client& client, HeldLease& held);

/// The same in one try that takes at most `patience`, and that an interrupt ends at once.
Task<Result<Done>> renew_within(kube::Client& client, HeldLease& held, time::Duration patience);

/// Gives it back, likewise; somebody who took it over meanwhile keeps it.
Task<Done> give_back_within(kube::Client& client, HeldLease held, time::Duration patience);

/// Gives it back; somebody who took it over meanwhile keeps it.
Task<Done> give_back(kube::Client& client, HeldLease held);

}  // namespace fedctl::apply
