#include "base/fence.hpp"
#include "base/gate.hpp"
#include "fleet/connect.hpp"
#include "inspect/inspect.hpp"
#include "inspect/refused.hpp"
#include "kube/discovery.hpp"

#include <algorithm>
#include <set>

namespace fedctl::inspect {
namespace {

/// True when the cluster answered. `silent` gets the types whose API group is registered there, but does not answer.
Task<bool> learn_from(kube::Client& client, kube::DiscoveryCache cache, std::span<const kube::GroupVersionKind> unknown,
                      federation::TypeTable& types, std::set<kube::GroupVersionKind>& silent) {
  for (const bool fresh : {false, true}) {
    const auto discovery = co_await kube::discover(client, cache, fresh);
    if (!discovery) co_return false;
    bool found_all = true;
    for (const kube::GroupVersionKind& type : unknown) {
      const bool federated = federation::is_federated(type);
      const kube::Resource* resource = federated ? discovery->find_kind(type.kind.substr(9)) : discovery->find_kind(type.kind, type.group);
      found_all = found_all && resource != nullptr;
      if (resource == nullptr && !federated && discovery->silent_groups().contains(type.group)) silent.insert(type);
      if (resource != nullptr) types.add_discovered(resource->type(), resource->namespaced);
    }
    if (found_all) break;
  }
  co_return true;
}

}  // namespace

plan::Plan inspect_fleet(http::Loop& loop, const fleet::Clients& clients, const federation::Rendered& rendered, Options options) {
  options.schemas = std::make_shared<Schemas>();
  const auto all = [](const fleet::Clients& every, const federation::Rendered& what,
                      const Options& how) -> Task<std::vector<plan::ClusterPlan>> {
    Turnstile turnstile{clusters_at_once};
    std::vector<Task<plan::ClusterPlan>> tasks;
    for (std::size_t i = 0; i < every.size(); ++i) tasks.push_back(in_turn(turnstile, inspect(*every[i], what.clusters[i], how)));
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
                      kube::DiscoveryCache cache) -> Task<std::size_t> {
    std::set<kube::GroupVersionKind> silent;
    std::vector<Task<bool>> tasks;
    const auto no_answer = [](const Error&) { return false; };
    Turnstile turnstile{clusters_at_once};
    for (const auto& client : every)
      tasks.push_back(in_turn(turnstile, fenced(learn_from(*client, cache, what, table, silent), no_answer)));
    const std::vector<bool> answered = co_await when_all(std::move(tasks));
    // Such a type may well be served: its objects are unknown, and most types have namespaces.
    for (const kube::GroupVersionKind& type : silent) table.add_discovered(type, true);
    co_return static_cast<std::size_t>(std::ranges::count(answered, true));
  };
  return loop.run(all(clients, unknown, types, options.cache));
}

}  // namespace fedctl::inspect
