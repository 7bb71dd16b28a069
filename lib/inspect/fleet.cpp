#include "inspect/inspect.hpp"
#include "kube/discovery.hpp"

#include <algorithm>

namespace fedctl::inspect {
namespace {

/// True when the cluster answered.
Task<bool> learn_from(kube::Client& client, std::filesystem::path cache, std::span<const kube::GroupVersionKind> unknown,
                      federation::TypeTable& types) {
  for (const bool fresh : {false, true}) {
    const auto discovery = co_await kube::discover(client, cache, fresh);
    if (!discovery) co_return false;
    bool found_all = true;
    for (const kube::GroupVersionKind& type : unknown) {
      const bool federated = federation::is_federated(type);
      const kube::Resource* resource = federated ? discovery->find_kind(type.kind.substr(9)) : discovery->find_kind(type.kind, type.group);
      found_all = found_all && resource != nullptr;
      if (resource != nullptr) types.add_discovered(resource->type(), resource->namespaced);
    }
    if (found_all) break;
  }
  co_return true;
}

}  // namespace

plan::Plan inspect_fleet(http::Loop& loop, const fleet::Clients& clients, const federation::Rendered& rendered, const Options& options) {
  const auto all = [](const fleet::Clients& every, const federation::Rendered& what,
                      const Options& how) -> Task<std::vector<plan::ClusterPlan>> {
    std::vector<Task<plan::ClusterPlan>> tasks;
    for (std::size_t i = 0; i < every.size(); ++i) tasks.push_back(inspect(*every[i], what.clusters[i], how));
    co_return co_await when_all(std::move(tasks));
  };
  plan::Plan plan;
  plan.clusters = loop.run(all(clients, rendered, options));
  plan.notices = rendered.notices;
  return plan;
}

std::size_t learn_types(http::Loop& loop, const fleet::Clients& clients, std::span<const kube::GroupVersionKind> unknown,
                        federation::TypeTable& types, const Options& options) {
  const auto all = [](const fleet::Clients& every, std::span<const kube::GroupVersionKind> what, federation::TypeTable& table,
                      const std::filesystem::path& cache) -> Task<std::size_t> {
    std::vector<Task<bool>> tasks;
    for (const auto& client : every) tasks.push_back(learn_from(*client, cache, what, table));
    const std::vector<bool> answered = co_await when_all(std::move(tasks));
    co_return static_cast<std::size_t>(std::ranges::count(answered, true));
  };
  return loop.run(all(clients, unknown, types, options.cache));
}

}  // namespace fedctl::inspect
