#include "control/propagate.hpp"

#include "base/text.hpp"
#include "control/federated_type.hpp"
#include "control/host_objects.hpp"
#include "control/names.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::control {
namespace {

using manifest::Manifest;
using nlohmann::json;

/// What of the host a plan needs, read with as few waits as can be.
struct HostState {
  Config config;
  std::vector<FederatedType> types;
  Controller controller;
  Members members;
  std::vector<Manifest> held;
  json kube_system;
};

/// One of the reads that can go out at once.
template <typename T>
Task<Result<Done>> into(Task<Result<T>> task, T& target) {
  auto result = co_await task;
  if (!result) co_return Failure{result.error()};
  target = std::move(*result);
  co_return Done{};
}

/// `with_policies`: FailoverPolicies too, which matter only where something may go.
Task<Result<HostState>> read_host(Host host, fleet::ConnectOptions connect, bool with_policies) {
  HostState state;
  std::vector<Manifest> preferred;
  std::vector<Manifest> policies;
  std::vector<Task<Result<Done>>> first;
  first.push_back(into(read_config(host), state.config));
  first.push_back(into(read_types(host), state.types));
  first.push_back(into(find_controller(host), state.controller));
  first.push_back(into(read_members(host, connect), state.members));
  first.push_back(into(read_all_of(host, preferences()), preferred));
  first.push_back(into(host.client->get(namespaces(), "", "kube-system", true), state.kube_system));
  if (with_policies) first.push_back(into(read_all_of(host, failover_policies()), policies));
  const auto done = co_await when_all(std::move(first));
  for (const auto& one : done) {
    if (!one) co_return Failure{one.error()};
  }
  auto held = co_await read_federated_objects(host, state.types, state.config.scope);
  if (!held) co_return Failure{held.error()};
  state.held = std::move(*held);
  std::ranges::move(preferred, std::back_inserter(state.held));
  std::ranges::move(policies, std::back_inserter(state.held));
  co_return state;
}

Error refused(const Host& host, std::string message, std::string hint = {}) {
  return {Code::conflict, std::move(message), "", host.client->cluster(), "", std::move(hint)};
}

/// Makes a Propagation, step by step.
class Planner {
 public:
  Planner(http::Loop& loop, Host host, PropagateOptions options)
      : loop_(loop), options_(std::move(options)), result_(std::make_unique<Propagation>()) {
    result_->host = std::move(host);
    result_->default_namespace = options_.render.default_namespace;
  }

  Result<std::unique_ptr<Propagation>> run(std::vector<Manifest> files) {
    auto state = loop_.run(read_host(result_->host, options_.connect, options_.prune || options_.remove_files));
    if (!state) return Failure{state.error()};
    result_->config = std::move(state->config);
    result_->types = std::move(state->types);
    result_->controller = std::move(state->controller);
    options_.render.host_uid = kube::uid_of(state->kube_system);
    if (auto taken = take_members(std::move(state->members)); !taken) return Failure{taken.error()};
    if (auto taken = take_manifests(std::move(files), std::move(state->held)); !taken) return Failure{taken.error()};
    if (!options_.renders_only) plan_host();
    if (auto rendered = render(); !rendered) return Failure{rendered.error()};
    if (!options_.renders_only) plan_members();
    if (loop_.interrupted()) return Failure{{Code::cancelled, "interrupted"}};
    return std::move(result_);
  }

