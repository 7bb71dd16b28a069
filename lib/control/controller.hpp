#pragma once

#include "control/host.hpp"

#include <string>

namespace fedctl::control {

/// Does a KubeFed controller manager work on this host?
struct Controller {
  bool alive = false;
  std::string holder;  ///< The one that renews.
};

/// Looks at its leader election: the record on the ConfigMap, Endpoints or Lease `kubefed-controller-manager`. It is alive while
/// the record was renewed within its own duration, by the host's clock.
Task<Result<Controller>> find_controller(Host host);

/// Is a leader election record alive at this time? Both as RFC 3339.
bool is_renewed(const std::string& renewed, long duration_seconds, const std::string& now);

}  // namespace fedctl::control
