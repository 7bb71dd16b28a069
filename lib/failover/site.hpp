#pragma once

#include "control/host.hpp"
#include "failover/policy.hpp"
#include "failover/store.hpp"
#include "federation/type_table.hpp"
#include "fleet/connect.hpp"
#include "fleet/fleet.hpp"
#include "http/loop.hpp"
#include "manifest/manifest.hpp"
#include "traffic/record.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::failover {

/// A policy together with all that it speaks of and how to reach it.
struct Site {
  http::Loop* loop = nullptr;
  Policy policy;
  fleet::Fleet fleet;                         ///< Every cluster there is, not the policy's only.
  fleet::Clients clients;                     ///< In the fleet's order.
  std::optional<control::Host> host;          ///< Where the federated objects and the state are; none: files alone.
  std::vector<manifest::Manifest> manifests;  ///< The targets; with a host as it holds them.
  std::vector<control::FederatedType> types;  ///< Of the host.
  federation::TypeTable type_table;
  fleet::ConnectOptions connect;
  fleet::Clients coordinators;  ///< The clusters that keep the state together; none: the host, or a file.
  std::unique_ptr<Store> store;
  std::unique_ptr<traffic::Provider> dns;  ///< Null where the policy has none.

  kube::Client* client(const std::string& cluster) const;
  /// The record as it should be when `cluster` is active.
  traffic::Record record_for(const std::string& cluster) const;
};

/// An object of a file that names no namespace is the target's.
bool is_target(const nlohmann::json& object, const Target& target);

/// What a variable or a Secret says, without white space around it. Errors: not_found; the cluster's. Never the value.
Task<Result<std::string>> read_secret(Site& site, SecretSource source, std::string cluster);

/// The connection string of a side. Errors as `read_secret`.
Task<Result<std::string>> connection_of(Site& site, std::string cluster);

/// Finds the targets: in the host, or among the manifests that the site was given. Errors: not_found.
Task<Result<Done>> find_targets(Site& site);

/// Makes the provider of the policy's record. Errors: of the TSIG key.
Task<Result<Done>> connect_dns(Site& site);

}  // namespace fedctl::failover