 private:
  Result<void> take_members(Members all) {
    const std::vector<std::string> names = all.fleet.names();
    for (const std::string& name : options_.only) {
      if (std::ranges::find(names, name) != names.end()) continue;
      return Failure{{Code::usage, fmt::format("--cluster {}: no such cluster is joined{}", name, text::did_you_mean(name, names)), "", "",
                      "", names.empty() ? "none is" : "joined are " + text::listed(names)}};
    }
    result_->whole_fleet = all.fleet;
    result_->narrowed = !options_.only.empty();
    for (const json& object : all.objects) note_unready(object);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const bool wanted = options_.only.empty() || std::ranges::find(options_.only, names[i]) != options_.only.end();
      if (!wanted) {
        other_clients_.push_back(std::move(all.clients[i]));
        continue;
      }
      result_->members.fleet.clusters.push_back(all.fleet.clusters[i]);
      result_->members.clients.push_back(std::move(all.clients[i]));
      result_->members.objects.push_back(std::move(all.objects[i]));
    }
    return {};
  }

  Result<void> take_manifests(std::vector<Manifest> files, std::vector<Manifest> held) {
    for (Manifest& manifest : files) normalize_group(result_->types, manifest);
    if (options_.amend) options_.amend(held);
    if (options_.prune && files.empty() && held.empty()) {
      return Failure{refused(result_->host, "the host holds no federated object at all, so --prune would delete every copy there is",
                             "delete what is to go by name: fedctl delete")};
    }
    if (options_.remove_files) files = mark_removed(std::move(files), held);
    if (auto marked = mark_removed_by_name(held); !marked) return marked;
    const MergeOptions merging{.default_namespace = options_.render.default_namespace, .prune = options_.prune, .set = options_.set};
    std::vector<Manifest> all = merge_inputs(std::move(files), std::move(held), merging);
    // What is not propagated now comes last, behind what is rendered.
    const auto is_rendered = [this](const Manifest& manifest) { return is_propagated(manifest); };
    const auto aside = std::stable_partition(all.begin(), all.end(), is_rendered);
    result_->rendered_count = static_cast<std::size_t>(aside - all.begin());
    result_->manifests = std::move(all);
    return {};
  }

  /// Of files to be deleted: what the host holds of them goes; plain objects go from the members.
  std::vector<Manifest> mark_removed(std::vector<Manifest> files, std::vector<Manifest>& held) {
    std::vector<Manifest> plain;
    for (Manifest& file : files) {
      const kube::GroupVersionKind type = kube::gvk_of(file.object);
      const bool is_held = federation::is_federated(type) || held_control_type(type) != nullptr;
      const std::string kind = kube::string_at(file.object, "kind");
      const std::string name_space =
          kube::namespace_of(file.object).empty() ? options_.render.default_namespace : kube::namespace_of(file.object);
      const auto found = std::ranges::find_if(held, [&](const Manifest& one) {
        const bool same_place = kind == "FederatedNamespace" || !kube::string_at(one.object["metadata"], "namespace").size() ||
                                kube::namespace_of(one.object) == name_space;
        return is_held && kube::string_at(one.object, "kind") == kind && kube::name_of(one.object) == kube::name_of(file.object) &&
               same_place;
      });
      if (found != held.end()) found->removed = true;
      if (is_held && found == held.end())
        notices_.push_back(fmt::format("{}: the host does not hold it", kube::to_string(kube::key_of(file.object))));
      if (is_held || is_control_group(type.group)) continue;
      file.removed = true;
      plain.push_back(std::move(file));
    }
    return plain;
  }

  Result<void> mark_removed_by_name(std::vector<Manifest>& held) const {
    for (const kube::ObjectKey& key : options_.remove) {
      const auto found = std::ranges::find_if(held, [&](const Manifest& one) {
        return kube::string_at(one.object, "kind") == key.kind && kube::name_of(one.object) == key.name &&
               kube::namespace_of(one.object) == key.name_space;
      });
      if (found == held.end()) {
        return Failure{{Code::not_found, "the host holds no such object", "", result_->host.client->cluster(), kube::to_string(key)}};
      }
      found->removed = true;
    }
    return {};
  }

