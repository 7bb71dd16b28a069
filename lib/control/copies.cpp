#include "control/copies.hpp"

#include "federation/render.hpp"
#include "kube/cluster_uid.hpp"
#include "kube/discovery.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>

namespace fedctl::control {
namespace {

using inspect::Found;
using inspect::Search;
using nlohmann::json;

Task<Result<std::set<std::pair<std::string, std::string>>>> federated_names(Host host, FederatedType type) {
  const kube::ListOptions options{.metadata_only = true};
  const auto list = co_await kube::list_if_served(*host.client, type.federated, options);
  std::set<std::pair<std::string, std::string>> names;
  if (!list) co_return Failure{list.error()};
  for (const json& item : list->items) names.emplace(type.target.namespaced ? kube::namespace_of(item) : "", kube::name_of(item));
  co_return names;
}

}  // namespace

Task<Result<std::vector<Found>>> find_copies(Host host, kube::Client& member, std::vector<FederatedType> types) {
  std::vector<Task<Result<std::set<std::pair<std::string, std::string>>>>> names_tasks;
  std::vector<kube::Resource> targets;
  for (const FederatedType& type : types) {
    names_tasks.push_back(federated_names(host, type));
    targets.push_back(type.target);
  }
  Search search{.label_selector = fmt::format("{}=true", federation::managed_label)};
  auto found = co_await inspect::find_objects(member, targets, search);
  if (!found) co_return Failure{found.error()};
  const auto names = co_await when_all(std::move(names_tasks));
  std::map<std::string, std::set<std::pair<std::string, std::string>>> by_type;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (!names[i]) co_return Failure{names[i].error()};
    by_type[types[i].target.qualified_plural()] = *names[i];
  }
  const auto host_uid = co_await kube::uid_of_cluster(*host.client);
  if (!host_uid) co_return Failure{host_uid.error()};
  std::erase_if(*found, [&](const Found& one) {
    // KubeFed's copies name no host.
    const std::string of_host = kube::metadata_entry(one.object, "annotations", federation::host_annotation);
    if (!of_host.empty() && of_host != *host_uid) return true;
    return !by_type[one.resource.qualified_plural()].contains({kube::namespace_of(one.object), kube::name_of(one.object)});
  });
  co_return found;
}

}  // namespace fedctl::control
