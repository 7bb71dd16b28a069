#include "planning/planned.hpp"

#include "inspect/observe.hpp"
#include "planning/host_changes.hpp"
#include "planning/host_inputs.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace fedctl::planning {
namespace {

using manifest::Manifest;

/// Nothing is asked of the clusters, nor written there, while a KubeFed controller does that.
bool asks_clusters(const Planned& planned, const PlanOptions& options) {
  const HostScope* host = planned.host();
  return !options.renders_only && (host == nullptr || !host->controller.alive);
}

/// Puts the input together, and says what a person should know of it.
Result<std::vector<std::string>> take_inputs(http::Loop& loop, Planned& planned, std::vector<Manifest> files, const PlanOptions& options) {
  const HostScope* host = planned.host();
  if (host == nullptr) {
    for (Manifest& manifest : files) manifest.removed = options.removes;
    planned.manifests = std::move(files);
    return std::vector<std::string>{};
  }
  auto held = read_held(loop, *host, options.prune || options.removes);
  if (!held) return Failure{held.error()};
  if (options.amend) options.amend(*held);
  auto inputs = host_inputs(*host, std::move(files), std::move(*held), options, planned.default_namespace);
  if (!inputs) return Failure{inputs.error()};
  planned.manifests = std::move(inputs->manifests);
  planned.not_propagated = std::move(inputs->not_propagated);
  return std::move(inputs->notices);
}

/// What the input does not tell of its types, the host's FederatedTypeConfigs and the clusters' discovery do.
Result<void> learn_types(http::Loop& loop, Planned& planned, const PlanOptions& options) {
  if (const HostScope* host = planned.host()) {
    std::vector<Manifest> configs;
    for (const control::FederatedType& type : host->types) configs.push_back({.object = type.config, .host = host->name()});
    planned.types.learn(planned.manifests);
    planned.types.learn(configs);
  }
  const auto unknown = federation::unknown_types(planned.manifests, planned.types);
  if (unknown.empty()) return {};
  if (inspect::learn_types(loop, planned.scope->clients, unknown, planned.types, options.inspect) == 0) return {};
  return federation::check_types(planned.manifests, planned.types);
}

/// Clients of the clusters of a fleet that --cluster leaves out.
Result<fleet::Clients> connect_rest(http::Loop& loop, const Scope& scope) {
  fleet::Fleet rest = scope.all;
  const auto chosen = scope.chosen.name_set();
  std::erase_if(rest.clusters, [&](const fleet::Cluster& cluster) { return chosen.contains(cluster.name); });
  return fleet::connect(loop, rest, scope.connect);
}

/// Preferences depend on all clusters, whichever --cluster leaves.
Result<federation::Observation> observe(http::Loop& loop, const Planned& planned, const PlanOptions& options) {
  const auto is_preference = [](const Manifest& one) { return federation::is_preference(kube::gvk_of(one.object)); };
  if (std::ranges::none_of(planned.manifests, is_preference)) return federation::Observation{};
  inspect::ObserveOptions how{.capacity_by_nodes = options.capacity_by_nodes, .cache = options.inspect.cache.folder()};
  fleet::Clients rest;
  if (const HostScope* host = planned.host()) {
    how.health = host->config.health;
    how.unready_since = host->unready_since;
  } else {
    auto connected = connect_rest(loop, *planned.scope);
    if (!connected) return Failure{connected.error()};
    rest = std::move(*connected);
  }
  std::vector<kube::Client*> clients;
  for (const fleet::Clients* some : {&planned.scope->clients, &planned.scope->members_left_out, &std::as_const(rest)}) {
    for (const auto& client : *some) clients.push_back(client.get());
  }
  return inspect::observe(loop, clients, planned.manifests, planned.default_namespace, how);
}

Result<void> render(http::Loop& loop, Planned& planned, federation::RenderOptions how, const PlanOptions& options) {
  if (const HostScope* host = planned.host()) {
    how.has_host = true;
    how.host_uid = host->uid;
    how.federated_namespaces = host->config.scope == control::Scope::cluster;
  }
  if (options.inspect.set) how.set_id = options.inspect.set->id();
  if (asks_clusters(planned, options)) {
    auto observed = observe(loop, planned, options);
    if (!observed) return Failure{observed.error()};
    how.observed = std::move(*observed);
  }
  auto rendered = federation::render(planned.manifests, planned.scope->all, planned.types, how);
  if (!rendered) return Failure{rendered.error()};
  planned.rendered = std::move(*rendered);
  const auto chosen = planned.scope->chosen.name_set();
  std::erase_if(planned.rendered.clusters, [&](const auto& cluster) { return !chosen.contains(cluster.cluster); });
  return {};
}

std::set<std::string> namespaces_of(const federation::Rendered& rendered) {
  std::set<std::string> namespaces;
  for (const federation::ClusterObjects& cluster : rendered.clusters) {
    for (const federation::DesiredObject& desired : cluster.objects) {
      const bool is_namespace = desired.key.kind == "Namespace" && desired.key.group.empty();
      namespaces.insert(is_namespace ? desired.key.name : desired.key.name_space);
    }
  }
  namespaces.erase("");
  return namespaces;
}

/// How the clusters are asked. The copies of a host's federated objects are the host's own, and fail one by one.
inspect::Options inspect_options(const Planned& planned, const PlanOptions& options) {
  inspect::Options how = options.inspect;
  const HostScope* host = planned.host();
  if (host == nullptr) {
    if (options.prune) how.prune = inspect::Prune{.set = how.set, .namespaces = namespaces_of(planned.rendered)};
    return how;
  }
  how.label_owns = true;
  how.isolate = true;
  how.judge.adopt = how.judge.adopt || host->config.adopt_resources;
  // An object that cannot be rendered may well be in the cluster: then nothing is known to be superfluous.
  if (!options.prune || !planned.rendered.failures.empty()) return how;
  how.prune = inspect::Prune{.host_uid = host->uid};
  for (const control::FederatedType& type : host->types) {
    if (type.enabled) how.prune->types.push_back(type.target.type());
  }
  return how;
}

void add_failures(Planned& planned) {
  for (const federation::RenderFailure& failure : planned.rendered.failures) {
    Error error = failure.error;
    if (error.object.empty()) error.object = kube::to_string(kube::key_of(failure.manifest->object));
    // A preference and its target fail by one mistake.
    const auto is_same = [&](const Error& other) { return describe(other) == describe(error); };
    if (std::ranges::none_of(planned.plan.errors, is_same)) planned.plan.errors.push_back(std::move(error));
  }
}

/// What a person should know of a host's plan, beside what rendering says.
std::vector<std::string> notices_of_host(const Planned& planned, const HostScope& host, const PlanOptions& options) {
  std::vector<std::string> notices;
  if (host.controller.alive) {
    notices.push_back(fmt::format("a KubeFed controller is at work in {} ({}): it propagates, and fedctl writes the host only", host.name(),
                                  host.controller.holder));
  } else if (options.prune && !planned.rendered.failures.empty()) {
    notices.push_back("nothing is pruned in the clusters, since not every federated object can be rendered");
  }
  if (planned.scope->all.clusters.empty()) notices.push_back("no cluster is joined yet; run 'fedctl join CLUSTER'");
  return notices;
}

void ask_clusters(http::Loop& loop, Planned& planned, std::vector<std::string> notices, const PlanOptions& options) {
  std::ranges::copy(planned.rendered.notices, std::back_inserter(notices));
  if (const HostScope* host = planned.host()) {
    std::ranges::move(notices_of_host(planned, *host, options), std::back_inserter(notices));
    add_failures(planned);
  }
  if (asks_clusters(planned, options)) {
    const inspect::Options how = inspect_options(planned, options);
    planned.plan.clusters = inspect::inspect_fleet(loop, planned.scope->clients, planned.rendered, how).clusters;
  }
  planned.plan.notices = std::move(notices);
}

}  // namespace

