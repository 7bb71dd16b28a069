#pragma once

#include "control/host.hpp"
#include "federation/render.hpp"
#include "manifest/manifest.hpp"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace fedctl::control {

/// Reads the federated objects of the enabled types, all at once; those that are being deleted come as `removed`. Federated types of
/// another group than KubeFed's appear as of that, so that rendering need not know.
Task<Result<std::vector<manifest::Manifest>>> read_federated_objects(Host host, std::vector<FederatedType> types, Scope scope);

/// Reads all objects of one of the control plane's types; none where the host does not even know the type.
Task<Result<std::vector<manifest::Manifest>>> read_all_of(Host host, kube::Resource resource);

/// The files' objects that belong to the host itself: federated ones, the control plane's, and namespaces, as they should be there.
federation::ClusterObjects objects_for_host(const Host& host, std::span<const manifest::Manifest> files,
                                            const std::vector<FederatedType>& types, const std::string& default_namespace,
                                            const std::string& set);

/// The enabled type of a federated object; null for others.
const FederatedType* type_of(const std::vector<FederatedType>& types, const nlohmann::json& object);

/// Files of a federated group of one's own, as KubeFed's.
void normalize_group(const std::vector<FederatedType>& types, manifest::Manifest& manifest);

struct MergeOptions {
  std::string default_namespace;
  bool prune = false;
  std::string set = {};
};

/// The files' objects and what else the host holds. With `prune`, what the files no longer hold comes as `removed`: of a set, all that
/// was applied with it; without one, what was applied without one in the files' namespaces.
std::vector<manifest::Manifest> merge_inputs(std::vector<manifest::Manifest> files, std::vector<manifest::Manifest> held,
                                             const MergeOptions& options);

}  // namespace fedctl::control
