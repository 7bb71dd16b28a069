#include "planning/host_changes.hpp"

#include "control/host_objects.hpp"
#include "control/names.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <span>
#include <utility>

namespace fedctl::planning {
namespace {

using manifest::Manifest;

/// The removal of an object that is to leave the host; nothing where that is not the host's to remove.
std::optional<plan::Change> removal_of(const HostScope& host, const Manifest& manifest) {
  if (!manifest.removed || manifest.host.empty()) return std::nullopt;
  const control::FederatedType* type = control::type_of(host.types, manifest.object);
  const kube::Resource* held = control::held_control_type(kube::gvk_of(manifest.object));
  if (type == nullptr && held == nullptr) return std::nullopt;
  const kube::Resource& resource = held != nullptr ? *held : type->federated;
  plan::Change change{.action = plan::Action::remove, .key = kube::key_of(manifest.object), .api_version = resource.type().api_version()};
  if (held == nullptr) change.note = "when its copies are gone";
  change.resource = std::make_shared<const kube::Resource>(resource);
  change.uid = kube::uid_of(manifest.object);
  return change;
}

}  // namespace

void plan_host(http::Loop& loop, Planned& planned, const PlanOptions& options) {
  const HostScope& host = *planned.scope->host;
  planned.host_objects.cluster = host.name();
  plan::ClusterPlan plan{.name = host.name()};
  std::vector<plan::Change> removals;
  for (const std::vector<Manifest>* some : {&planned.manifests, &planned.not_propagated}) {
    for (const Manifest& manifest : *some) {
      if (auto removal = removal_of(host, manifest)) removals.push_back(std::move(*removal));
      if (!manifest.host.empty()) continue;
      auto objects = control::objects_for_host(host.host, std::span{&manifest, 1}, host.types, planned.default_namespace, options.set);
      std::ranges::move(objects.objects, std::back_inserter(planned.host_objects.objects));
    }
  }
  inspect::Options how = options.inspect;
  how.host = true;
  how.isolate = false;
  how.prune.reset();
  if (!planned.host_objects.objects.empty()) plan = loop.run(inspect::inspect(*host.host.client, planned.host_objects, how));
  std::ranges::move(removals, std::back_inserter(plan.changes));
  if (!plan.changes.empty()) planned.plan.host = std::move(plan);
}

}  // namespace fedctl::planning