Result<std::unique_ptr<Planned>> make_plan(http::Loop& loop, std::shared_ptr<const Scope> scope, Inputs inputs,
                                           const PlanOptions& options) {
  auto planned = std::make_unique<Planned>();
  planned->scope = std::move(scope);
  planned->types = std::move(inputs.types);
  planned->default_namespace = inputs.render.default_namespace;
  PlanOptions how = options;
  // A host keeps its sets itself (host_objects).
  if (!how.set.empty() && !planned->scope->host) how.inspect.set = federation::ApplySet{how.set, planned->default_namespace};
  auto notices = take_inputs(loop, *planned, std::move(inputs.manifests), how);
  if (!notices) return Failure{notices.error()};
  if (planned->scope->host && !how.renders_only) plan_host(loop, *planned, how);
  if (auto learned = learn_types(loop, *planned, how); !learned) return Failure{learned.error()};
  if (auto rendered = render(loop, *planned, std::move(inputs.render), how); !rendered) return Failure{rendered.error()};
  if (!how.renders_only) ask_clusters(loop, *planned, std::move(*notices), how);
  if (loop.interrupted()) return Failure{{Code::cancelled, "interrupted"}};
  return planned;
}

std::vector<const Manifest*> Planned::all_manifests() const {
  std::vector<const Manifest*> all;
  for (const std::vector<Manifest>* some : {&manifests, &not_propagated}) {
    for (const Manifest& manifest : *some) all.push_back(&manifest);
  }
  return all;
}

std::vector<Manifest> Planned::take_inputs() {
  std::vector<Manifest> inputs;
  for (std::vector<Manifest>* some : {&manifests, &not_propagated}) {
    std::ranges::copy_if(std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()), std::back_inserter(inputs),
                         [](const Manifest& manifest) { return manifest.host.empty(); });
    some->clear();
  }
  return inputs;
}

}  // namespace fedctl::planning
