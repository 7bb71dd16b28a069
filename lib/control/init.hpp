#pragma once

#include "control/host.hpp"
#include "control/write.hpp"
#include "kube/discovery_cache.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fedctl::control {

enum class DryRun {
  none,
  client,  ///< Reads, but sends nothing.
  server,  ///< The API server checks, but keeps nothing.
};

/// What init puts into a host, in order: the namespace, the definitions, the rights, KubeFedConfig.
std::vector<nlohmann::json> control_plane_objects(const std::string& name_space, Scope scope);

struct InitOptions {
  std::optional<Scope> scope;  ///< None: as it is, or Cluster.
  DryRun dry_run = DryRun::none;
};

struct InitReport {
  std::vector<Written> objects;
  std::vector<std::string> found;  ///< What was there of a KubeFed installed before; kept as it is.
  Scope scope = Scope::cluster;
};

/// Installs or upgrades the control plane. What an existing KubeFed made stays its own: its configuration and rights are left
/// alone, its definitions get the fields that ours have in addition.
/// Errors: usage where `scope` is not the one the control plane has.
Task<Result<InitReport>> init(Host host, InitOptions options);

struct DeinitReport {
  std::vector<Written> objects;
  std::vector<std::string> kept;  ///< What stays, and why.
};

/// Takes away what init made. Errors: conflict (nothing is changed) while clusters are joined, unless `force`.
Task<Result<DeinitReport>> deinit(Host host, bool force, DryRun dry_run, kube::DiscoveryCache cache);

}  // namespace fedctl::control
