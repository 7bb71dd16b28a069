#pragma once

#include "base/error.hpp"
#include "federation/content.hpp"
#include "federation/scheduling.hpp"
#include "federation/type_table.hpp"
#include "fleet/fleet.hpp"
#include "manifest/manifest.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

/// From federated manifests to what each cluster should hold. Pure: no files, no network.
namespace fedctl::federation {

/// KubeFed's label on every object that is propagated; "false" on a live object means "hands off".
inline constexpr std::string_view managed_label = "kubefed.io/managed";

/// On a copy that a host propagated: the UID of the host's kube-system namespace. A host prunes only its own copies.
inline constexpr std::string_view host_annotation = "fedctl.io/host";

/// An object as one cluster should have it.
struct DesiredObject {
  std::shared_ptr<const Content> content;  ///< Shared by all clusters that get the same.
  kube::ObjectKey key;
  std::string api_version;
  const manifest::Manifest* manifest = nullptr;  ///< Where it comes from.
  bool version_is_ours = false;                  ///< The input names no version, so any that the server has will do.
  bool retain_replicas = false;                  ///< Leave spec.replicas to the cluster once the object exists.
  bool adopt = false;                            ///< An object that exists and is nobody's copy may be taken over.
  std::shared_ptr<const Scheduled> scheduled;    ///< Where a preference says how many replicas.
};

/// An object of the input that a cluster should not have: a copy of ours there is to go.
struct Absence {
  kube::GroupVersionKind type;
  kube::ObjectKey key;
  const manifest::Manifest* manifest = nullptr;
  std::string reason;   ///< Why, for people; empty where they asked for it.
  bool orphan = false;  ///< The copy stays, as nobody's.
};

/// A federated object of a host that cannot be rendered. It fails alone; what of it is in the clusters stays as it is.
struct RenderFailure {
  const manifest::Manifest* manifest = nullptr;
  std::string cluster;  ///< Empty: for all of them.
  Error error;
};

/// An object of the input that nothing is done about in a cluster, because that is not ready.
struct LeftAlone {
  kube::ObjectKey key;
  std::string api_version;
  Code code = Code::unreachable;  ///< What is wrong with the cluster.
  std::string reason;
};

struct ClusterObjects {
  std::string cluster;
  std::vector<DesiredObject> objects;  ///< In the order of the input.
  std::vector<Absence> absences;
  std::vector<LeftAlone> left_alone = {};
};

struct Rendered {
  std::vector<ClusterObjects> clusters;   ///< One for each cluster of the fleet, in its order.
  std::vector<std::string> notices;       ///< What a person should know: unknown clusters, objects placed nowhere, ...
  std::vector<RenderFailure> failures;    ///< Only of objects that a host holds; an error in a file fails the whole run.
  std::vector<TargetSchedule> schedules;  ///< Of the targets of preferences.

  void add_notice(const manifest::Manifest& manifest, const std::string& message);
  /// What a host holds was stored long ago; one bad object of it must not stop all others. Of a file it comes back as the error.
  Result<void> add_failure(const manifest::Manifest& manifest, const std::string& cluster, const Error& error);

  /// Do replicas move in steps, of which this is not the last?
  bool has_more_steps() const;
  /// What is asked of the clusters for now, of all targets: where it stays the same, nothing moves any more.
  std::vector<std::int64_t> scheduled_replicas() const;
};

struct RenderOptions {
  std::string default_namespace = "default";
  bool namespace_is_given = false;  ///< By -n: another namespace in the input is then an error, as for kubectl.
  /// KubeFed's rule for a host of scope Cluster: what has a namespace goes only where its FederatedNamespace does, without one nowhere.
  bool federated_namespaces = false;
  std::string host_uid = {};  ///< Put on every object, as the annotation fedctl.io/host, so that the host knows its copies again.
  std::string set_id = {};    ///< Put on every object, as the ApplySet label.
  bool has_host = false;      ///< The control plane's own objects have a place to go, so nothing need be said of them.
  Observation observed = {};  ///< What preferences are to go by.
};

/// KubeFed's annotation on a federated object whose copies stay when it goes, and ours that lets it take over existing objects.
inline constexpr std::string_view orphan_annotation = "kubefed.io/orphan";
inline constexpr std::string_view adopt_annotation = "fedctl.io/adopt";

/// Errors as `read_federated`, and: an override that has no place; two objects of one name for one cluster; a Secret whose
/// data are no base64 strings; what `read_preference` and `schedule_target` refuse, two preferences for one target, and one whose target
/// has another kind than it says.
Result<Rendered> render(std::span<const manifest::Manifest> manifests, const fleet::Fleet& fleet, const TypeTable& types,
                        const RenderOptions& options);

/// Kinds of the input that `types` does not know, federated or plain; discovery may.
std::vector<kube::GroupVersionKind> unknown_types(std::span<const manifest::Manifest> manifests, const TypeTable& types);

/// The error for the first plain manifest whose type is still unknown when the clusters have been asked.
Result<void> check_types(std::span<const manifest::Manifest> manifests, const TypeTable& types);

}  // namespace fedctl::federation
