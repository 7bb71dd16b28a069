#pragma once

#include "base/error.hpp"
#include "control/controller.hpp"
#include "control/host.hpp"
#include "fleet/connect.hpp"
#include "fleet/fleet.hpp"
#include "http/loop.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// From manifests to a Plan: the clusters that it is for, and one sequence of steps for a fleet and for the members of a host.
namespace fedctl::planning {

/// What a host says of its federation.
struct HostScope {
  control::Host host;
  control::Config config;
  std::vector<control::FederatedType> types;
  control::Controller controller;                           ///< While one is alive, only the host is written.
  std::string uid;                                          ///< Of the host's namespace kube-system.
  std::map<std::string, time::Instant> unready_since = {};  ///< Clusters that the host says are not ready.

  const std::string& name() const { return host.client->cluster(); }
};

/// The clusters that a plan is for, and the clients that ask them. One scope may serve many plans.
struct Scope {
  fleet::Fleet all;             ///< Everything is rendered for these, since placement and preferences depend on all of them.
  fleet::Fleet chosen;          ///< Those that the plan may change.
  fleet::Clients clients = {};  ///< Of the chosen, in their order; none where nothing is to be asked.
  std::optional<HostScope> host = {};
  fleet::Clients members_left_out = {};  ///< Of a host's members, those that are not chosen.
  fleet::ConnectOptions connect = {};    ///< How the clusters of a fleet are reached.

  bool is_narrowed() const { return chosen.clusters.size() < all.clusters.size(); }
};

/// The fleet, and of its clusters those that `only` names; empty: all. No cluster is asked yet, and those that are left out need no
/// entry in the kubeconfig.
/// Errors: usage for a name that the fleet lacks; the kubeconfig's.
Result<std::shared_ptr<const Scope>> open_fleet(http::Loop& loop, fleet::Fleet fleet, const std::vector<std::string>& only,
                                                const fleet::ConnectOptions& options);

/// The same for rendering alone: no cluster can be asked.
Result<std::shared_ptr<const Scope>> offline_fleet(fleet::Fleet fleet, const std::vector<std::string>& only);

/// Reads the members of a host and what it says of its federation. No member is asked yet.
/// Errors: the host's; usage for a name in `only` that has not joined.
Result<std::shared_ptr<const Scope>> open_host(http::Loop& loop, control::Host host, const std::vector<std::string>& only,
                                               const fleet::ConnectOptions& options);

}  // namespace fedctl::planning
