#include "planning/carry_out.hpp"

#include "base/text.hpp"
#include "control/finalizer.hpp"
#include "control/host_objects.hpp"
#include "control/names.hpp"
#include "control/propagation_status.hpp"
#include "kube/departure.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <map>
#include <set>

namespace fedctl::planning {
namespace {

using manifest::Manifest;
using nlohmann::json;
using plan::Action;
using Key = std::pair<std::string, kube::ObjectKey>;

bool does_something(const plan::Change& change) {
  return change.action == Action::create || change.action == Action::update || change.action == Action::remove;
}

/// What of the plan was not done, given what was.
control::Failed not_done(const plan::Plan& plan, const std::set<Key>& done) {
  control::Failed failed;
  for (const plan::ClusterPlan& cluster : plan.clusters) {
    for (const plan::Change& change : cluster.changes) {
      if (does_something(change) && !done.contains({cluster.name, change.key})) failed.emplace(cluster.name, change.key);
    }
  }
  return failed;
}

/// What the clusters made of each federated object.
class Ledger {
 public:
  Ledger(const Planned& all, const std::set<Key>& done) : all_(all), states_(control::states_of(all.plan, not_done(all.plan, done))) {
    for (const federation::ClusterObjects& cluster : all.rendered.clusters) {
      for (const auto& desired : cluster.objects) add(desired.manifest, cluster.cluster, state(cluster.cluster, desired.key, ""));
      for (const auto& absence : cluster.absences) {
        const std::string unknown = is_unknown(cluster.cluster) ? "ClusterNotReady" : "";
        const std::string left = state(cluster.cluster, absence.key, unknown);
        if (!left.empty() && (unknown.empty() || was_there(*absence.manifest, cluster.cluster)))
          add(absence.manifest, cluster.cluster, left);
      }
    }
    // A copy that is left alone there is not forgotten.
    for (const federation::TargetSchedule& schedule : all.rendered.schedules) {
      for (const auto& [cluster, condition] : schedule.left_alone) {
        if (all.scope->chosen.find(cluster) != nullptr) add(schedule.target, cluster, "ClusterNotReady");
      }
    }
    for (const Manifest* manifest : all.all_manifests()) {
      if (!manifest->removed && kube::string_at(manifest->object, "kind") == "FederatedNamespace")
        namespaces_.insert(kube::name_of(manifest->object));
    }
    for (const federation::RenderFailure& failure : all.rendered.failures) {
      for (const std::string& name : all.scope->chosen.names()) {
        if (failure.cluster.empty() || failure.cluster == name) add(failure.manifest, name, "ApplyOverridesFailed");
      }
    }
  }

  /// Is the namespace federated?
  bool has_namespace(const std::string& name) const { return namespaces_.contains(name); }

  const std::vector<control::ClusterState>& of(const Manifest& manifest) const {
    static const std::vector<control::ClusterState> none;
    const auto found = by_manifest_.find(&manifest);
    return found == by_manifest_.end() ? none : found->second;
  }

 private:
  void add(const Manifest* manifest, const std::string& cluster, std::string state) {
    by_manifest_[manifest].push_back({cluster, std::move(state)});
  }

  std::string state(const std::string& cluster, const kube::ObjectKey& key, const std::string& otherwise) const {
    const auto found = states_.find({cluster, key});
    return found == states_.end() ? otherwise : found->second;
  }

  bool is_unknown(const std::string& cluster) const {
    return std::ranges::any_of(all_.plan.clusters, [&](const plan::ClusterPlan& one) {
      return one.name == cluster && one.status == plan::ClusterStatus::unknown;
    });
  }

  /// By its own status: a cluster that never had it has nothing to give up.
  static bool was_there(const Manifest& manifest, const std::string& cluster) {
    const json status = kube::map_at(manifest.object, "status");
    if (!status.contains("clusters")) return true;
    return std::ranges::any_of(kube::list_at(status, "clusters"), [&](const json& one) { return kube::string_at(one, "name") == cluster; });
  }

