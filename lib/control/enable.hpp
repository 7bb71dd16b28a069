#pragma once

#include "control/federated_type.hpp"
#include "control/host.hpp"
#include "control/write.hpp"
#include "kube/discovery.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fedctl::control {

/// One type to enable, as a person calls it.
struct TypeRequest {
  std::string word;          ///< "deployments", "deploy", "Deployment", "deployments.apps".
  std::string version = {};  ///< Of the target; empty: the server's preferred.
  std::string federated_group{default_federated_group};
  std::string federated_version{default_federated_version};
};

struct EnableOptions {
  bool validate_template = false;  ///< Put the target's own schema into the federated type's.
  bool dry_run = false;
  kube::DiscoveryCache cache = {};
};

/// A type about to be enabled: its definition and its FederatedTypeConfig.
struct EnabledType {
  kube::Resource target;
  nlohmann::json definition;
  nlohmann::json config;
};

/// Reads EnableTypeDirectives from a text. Errors: invalid_input with the place.
Result<std::vector<TypeRequest>> read_directives(const std::vector<std::string>& paths);

/// Works the types out without writing. Errors: unknown_kind with the nearest name, usage for an ambiguous word; conflict where the
/// type is federated as something else already, or its definition serves another type.
Task<Result<std::vector<EnabledType>>> resolve_types(Host host, std::vector<TypeRequest> requests, EnableOptions options);

/// Writes them to the host, definition first, and waits until each definition is established.
Task<Result<std::vector<Written>>> enable(Host host, std::vector<EnabledType> types, EnableOptions options);

/// Every type that the host and all the members serve and people write down: for `enable --all`.
Task<Result<std::vector<TypeRequest>>> common_types(Host host, std::vector<kube::Client*> members, kube::DiscoveryCache cache);

/// Gives members that were joined with minimal rights the rights that the enabled types need now. `connect` makes a client of a
/// context; who cannot be reached is named in `warnings`, with what to do.
using ConnectContext = std::function<Result<std::unique_ptr<kube::Client>>(const std::string& cluster, const std::string& context)>;
Task<Result<std::vector<Written>>> update_member_rights(Host host, ConnectContext connect, std::vector<std::string>& warnings);

struct DisableOptions {
  bool delete_definition = false;
  std::string federated_group{default_federated_group};
  bool dry_run = false;
  kube::DiscoveryCache cache = {};
};

/// Takes a type out of the federation; what is propagated stays. `word` with a dot is a FederatedTypeConfig's name.
/// Errors: not_found; conflict where federated objects are left and the definition is to go.
Task<Result<std::vector<Written>>> disable(Host host, std::string word, DisableOptions options);

}  // namespace fedctl::control
