#include "inspect/contents.hpp"

#include "inspect/listing.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace fedctl::inspect {
namespace {

using nlohmann::json;

/// Its objects are measurements, not anybody's.
constexpr std::string_view metrics_group = "metrics.k8s.io";

/// What exists only because something else does.
bool is_mirror(const kube::Resource& resource) {
  constexpr std::array<std::string_view, 6> mirrors{"endpoints", "endpointslices.discovery.k8s.io", "events", "events.events.k8s.io",
                                                    "bindings",  "controllerrevisions.apps"};
  return std::ranges::find(mirrors, resource.qualified_plural()) != mirrors.end();
}

Task<Result<std::vector<Found>>> find_of_type(kube::Client& client, kube::Resource type, Search search) {
  const kube::ListOptions options{.name_space = type.namespaced ? search.name_space : "",
                                  .label_selector = search.label_selector,
                                  .metadata_only = search.metadata_only};
  auto list = co_await kube::list_if_served(client, type, options);
  std::vector<Found> found;
  if (!list) {
    Error error = list.error();
    error.message = fmt::format("listing {}: {}", type.qualified_plural(), error.message);
    co_return Failure{std::move(error)};
  }
  for (json& object : list->items) {
    object["apiVersion"] = type.type().api_version();
    object["kind"] = type.kind;
    found.push_back({type, std::move(object)});
  }
  co_return found;
}

}  // namespace

std::vector<kube::Resource> object_types(const kube::Discovery& discovery) {
  std::vector<kube::Resource> types;
  std::set<std::string> seen;
  for (const kube::Resource& resource : discovery.resources()) {
    if (!resource.listable || is_mirror(resource) || resource.group == metrics_group) continue;
    if (seen.insert(resource.qualified_plural()).second) types.push_back(resource);
  }
  return types;
}

Task<Result<std::vector<Found>>> find_objects(kube::Client& client, std::vector<kube::Resource> types, Search search) {
  std::vector<Task<Result<std::vector<Found>>>> tasks;
  for (const kube::Resource& type : types) {
    if (type.namespaced || search.name_space.empty()) tasks.push_back(find_of_type(client, type, search));
  }
  std::vector<Result<std::vector<Found>>> parts = co_await when_all(std::move(tasks));
  std::vector<Found> all;
  for (auto& part : parts) {
    if (!part) co_return Failure{part.error()};
    std::ranges::move(*part, std::back_inserter(all));
  }
  co_return all;
}

Task<Result<std::vector<Found>>> find_all_objects(kube::Client& client, const kube::Discovery& discovery, Search search) {
  for (const std::string& group : discovery.silent_groups()) {
    if (group == metrics_group) continue;
    co_return Failure{silent_group(client.cluster(), group)};
  }
  co_return co_await find_objects(client, object_types(discovery), std::move(search));
}

bool is_made_by_cluster(const Found& found) {
  const json& owners = kube::list_at(kube::map_at(found.object, "metadata"), "ownerReferences");
  if (std::ranges::any_of(owners, [](const json& owner) { return kube::bool_at(owner, "controller"); })) return true;
  const std::string name = kube::name_of(found.object);
  if (found.resource.kind == "ServiceAccount") return name == "default";
  if (found.resource.kind == "ConfigMap") return name == "kube-root-ca.crt";
  return found.resource.kind == "Secret" &&
         !kube::metadata_entry(found.object, "annotations", "kubernetes.io/service-account.name").empty();
}

}  // namespace fedctl::inspect