  const Planned& all_;
  std::map<Key, std::string> states_;
  std::map<const Manifest*, std::vector<control::ClusterState>> by_manifest_;
  std::set<std::string> namespaces_;
};

/// Lets a federated object whose copies are gone leave the host.
Task<Result<Done>> let_leave(const Planned& all, const Manifest& manifest, const kube::Resource& type) {
  const std::string name_space = kube::namespace_of(manifest.object);
  const std::string name = kube::name_of(manifest.object);
  const std::string uid = kube::uid_of(manifest.object);
  kube::Client& host = *all.host()->host.client;
  kube::Removal removal{.is_gone = false};
  if (!kube::is_going(manifest.object)) {
    const kube::DeleteOptions options{.uid = uid};
    const auto removed = co_await host.remove(type, name_space, name, options);
    if (!removed) co_return Failure{removed.error()};
    removal = *removed;
  }
  if (removal.is_gone) co_return Done{};
  // KubeFed's controller put the finalizer there, and none is alive to take it away.
  const auto freed = co_await control::take_finalizer(host, type, name_space, name, uid, control::sync_finalizer);
  if (!freed) co_return Failure{freed.error()};
  co_return co_await kube::wait_until_gone(host, type, name_space, name, uid, control::departure_patience);
}

/// One federated object's last step: it leaves, or its status is written.
Task<Result<Done>> settle(const Planned& all, const Manifest& manifest, const Ledger& ledger, std::string now) {
  std::vector<control::ClusterState> clusters = ledger.of(manifest);
  if (const kube::Resource* held = control::held_control_type(kube::gvk_of(manifest.object))) {
    if (manifest.removed) co_return co_await let_leave(all, manifest, *held);
    co_return Done{};
  }
  const control::FederatedType* type = control::type_of(all.host()->types, manifest.object);
  if (type == nullptr) co_return Done{};
  const std::string kind = kube::string_at(manifest.object, "kind");
  const bool is_of_namespace = kind == "FederatedNamespace";
  if (manifest.removed) {
    std::vector<std::string> left;
    for (const control::ClusterState& one : clusters) {
      if (!one.state.empty()) left.push_back(one.cluster);
    }
    for (const json& one : kube::list_at(kube::map_at(manifest.object, "status"), "clusters")) {
      const std::string name = kube::string_at(one, "name");
      if (all.scope->is_narrowed() && all.scope->chosen.find(name) == nullptr) left.push_back(name);
    }
    if (left.empty()) co_return co_await let_leave(all, manifest, type->federated);
    co_return Failure{{.code = Code::conflict,
                       .message = fmt::format("it stays in the host, since copies may be left in {}", text::join(left, ", ")),
                       .object = kube::to_string(kube::key_of(manifest.object)),
                       .hint = "run the same again when they answer, or unjoin them"}};
  }
  json object = manifest.object;
  std::string name_space = kube::namespace_of(object);
  if (manifest.host.empty()) {
    // It was written just now; its generation and status are the host's.
    if (name_space.empty() && type->federated.namespaced) name_space = is_of_namespace ? kube::name_of(object) : all.default_namespace;
    const auto live = co_await all.host()->host.client->get(type->federated, name_space, kube::name_of(object));
    if (!live) co_return Failure{live.error()};
    object = *live;
  }
  for (const json& old : kube::list_at(kube::map_at(object, "status"), "clusters")) {
    const std::string name = kube::string_at(old, "name");
    const bool looked_at = all.scope->chosen.find(name) != nullptr;
    if (!looked_at && all.scope->is_narrowed()) clusters.push_back({name, kube::string_at(old, "status")});
  }
  const bool lacks_namespace = type->target.namespaced && clusters.empty() && all.host()->config.scope == control::Scope::cluster &&
                               !ledger.has_namespace(name_space);
  json status = control::propagation_status(object, std::move(clusters), lacks_namespace ? "NamespaceNotFederated" : "", now);
  if (kube::map_at(object, "status") == status) co_return Done{};
  const json changes{{"status", std::move(status)}};
  const auto written = co_await all.host()->host.client->merge(type->federated, name_space, kube::name_of(object), changes, "status");
  if (!written) co_return Failure{written.error()};
  co_return Done{};
}

std::vector<Error> settle_all(http::Loop& loop, const Planned& all, const Ledger& ledger) {
  const std::string now = time::format_instant(std::chrono::system_clock::now());
  const auto run = [](const Planned& what, const Ledger& book, std::string at) -> Task<std::vector<Error>> {
    std::vector<Task<Result<Done>>> tasks;
    const std::vector<const Manifest*> manifests = what.all_manifests();
    for (const Manifest* manifest : manifests) tasks.push_back(settle(what, *manifest, book, at));
    const auto done = co_await when_all(std::move(tasks));
    std::vector<Error> errors;
    for (std::size_t i = 0; i < done.size(); ++i) {
      if (done[i]) continue;
      Error error = in_cluster(done[i].error(), what.host()->name());
      if (error.object.empty()) error.object = kube::to_string(kube::key_of(manifests[i]->object));
      errors.push_back(std::move(error));
    }
    co_return errors;
  };
  return loop.run(run(all, ledger, now));
}

/// Federated objects that were to leave the host and did not.
std::size_t count_stayed(const Planned& all, const std::vector<Error>& errors) {
  return static_cast<std::size_t>(std::ranges::count_if(all.plan.host->changes, [&](const plan::Change& change) {
    return change.action == Action::remove &&
           std::ranges::any_of(errors, [&](const Error& error) { return error.object == kube::to_string(change.key); });
  }));
}

/// The host's own part: its writes. What leaves it, leaves last.
std::optional<apply::ClusterResult> apply_host(http::Loop& loop, const Planned& all, const apply::Listener& listener) {
  if (!all.plan.host) return std::nullopt;
  plan::ClusterPlan writes = *all.plan.host;
  std::erase_if(writes.changes, [](const plan::Change& change) { return change.action == Action::remove; });
  apply::Options options;
  options.wait = false;
  return apply::run(loop, *all.host()->host.client, writes, options, listener);
}

}  // namespace

CarriedOut carry_out(http::Loop& loop, const Planned& all, const apply::Options& options, const apply::Listener& listener) {
  CarriedOut outcome;
  if (auto host = apply_host(loop, all, listener)) {
    const bool failed = host->outcome != apply::ClusterResult::Outcome::done && host->outcome != apply::ClusterResult::Outcome::partial;
    outcome.results.push_back(std::move(*host));
    if (failed) return outcome;
  }
  if (all.host() == nullptr) {
    outcome.results = apply::run(loop, all.scope->clients, all.plan, options, listener);
    return outcome;
  }
  if (all.host()->controller.alive) return outcome;
  std::set<Key> done;
  const apply::Listener tee = [&](const apply::Event& event) {
    if (event.type == apply::Event::Type::applied) done.emplace(event.cluster, event.key);
    if (event.type == apply::Event::Type::rolled_back) done.erase({event.cluster, event.key});
    listener(event);
  };
  std::ranges::move(apply::run(loop, all.scope->clients, all.plan, options, tee), std::back_inserter(outcome.results));
  if (loop.interrupted()) return outcome;
  outcome.errors = settle_all(loop, all, Ledger{all, done});
  if (all.plan.host) outcome.results.front().deleted = summary_of(*all.plan.host).remove - count_stayed(all, outcome.errors);
  return outcome;
}

}  // namespace fedctl::planning
