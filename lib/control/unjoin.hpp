#pragma once

#include "control/host.hpp"
#include "control/join.hpp"
#include "control/write.hpp"
#include "kube/discovery_cache.hpp"

#include <string>
#include <vector>

namespace fedctl::control {

/// What happens to the copies of federated objects that a member holds when it leaves.
enum class Copies {
  refuse,  ///< Do not let it leave while it holds some.
  remove,  ///< Delete them there.
  orphan,  ///< Leave them running, as nobody's copies.
};

struct UnjoinOptions {
  std::string cluster;
  Copies copies = Copies::refuse;
  bool force = false;  ///< Go on where the member does not answer.
  bool dry_run = false;
  kube::DiscoveryCache cache = {};
};

struct UnjoinReport {
  std::vector<Written> objects;
  std::vector<std::string> left;  ///< What could not be taken away, with `force`, and what was left on purpose.
};

/// Errors: not_found where the host has no such member; it names those that it has.
Task<Result<Done>> check_joined(Host host, std::string cluster);

/// Takes out of the member what join made there (only that: its namespace goes only if join made it and nothing else is in it), and
/// out of the host the Secret and the KubeFedCluster.
/// Errors: not_found where it is not joined; conflict (nothing changed) for copies it holds; what the member says unless `force`.
Task<Result<UnjoinReport>> unjoin(Host host, Member member, UnjoinOptions options);

}  // namespace fedctl::control
