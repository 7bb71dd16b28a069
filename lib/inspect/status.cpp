#include "inspect/status.hpp"

#include "base/fence.hpp"
#include "base/gate.hpp"
#include "base/text.hpp"
#include "federation/render.hpp"
#include "kube/discovery.hpp"
#include "kube/managed_fields.hpp"
#include "plan/drift.hpp"
#include "plan/mark.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>

namespace fedctl::inspect {
namespace {

using nlohmann::json;
using plan::Action;
using plan::Change;

Sync sync_of(const Change& change, const Change& drift) {
  switch (change.action) {
    case Action::create: return Sync::missing;
    case Action::update: return drift.action == Action::update ? Sync::drifted : Sync::pending;
    case Action::remove: return Sync::leaving;
    case Action::unchanged: return Sync::synced;
    case Action::conflict: return Sync::conflict;
    case Action::unknown: break;
  }
  return Sync::unknown;
}

/// "spec.replicas by kubectl-scale"
std::string note_of(const Change& change, Sync sync) {
  if (sync == Sync::missing) return {};
  std::vector<std::string> parts;
  for (const plan::FieldChange& field : change.fields) {
    if (sync == Sync::drifted && !field.drifted) continue;
    parts.push_back(field.changed_by ? fmt::format("{} by {}", field.path, field.changed_by->manager) : field.path);
  }
  if (parts.size() > 3) {
    const std::size_t more = parts.size() - 2;
    parts.resize(2);
    parts.push_back(fmt::format("{} more", more));
  }
  const std::string fields = text::join(parts, ", ");
  if (change.note.empty()) return fields;
  return fields.empty() ? change.note : change.note + "; " + fields;
}

std::optional<Replicas> replicas_of(const json& object) {
  const kube::GroupVersionKind type = kube::gvk_of(object);
  if (type.group != "apps" && type.kind != "ReplicationController") return std::nullopt;
  if (type.kind == "DaemonSet") {
    return Replicas{kube::integer_in(object, "/status/desiredNumberScheduled", 0),
                    kube::integer_in(object, "/status/currentNumberScheduled", 0), kube::integer_in(object, "/status/numberReady", 0)};
  }
  if (!kube::map_at(object, "spec").contains("replicas")) return std::nullopt;
  return Replicas{kube::integer_in(object, "/spec/replicas", 1), kube::integer_in(object, "/status/replicas", 0),
                  kube::integer_in(object, "/status/readyReplicas", 0)};
}

void add_live(ObjectStatus& status, const json& live) {
  status.readiness = kube::readiness_of(live);
  status.replicas = replicas_of(live);
}

/// The replicas that the input wants count as wanted, whatever the cluster has been told since.
void add_wanted(ObjectStatus& status, const Change& change) {
  if (change.action == Action::create && change.desired) status.replicas = replicas_of(*change.desired);
  for (const plan::FieldChange& field : change.fields) {
    const bool counts = status.replicas && field.path == "spec.replicas" && field.new_value && field.new_value->is_number_integer();
    if (counts) status.replicas->wanted = field.new_value->get<long>();
  }
}

bool may_be_there(const Change& change) { return change.action != Action::create && change.action != Action::unknown; }

/// The live objects of one type in one namespace, as far as the plan speaks of them.
Task<Result<kube::List>> list_live(kube::Client& client, kube::Resource resource, std::string name_space) {
  const kube::ListOptions options{.name_space = name_space, .label_selector = std::string{federation::managed_label} + "=true"};
  auto list = co_await client.list(resource, options);
  if (!list) co_return list;
  for (json& object : list->items) {
    object["kind"] = resource.kind;
    object["apiVersion"] = resource.type().api_version();
  }
  co_return list;
}

/// What is told of a cluster whose answers could not be worked on.
struct Unreadable {
  std::string cluster;
  ClusterFare operator()(const Error& error) const {
    return {.cluster = cluster, .problem = in_cluster(error, cluster), .errors = {}, .objects = {}};
  }
};

Task<ClusterFare> fare_in(kube::Client& client, const plan::ClusterPlan& plan, const plan::ClusterPlan& drift) {
  ClusterFare fare{.cluster = plan.name, .problem = plan.problem, .errors = plan.errors, .objects = {}};
  std::map<std::string, std::pair<std::vector<std::size_t>, const Change*>> groups;
  std::map<kube::ObjectKey, const Change*> drifts;
  for (const Change& change : drift.changes) drifts[change.key] = &change;
  for (const Change& change : plan.changes) {
    const auto drifted = drifts.find(change.key);
    const Sync sync = sync_of(change, drifted == drifts.end() ? change : *drifted->second);
    fare.objects.push_back({.key = change.key, .sync = sync, .note = note_of(change, sync)});
    if (!may_be_there(change) || !change.resource || !kube::takes_time(change.key.group, change.key.kind)) continue;
    auto& [positions, example] = groups[change.resource->path(change.key.name_space)];
    positions.push_back(fare.objects.size() - 1);
    example = &change;
  }
  std::vector<Task<Result<kube::List>>> tasks;
  for (const auto& [path, group] : groups) tasks.push_back(list_live(client, *group.second->resource, group.second->key.name_space));
  const auto lists = co_await when_all(std::move(tasks));
  std::size_t number = 0;
  for (const auto& [path, group] : groups) {
    const auto& list = lists[number++];
    std::map<std::string, const json*> by_name;
    if (list) {
      for (const json& object : list->items) by_name[kube::name_of(object)] = &object;
    }
    for (const std::size_t position : group.first) {
      ObjectStatus& status = fare.objects[position];
      if (const auto found = by_name.find(status.key.name); found != by_name.end()) add_live(status, *found->second);
      if (!list) status.note = "its state could not be read: " + list.error().message;
    }
  }
  for (std::size_t i = 0; i < fare.objects.size(); ++i) add_wanted(fare.objects[i], plan.changes[i]);
  co_return fare;
}

/// Without the input only what the object itself tells: whose it is, and who else wrote it. Whether a later write
/// touched what the input wants cannot be known, and managed fields tell times to the second.
void judge_alone(ObjectStatus& status, const json& live) {
  add_live(status, live);
  if (plan::ownership_of(live) != plan::Ownership::ours) {
    status.sync = Sync::foreign;
    status.note = "not applied by fedctl";
    return;
  }
  status.sync = Sync::synced;
  const auto ours = kube::applied_entry(live, kube::field_manager);
  const auto others = kube::writers(live, kube::field_manager);
  if (!ours || others.empty() || others.front().time < ours->time) return;
  status.sync = Sync::unknown;
  status.note = fmt::format("written by {} since; -f tells whether that matters", others.front().manager);
}

Task<ClusterFare> look_up(kube::Client& client, kube::Named named, kube::DiscoveryCache cache) {
  ClusterFare fare{.cluster = client.cluster(), .problem = {}, .errors = {}, .objects = {}};
  const auto discovery = co_await kube::discover(client, cache, false);
  if (!discovery) {
    fare.problem = discovery.error();
    co_return fare;
  }
  const auto resource = discovery->match(named.type);
  if (!resource) {
    fare.problem = resource.error();
    co_return fare;
  }
  const std::string name_space = resource->namespaced ? named.name_space : std::string{};
  ObjectStatus status{.key = {resource->group, resource->kind, name_space, named.name}};
  const auto live = co_await client.get(*resource, name_space, named.name);
  if (live) {
    judge_alone(status, *live);
  } else if (live.error().code == Code::not_found) {
    status.sync = Sync::missing;
  } else {
    status.note = live.error().message;
  }
  fare.objects.push_back(std::move(status));
  co_return fare;
}

}  // namespace

std::string_view to_string(Sync sync) {
  switch (sync) {
    case Sync::synced: return "synced";
    case Sync::pending: return "pending";
    case Sync::drifted: return "drifted";
    case Sync::missing: return "missing";
    case Sync::leaving: return "leaving";
    case Sync::conflict: return "conflict";
    case Sync::foreign: return "foreign";
    case Sync::unknown: break;
  }
  return "unknown";
}

plan::Plan only(plan::Plan plan, const kube::Named& named) {
  for (plan::ClusterPlan& cluster : plan.clusters)
    std::erase_if(cluster.changes,
                  [&](const Change& change) { return !change.resource || !kube::is_meant(named, *change.resource, change.key); });
  return plan;
}

std::vector<ClusterFare> status_of(http::Loop& loop, const std::vector<kube::Client*>& clients, const plan::Plan& plan) {
  const plan::Plan drift = plan::drift_of(plan);
  const auto all = [&]() -> Task<std::vector<ClusterFare>> {
    Turnstile turnstile{clusters_at_once};
    std::vector<Task<ClusterFare>> tasks;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      auto fare = fenced(fare_in(*clients[i], plan.clusters[i], drift.clusters[i]), Unreadable{clients[i]->cluster()});
      tasks.push_back(in_turn(turnstile, std::move(fare)));
    }
    co_return co_await when_all(std::move(tasks));
  };
  return loop.run(all());
}

Result<std::vector<ClusterFare>> status_of(http::Loop& loop, const std::vector<kube::Client*>& clients, const kube::Named& named,
                                           kube::DiscoveryCache cache) {
  const auto all = [&]() -> Task<std::vector<ClusterFare>> {
    std::vector<Task<ClusterFare>> tasks;
    Turnstile turnstile{clusters_at_once};
    for (kube::Client* client : clients)
      tasks.push_back(in_turn(turnstile, fenced(look_up(*client, named, cache), Unreadable{client->cluster()})));
    co_return co_await when_all(std::move(tasks));
  };
  std::vector<ClusterFare> fares = loop.run(all());
  const bool is_mistake = !fares.empty() && std::ranges::all_of(fares, [](const ClusterFare& fare) {
    return fare.problem && (fare.problem->code == Code::unknown_kind || fare.problem->code == Code::usage);
  });
  if (is_mistake) return Failure{*fares.front().problem};
  return fares;
}

}  // namespace fedctl::inspect
