#pragma once

#include "kube/resource.hpp"

#include <string>
#include <string_view>

/// The federation's control plane in the host cluster: KubeFed's types, clusters that join, types that are federated.
namespace fedctl::control {

inline constexpr std::string_view default_system_namespace = "kube-federation-system";

/// On what fedctl itself made for the control plane or a member; only that is ever taken away again. The value tells which
/// run made it, so that a run that fails can undo its own work and nothing else.
inline constexpr std::string_view made_by_annotation = "fedctl.io/made-by";

/// On a KubeFedCluster: the UID of the member's kube-system namespace, by which a cluster is known whatever it is called.
inline constexpr std::string_view cluster_uid_annotation = "fedctl.io/cluster-uid";
/// On a KubeFedCluster: "minimal" where the member grants only what the enabled types need.
inline constexpr std::string_view rights_annotation = "fedctl.io/rbac";
/// On a KubeFedCluster: the kubeconfig context it was joined by.
inline constexpr std::string_view context_annotation = "fedctl.io/cluster-context";
/// On a KubeFedCluster: the name its certificate carries, from the kubeconfig's tls-server-name.
inline constexpr std::string_view server_name_annotation = "fedctl.io/tls-server-name";
/// On a host's Secret: when its token ends.
inline constexpr std::string_view expiry_annotation = "fedctl.io/token-expires";
/// On a federated object: the set of files it came with, so that pruning one set leaves all others alone.
inline constexpr std::string_view set_label = "fedctl.io/set";

/// KubeFed's own: on a federated object that is not to vanish before its copies.
inline constexpr std::string_view sync_finalizer = "kubefed.io/sync-controller";
inline constexpr std::string_view type_config_finalizer = "core.kubefed.io/federated-type-config";

/// The types we write without asking discovery for them: all are served by every cluster, or made by init.
const kube::Resource& namespaces();
const kube::Resource& service_accounts();
const kube::Resource& secrets();
const kube::Resource& config_maps();
const kube::Resource& leases();
const kube::Resource& cluster_roles();
const kube::Resource& cluster_role_bindings();
const kube::Resource& roles();
const kube::Resource& role_bindings();
const kube::Resource& definitions();
const kube::Resource& access_reviews();
const kube::Resource& kubefed_clusters();
const kube::Resource& kubefed_configs();
const kube::Resource& type_configs();
const kube::Resource& preferences();
const kube::Resource& failover_policies();

/// Of what a host holds beside federated objects and reads again when it is applied: a preference, a policy. Null for others.
const kube::Resource* held_control_type(const kube::GroupVersionKind& type);

/// True for API groups whose objects configure the federation and are never sent to members.
bool is_control_group(std::string_view group);

/// Five letters and digits that name something anew, as the API server's generateName makes them.
std::string random_suffix();

/// Whether a name can be part of an object's name: RFC 1123 labels, joined by dots.
bool is_subdomain(std::string_view name);

}  // namespace fedctl::control
