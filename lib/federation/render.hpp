#pragma once

#include "base/error.hpp"
#include "federation/type_table.hpp"
#include "fleet/fleet.hpp"
#include "manifest/manifest.hpp"

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

/// An object as one cluster should have it.
struct DesiredObject {
  std::shared_ptr<const nlohmann::json> object;  ///< Shared by all clusters that get the same.
  kube::ObjectKey key;
  const manifest::Manifest* manifest = nullptr;  ///< Where it comes from.
  bool version_is_ours = false;                  ///< The input names no version, so any that the server has will do.
  bool retain_replicas = false;                  ///< Leave spec.replicas to the cluster once the object exists.
};

/// A federated object of the input that is not placed in a cluster: a copy of ours there is to go.
struct Absence {
  kube::GroupVersionKind type;
  kube::ObjectKey key;
  const manifest::Manifest* manifest = nullptr;
};

struct ClusterObjects {
  std::string cluster;
  std::vector<DesiredObject> objects;  ///< In the order of the input.
  std::vector<Absence> absences;
};

struct Rendered {
  std::vector<ClusterObjects> clusters;  ///< One for each cluster of the fleet, in its order.
  std::vector<std::string> notices;      ///< What a person should know: unknown clusters, objects placed nowhere, ...
};

struct RenderOptions {
  std::string default_namespace = "default";
  bool namespace_is_given = false;  ///< By -n: another namespace in the input is then an error, as for kubectl.
};

/// Errors as `read_federated`, and: an override that has no place; two objects of one name for one cluster; a Secret whose
/// data are no base64 strings; a preference or policy that this version cannot honour.
Result<Rendered> render(std::span<const manifest::Manifest> manifests, const fleet::Fleet& fleet, const TypeTable& types,
                        const RenderOptions& options);

/// Kinds of the input that `types` does not know, federated or plain; discovery may.
std::vector<kube::GroupVersionKind> unknown_types(std::span<const manifest::Manifest> manifests, const TypeTable& types);

/// The error for the first plain manifest whose type is still unknown when the clusters have been asked.
Result<void> check_types(std::span<const manifest::Manifest> manifests, const TypeTable& types);

}  // namespace fedctl::federation
