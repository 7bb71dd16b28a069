#include "failover/role_switch.hpp"

#include "apply/wait.hpp"
#include "base/file.hpp"
#include "control/names.hpp"
#include "failover/assess.hpp"
#include "federation/role_mark.hpp"
#include "inspect/inspect.hpp"
#include "kube/readiness.hpp"
#include "planning/planned.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <functional>

namespace fedctl::failover {
namespace {

using manifest::Manifest;
using nlohmann::json;

bool is_any_target(const Site& site, const json& object) {
  return std::ranges::any_of(site.policy.targets, [&](const Target& target) { return is_target(object, target); });
}

/// The targets among the manifests, with the roles; the first that cannot have them is the error.
Result<void> give_roles(const Site& site, std::vector<Manifest>& manifests, const ActiveSide& active) {
  for (Manifest& manifest : manifests) {
    if (!is_any_target(site, manifest.object)) continue;
    auto turned = with_roles(std::move(manifest.object), site.policy, active);
    if (!turned) return Failure{at_place(turned.error(), site.policy.place)};
    manifest.object = std::move(*turned);
  }
  return {};
}

using Rendering = Result<std::shared_ptr<const planning::Planned>>;

Rendering rendered(Site& site, std::shared_ptr<const planning::Scope> scope, std::vector<Manifest> manifests,
                   std::function<void(std::vector<Manifest>&)> amend) {
  planning::PlanOptions options{.renders_only = true, .amend = std::move(amend)};
  options.inspect.cache = file::cache_folder();
  planning::Inputs inputs{.manifests = std::move(manifests), .types = site.host ? federation::TypeTable{} : site.type_table};
  auto planned = planning::make_plan(*site.loop, std::move(scope), std::move(inputs), options);
  if (!planned) return Failure{planned.error()};
  return std::shared_ptr<const planning::Planned>{std::move(*planned)};
}

Rendering render_in_host(Site& site, const ActiveSide& active, const std::vector<std::string>& clusters) {
  auto scope = planning::open_host(*site.loop, *site.host, clusters, site.connect);
  if (!scope) return Failure{scope.error()};
  Result<void> given;
  const auto amend = [&](std::vector<Manifest>& held) {
    std::erase_if(held, [&](const Manifest& one) {
      return !is_any_target(site, one.object) && kube::string_at(one.object, "kind") != "FederatedNamespace";
    });
    given = give_roles(site, held, active);
  };
  auto planned = rendered(site, std::move(*scope), {}, amend);
  if (!planned) return Failure{planned.error()};
  if (!given) return Failure{given.error()};
  for (const federation::RenderFailure& failure : (*planned)->rendered.failures) {
    if (is_any_target(site, failure.manifest->object)) return Failure{in_cluster(failure.error, failure.cluster)};
  }
  return planned;
}

Rendering render_files(Site& site, const ActiveSide& active) {
  auto scope = planning::offline_fleet(site.fleet, {});
  if (!scope) return Failure{scope.error()};
  std::vector<Manifest> manifests = site.manifests;
  if (auto given = give_roles(site, manifests, active); !given) return Failure{given.error()};
  return rendered(site, std::move(*scope), std::move(manifests), {});
}

inspect::Options inspect_options(const Site& site, const planning::Scope& scope, const RoleOptions& options) {
  inspect::Options result;
  result.cache = file::cache_folder();
  result.judge.force_conflicts = options.force_conflicts;
  result.judge.acting_policy = site.policy.full_name();
  if (!scope.host) return result;
  result.label_owns = true;
  result.judge.adopt = scope.host->config.adopt_resources;
  return result;
}

Task<Result<std::size_t>> write_override(Site& site, Manifest manifest, ActiveSide active) {
  auto turned = with_roles(manifest.object, site.policy, active);
  if (!turned) co_return Failure{at_place(turned.error(), site.policy.place)};
  if (*turned == manifest.object) co_return std::size_t{0};
  const std::string kind = kube::string_at(manifest.object, "kind");
  const auto type = std::ranges::find(site.types, kind, [](const control::FederatedType& one) { return one.federated.kind; });
  json version{{"op", "test"}, {"path", "/metadata/resourceVersion"}};
  version["value"] = kube::string_at(manifest.object["metadata"], "resourceVersion");
  json change{{"op", "add"}, {"path", "/spec/overrides"}};
  change["value"] = kube::list_at(kube::map_at(*turned, "spec"), "overrides");
  json operations = json::array();
  operations.push_back(std::move(version));
  operations.push_back(std::move(change));
  const json annotations = kube::map_at(kube::map_at(*turned, "metadata"), "annotations");
  if (!annotations.empty()) {
    json mark{{"op", "add"}, {"path", federation::annotations_path}};
    mark["value"] = annotations;
    operations.push_back(std::move(mark));
  }
  auto written = co_await site.host->client->patch(type->federated, kube::namespace_of(manifest.object), kube::name_of(manifest.object),
                                                   std::move(operations));
  if (!written) co_return Failure{written.error()};
  co_return std::size_t{1};
}

}  // namespace

ActiveSide active_side(const Policy& policy, const State& state) { return {active_cluster(policy, state), state.active_token}; }

ActiveSide next_active(const State& state, const std::string& to) { return {to, state.token + 1}; }

Result<RolePlan> plan_roles(Site& site, const ActiveSide& active, const std::vector<std::string>& clusters, const RoleOptions& options) {
  const auto rendering = site.host ? render_in_host(site, active, clusters) : render_files(site, active);
  if (!rendering) return Failure{rendering.error()};
  const planning::Planned& planned = **rendering;
  RolePlan result{.rendered = *rendering};
  result.is_propagated_by_kubefed = planned.scope->host && planned.scope->host->controller.alive;
  const inspect::Options how = inspect_options(site, *planned.scope, options);
  std::vector<std::shared_ptr<federation::ClusterObjects>> wanted;
  std::vector<Task<plan::ClusterPlan>> tasks;
  for (const std::string& cluster : clusters) {
    const auto found = std::ranges::find(planned.rendered.clusters, cluster, &federation::ClusterObjects::cluster);
    kube::Client* client = site.client(cluster);
    if (found == planned.rendered.clusters.end() || client == nullptr)
      return Failure{{Code::not_found, fmt::format("{} is no cluster of the fleet", cluster), site.policy.place}};
    auto objects = std::make_shared<federation::ClusterObjects>(*found);
    std::erase_if(objects->objects, [&](const auto& desired) { return !is_any_target(site, desired.manifest->object); });
    objects->absences.clear();
    if (objects->objects.empty())
      return Failure{{.code = Code::not_found,
                      .message = fmt::format("no target is placed in {}", cluster),
                      .place = site.policy.place,
                      .hint = "add it to the targets' placement"}};
    wanted.push_back(objects);
    tasks.push_back(inspect::inspect(*client, *objects, how));
    result.clusters.push_back(cluster);
  }
  const auto all = [](std::vector<Task<plan::ClusterPlan>> some) -> Task<std::vector<plan::ClusterPlan>> {
    co_return co_await when_all(std::move(some));
  };
  result.plan.clusters = site.loop->run(all(std::move(tasks)));
  return result;
}

Result<std::size_t> write_roles(Site& site, const ActiveSide& active) {
  if (!site.host) return std::size_t{0};
  if (auto found = site.loop->run(find_targets(site)); !found) return Failure{found.error()};
  std::size_t count = 0;
  for (const Manifest& manifest : site.manifests) {
    const auto written = site.loop->run(write_override(site, manifest, active));
    if (!written) return Failure{in_cluster(written.error(), site.host->client->cluster())};
    count += *written;
  }
  return count;
}

Result<void> apply_roles(Site& site, const RolePlan& plan) {
  if (plan.is_propagated_by_kubefed) return {};
  apply::Options options;
  options.wait = false;
  for (std::size_t i = 0; i < plan.clusters.size(); ++i) {
    const plan::ClusterPlan& one = plan.plan.clusters[i];
    if (one.problem) return Failure{in_cluster(*one.problem, one.name)};
    if (!one.errors.empty()) return Failure{in_cluster(one.errors.front(), one.name)};
    for (const plan::Change& change : one.changes) {
      if (change.action == plan::Action::conflict || change.action == plan::Action::unknown) return Failure{refused_role(change, one.name)};
    }
    const apply::ClusterResult result = apply::run(*site.loop, *site.client(one.name), one, options, [](const apply::Event&) {});
    if (!result.errors.empty()) return Failure{in_cluster(result.errors.front(), one.name)};
    if (apply::is_failing(result)) return Failure{{.code = Code::cancelled, .message = "interrupted", .cluster = one.name}};
  }
  return {};
}

Error refused_role(const plan::Change& change, const std::string& cluster) {
  return {
      .code = Code::conflict,
      .message = change.note,
      .cluster = cluster,
      .object = kube::to_string(change.key),
      .hint =
          "take its fields over with --force-conflicts; where it names a failover, the state is older than that: restore it from a copy"};
}

Result<std::size_t> wait_for_targets(Site& site, const ActiveSide& active, const std::string& cluster, time::Duration patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const auto plan = plan_roles(site, active, {cluster}, {});
  if (!plan) return Failure{plan.error()};
  std::vector<apply::ToWaitFor> targets;
  for (const plan::Change& change : plan->plan.clusters.front().changes) {
    if (kube::takes_time(change.key.group, change.key.kind)) targets.push_back({&change});
  }
  const apply::Listener ignore = [](const apply::Event&) {};
  const apply::Waited waited = site.loop->run(apply::wait_until_ready(*site.client(cluster), targets, deadline, ignore));
  if (!waited.errors.empty()) return Failure{in_cluster(waited.errors.front(), cluster)};
  if (waited.interrupted) return Failure{{Code::cancelled, "interrupted"}};
  return waited.ready;
}

}  // namespace fedctl::failover