  /// Types that are disabled are left alone; so is what has a namespace as long as namespaces are not federated at all.
  bool is_propagated(const Manifest& manifest) {
    const FederatedType* type = type_of(result_->types, manifest.object);
    if (type == nullptr) return true;
    if (!type->enabled) {
      notices_.push_back(
          fmt::format("{}: {} is disabled, so it is left alone", kube::to_string(kube::key_of(manifest.object)), type->name));
      return false;
    }
    const bool knows_namespaces =
        std::ranges::any_of(result_->types, [](const FederatedType& one) { return one.name == "namespaces" && one.enabled; });
    const bool needs_namespace = type->target.namespaced && result_->config.scope == Scope::cluster;
    if (!needs_namespace || knows_namespaces || manifest.removed) return true;
    notices_.push_back(fmt::format(
        "{}: in no cluster, since namespaces are not federated; run 'fedctl enable namespaces' and 'fedctl federate namespace {}'",
        kube::to_string(kube::key_of(manifest.object)), kube::namespace_of(manifest.object)));
    return false;
  }

  std::span<const Manifest> rendered_manifests() const { return std::span{result_->manifests}.first(result_->rendered_count); }

  void plan_host() {
    Propagation& all = *result_;
    std::vector<Manifest>& manifests = all.manifests;
    for (std::size_t i = 0; i < manifests.size(); ++i) {
      if (!manifests[i].host.empty()) continue;
      federation::ClusterObjects one =
          objects_for_host(all.host, std::span{manifests}.subspan(i, 1), all.types, options_.render.default_namespace, options_.set);
      std::ranges::move(one.objects, std::back_inserter(all.host_objects.objects));
    }
    all.host_objects.cluster = all.host.client->cluster();
    inspect::Options options = options_.inspect;
    options.host = true;
    options.isolate = false;
    options.prune.reset();
    plan::ClusterPlan plan{.name = all.host.client->cluster()};
    if (!all.host_objects.objects.empty()) plan = loop_.run(inspect::inspect(*all.host.client, all.host_objects, options));
    add_removals(plan);
    if (!plan.changes.empty()) all.plan.host = std::move(plan);
  }

  void add_removals(plan::ClusterPlan& plan) const {
    for (const Manifest& manifest : result_->manifests) {
      if (!manifest.removed || manifest.host.empty()) continue;
      const FederatedType* type = type_of(result_->types, manifest.object);
      const kube::Resource* control = held_control_type(kube::gvk_of(manifest.object));
      if (type == nullptr && control == nullptr) continue;
      const kube::Resource& resource = control != nullptr ? *control : type->federated;
      plan::Change change{
          .action = plan::Action::remove, .key = kube::key_of(manifest.object), .api_version = resource.type().api_version()};
      if (control == nullptr) change.note = "when its copies are gone";
      change.resource = std::make_shared<const kube::Resource>(resource);
      change.uid = kube::uid_of(manifest.object);
      plan.changes.push_back(std::move(change));
    }
  }

  Result<void> render() {
    Propagation& all = *result_;
    federation::TypeTable& types = all.type_table;
    std::vector<Manifest> configs;
    for (const FederatedType& type : all.types) configs.push_back({.object = type.config, .host = all.host.client->cluster()});
    types.learn(rendered_manifests());
    types.learn(configs);
    const auto unknown = federation::unknown_types(rendered_manifests(), types);
    if (!unknown.empty() && inspect::learn_types(loop_, all.members.clients, unknown, types, options_.inspect) > 0) {
      if (auto known = federation::check_types(rendered_manifests(), types); !known) return known;
    }
    federation::RenderOptions options = options_.render;
    options.has_host = true;
    options.federated_namespaces = all.config.scope == Scope::cluster;
    if (!options_.renders_only && !all.controller.alive) options.observed = observe();
    auto rendered = federation::render(rendered_manifests(), all.whole_fleet, types, options);
    if (!rendered) return Failure{rendered.error()};
    all.rendered = std::move(*rendered);
    const auto chosen = all.members.fleet.name_set();
    std::erase_if(all.rendered.clusters, [&](const auto& cluster) { return !chosen.contains(cluster.cluster); });
    return {};
  }

