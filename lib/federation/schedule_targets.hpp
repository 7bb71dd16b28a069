#pragma once

#include "federation/federated_object.hpp"
#include "federation/render.hpp"

#include <functional>
#include <map>
#include <span>

namespace fedctl::federation {

using FederatedObjects = std::map<const manifest::Manifest*, FederatedObject>;

/// Does the namespace of a federated object go to this cluster?
using TargetReaches = std::function<bool(const FederatedObject& target, const std::string& cluster)>;

/// Schedules the targets of all preferences among the manifests. As KubeFed writes it: a target's placement becomes the clusters that were
/// scheduled, and their replicas its last override. What comes of each is added to `result`; a target whose preference is bad leaves
/// `federated`, since it would fall back to its template's replicas. Errors as `render`.
Result<void> schedule_targets(std::span<const manifest::Manifest> manifests, FederatedObjects& federated, const fleet::Fleet& fleet,
                              const RenderOptions& options, const TargetReaches& reaches, Rendered& result);

}  // namespace fedctl::federation