  /// A cluster that the host says is not ready, and since when; what nobody looked at for long does not count.
  void note_unready(const json& cluster) {
    for (const json& condition : kube::list_at(kube::map_at(cluster, "status"), "conditions")) {
      const std::string type = kube::string_at(condition, "type");
      const bool is_unready = (type == "Offline" && kube::string_at(condition, "status") == "True") ||
                              (type == "Ready" && kube::string_at(condition, "status") != "True");
      const auto since = time::parse_instant(kube::string_at(condition, "lastTransitionTime"));
      const auto seen = time::parse_instant(kube::string_at(condition, "lastProbeTime"));
      const bool counts = seen && std::chrono::system_clock::now() - *seen <= inspect::longest_gap;
      if (is_unready && counts && since) unready_since_.emplace(kube::name_of(cluster), *since);
    }
  }

  federation::Observation observe() {
    Propagation& all = *result_;
    inspect::ObserveOptions options{.health = all.config.health, .capacity_by_nodes = options_.capacity_by_nodes};
    options.unready_since = unready_since_;
    options.cache = options_.inspect.cache.folder();
    std::vector<kube::Client*> clients;
    for (const auto* some : {&all.members.clients, &other_clients_}) {
      for (const auto& client : *some) clients.push_back(client.get());
    }
    return inspect::observe(loop_, clients, rendered_manifests(), options_.render.default_namespace, options);
  }

  void plan_members() {
    Propagation& all = *result_;
    std::vector<std::string> notices = notices_;
    std::ranges::copy(all.rendered.notices, std::back_inserter(notices));
    if (all.controller.alive) {
      notices.push_back(fmt::format("a KubeFed controller is at work in {} ({}): it propagates, and fedctl writes the host only",
                                    all.host.client->cluster(), all.controller.holder));
    } else {
      inspect::Options options = options_.inspect;
      options.label_owns = true;
      options.isolate = true;
      options.judge.adopt = options.judge.adopt || all.config.adopt_resources;
      // An object that cannot be rendered may well be in the cluster: then nothing is known to be superfluous.
      if (options_.prune && !all.rendered.failures.empty()) {
        notices.push_back("nothing is pruned in the clusters, since not every federated object can be rendered");
      } else if (options_.prune) {
        options.prune = inspect::Prune{.host_uid = options_.render.host_uid};
        for (const FederatedType& type : all.types) {
          if (type.enabled) options.prune->types.push_back(type.target.type());
        }
      }
      all.plan.clusters = inspect::inspect_fleet(loop_, all.members.clients, all.rendered, options).clusters;
    }
    for (const federation::RenderFailure& failure : all.rendered.failures) {
      Error error = failure.error;
      if (error.object.empty()) error.object = kube::to_string(kube::key_of(failure.manifest->object));
      // A preference and its target fail by one mistake.
      const auto is_same = [&](const Error& other) { return describe(other) == describe(error); };
      if (std::ranges::any_of(all.plan.errors, is_same)) continue;
      all.plan.errors.push_back(std::move(error));
    }
    if (all.whole_fleet.clusters.empty()) notices.push_back("no cluster is joined yet; run 'fedctl join CLUSTER'");
    all.plan.notices = std::move(notices);
  }

  http::Loop& loop_;
  PropagateOptions options_;
  std::unique_ptr<Propagation> result_;
  std::vector<std::string> notices_;
  fleet::Clients other_clients_;  ///< Of clusters that `only` leaves out; preferences look at them too.
  std::map<std::string, time::Instant> unready_since_;
};

}  // namespace

Result<std::unique_ptr<Propagation>> plan_propagation(http::Loop& loop, Host host, std::vector<Manifest> files, PropagateOptions options) {
  return Planner{loop, std::move(host), std::move(options)}.run(std::move(files));
}

}  // namespace fedctl::control
