#include "cli/planning.hpp"

#include "base/file.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <CLI/Error.hpp>
#include <CLI/Validators.hpp>
#include <set>

namespace fedctl::cli {
namespace {

inspect::Options inspect_options(const PlanFlags& flags) {
  inspect::Options options;
  options.judge.adopt = flags.adopt;
  options.judge.force_conflicts = flags.force_conflicts;
  options.judge.accept_role_change = flags.accept_role_change;
  options.create_namespaces = flags.create_namespaces;
  options.identify = flags.identify;
  options.reads_all = flags.read == "full";
  options.reads_removals = flags.diff == "unified";
  options.cache = file::cache_folder();
  return options;
}

Result<void> plan_members(http::Loop& loop, const PlanFlags& flags, Planned& planned) {
  control::PropagateOptions options;
  options.connect = connect_options(flags.clusters);
  options.inspect = inspect_options(flags);
  options.inspect.trusts_creates = flags.unattended;
  options.capacity_by_nodes = flags.capacity == "nodes";
  options.render = planned.input.render;
  options.only = flags.clusters.only;
  options.prune = flags.prune;
  options.renders_only = flags.renders_only;
  options.set = flags.set;
  options.remove_files = flags.removes;
  options.remove = flags.removed;
  auto propagation = control::plan_propagation(loop, planned.host->host, std::move(planned.input.manifests), std::move(options));
  if (!propagation) return Failure{propagation.error()};
  planned.propagation = std::move(*propagation);
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

Result<void> connect_fleet(http::Loop& loop, const PlanFlags& flags, Planned& planned) {
  auto chosen = narrowed(planned.whole_fleet, flags.clusters.only);
  if (!chosen) return Failure{chosen.error()};
  planned.fleet = std::move(*chosen);
  auto clients = fleet::connect(loop, planned.fleet, connect_options(flags.clusters));
  if (!clients) return Failure{clients.error()};
  planned.clients = std::move(*clients);
  return {};
}

/// Preferences need to know all clusters, whichever --cluster leaves.
Result<void> observe_fleet(http::Loop& loop, const PlanFlags& flags, Planned& planned) {
  const auto is_preference = [](const manifest::Manifest& one) { return federation::is_preference(kube::gvk_of(one.object)); };
  if (std::ranges::none_of(planned.input.manifests, is_preference)) return {};
  inspect::ObserveOptions options;
  options.capacity_by_nodes = flags.capacity == "nodes";
  options.cache = file::cache_folder();
  fleet::Clients others;
  if (planned.fleet.clusters.size() < planned.whole_fleet.clusters.size()) {
    fleet::Fleet rest = planned.whole_fleet;
    const auto chosen = planned.fleet.name_set();
    std::erase_if(rest.clusters, [&](const fleet::Cluster& cluster) { return chosen.contains(cluster.name); });
    auto connected = fleet::connect(loop, rest, connect_options(flags.clusters));
    if (!connected) return Failure{connected.error()};
    others = std::move(*connected);
  }
  std::vector<kube::Client*> clients;
  for (const auto* some : {&planned.clients, &others}) {
    for (const auto& client : *some) clients.push_back(client.get());
  }
  federation::RenderOptions& render = planned.input.render;
  render.observed = inspect::observe(loop, clients, planned.input.manifests, render.default_namespace, options);
  return {};
}

Result<void> plan_fleet(http::Loop& loop, const PlanFlags& flags, Planned& planned) {
  std::vector<manifest::Manifest>& manifests = planned.input.manifests;
  for (manifest::Manifest& manifest : manifests) manifest.removed = flags.removes;
  inspect::Options options = inspect_options(flags);
  if (!flags.set.empty()) {
    options.set = federation::ApplySet{flags.set, planned.input.render.default_namespace};
    planned.input.render.set_id = options.set->id();
  }
  const auto unknown = federation::unknown_types(manifests, planned.input.types);
  if (!unknown.empty() && inspect::learn_types(loop, planned.clients, unknown, planned.input.types, options) > 0) {
    if (auto known = federation::check_types(manifests, planned.input.types); !known) return known;
  }
  if (auto observed = observe_fleet(loop, flags, planned); !observed) return observed;
  auto rendered = federation::render(manifests, planned.whole_fleet, planned.input.types, planned.input.render);
  if (!rendered) return Failure{rendered.error()};
  planned.rendered = std::move(*rendered);
  const auto chosen = planned.fleet.name_set();
  std::erase_if(planned.rendered.clusters, [&](const auto& cluster) { return !chosen.contains(cluster.cluster); });
  if (flags.prune) options.prune = inspect::Prune{.set = options.set, .namespaces = namespaces_of(planned.rendered)};
  planned.plan = inspect::inspect_fleet(loop, planned.clients, planned.rendered, options);
  if (loop.interrupted()) return Failure{{Code::cancelled, "interrupted"}};
  return {};
}

}  // namespace

void add_plan_flags(Program& program, CLI::App& command, PlanFlags& flags) {
  flags.input.required = false;
  add_input_flags(program, command, flags.input);
  const std::string group = "Planning";
  command.add_flag("--create-namespaces", flags.create_namespaces, "Create namespaces that are neither in the input nor in the cluster")
      ->group(group);
  command.add_flag("--adopt", flags.adopt, "Take over objects that exist and are not ours")->group(group);
  command.add_flag("--force-conflicts", flags.force_conflicts, "Take over fields that other managers apply")->group(group);
  command
      .add_flag("--accept-role-change", flags.accept_role_change,
                "Change objects although that undoes the roles which a failover gave them; else that is a conflict")
      ->group(group);
  command
      .add_flag("--prune", flags.prune,
                "Delete what we applied and the input no longer holds: of --set, or in the input's namespaces. With a host also copies "
                "whose federated object is gone")
      ->group(group);
  command.add_option("--set", flags.set, "Name of the set that the input is (an ApplySet); --prune then looks at that set only")
      ->type_name("NAME")
      ->group(group);
  command
      .add_option_function<std::string>(
          "--max-deletes",
          [&flags](const std::string& text) {
            auto limit = plan::parse_delete_limit(text);
            if (!limit) throw CLI::ValidationError{describe(limit.error())};
            flags.max_deletes = *limit;
          },
          "Refuse to delete more in a cluster: objects, a share of what is there, or both, of which both must be exceeded; default 10,20%")
      ->type_name("LIMIT")
      ->group(group);
  add_choice(program, command, "--read", flags.read, {"auto", "full"},
             "auto: read and dry-run only what its metadata do not show to be unchanged; full: everything")
      ->type_name("HOW")
      ->group(group);
  add_choice(
      program, command, "--capacity", flags.capacity, {"pending", "nodes"},
      "What caps a cluster that a ReplicaSchedulingPreference speaks of: pending (Pods that found no node for a minute), nodes (also "
      "what the nodes have left for the template's requests)")
      ->type_name("HOW")
      ->group(group);
  command.add_flag("--stats", flags.stats, "End with what it cost: requests, connections, bytes, round trips, the slowest cluster")
      ->group("Output");
  add_cluster_flags(program, command, flags.clusters, true);
}

std::vector<std::string> Planned::cluster_names() const {
  if (!propagation) return fleet.names();
  std::vector<std::string> names = propagation->members.fleet.names();
  if (propagation->plan.host) names.insert(names.begin(), propagation->plan.host->name);
  return names;
}

Result<std::unique_ptr<Planned>> prepare(http::Loop& loop, const PlanFlags& flags) {
  auto input = read_input(flags.input);
  if (!input) return Failure{input.error()};
  return prepare(loop, flags, std::move(*input), {});
}

Result<std::unique_ptr<Planned>> prepare(http::Loop& loop, const PlanFlags& flags, Input input, fleet::Fleet fleet) {
  auto planned = std::make_unique<Planned>();
  planned->input = std::move(input);
  if (!fleet.clusters.empty()) {
    planned->whole_fleet = std::move(fleet);
    if (const auto connected = connect_fleet(loop, flags, *planned); !connected) return Failure{connected.error()};
    return planned;
  }
  auto host = host_of(loop, flags.clusters);
  if (!host) return Failure{host.error()};
  if (const auto named = fleet_from(flags.clusters)) planned->rollout = named->rollout;
  planned->host = std::move(*host);
  if (planned->host) return planned;
  if (flags.input.paths.empty())
    return Failure{
        {Code::usage, "nothing says what to work on", "", "", "", "use -f PATH, or --host-cluster-context for what a host holds"}};
  auto named = fleet_from(flags.clusters);
  if (!named) return Failure{named.error()};
  planned->whole_fleet = std::move(*named);
  if (const auto connected = connect_fleet(loop, flags, *planned); !connected) return Failure{connected.error()};
  return planned;
}

Result<void> make_plan(http::Loop& loop, const PlanFlags& flags, Planned& planned) {
  return planned.host ? plan_members(loop, flags, planned) : plan_fleet(loop, flags, planned);
}

Result<void> make_next_plan(http::Loop& loop, const PlanFlags& flags, Planned& planned) {
  if (planned.propagation) {
    std::vector<manifest::Manifest>& all = planned.propagation->manifests;
    std::erase_if(all, [](const manifest::Manifest& manifest) { return !manifest.host.empty(); });
    planned.input.manifests = std::move(all);
  }
  return make_plan(loop, flags, planned);
}

void say_stats(const PlanFlags& flags, const Planned& planned) {
  if (!flags.stats) return;
  std::vector<const kube::Client*> clients;
  if (planned.host) clients.push_back(planned.host->client.get());
  for (const auto& client : planned.propagation ? planned.propagation->members.clients : planned.clients) clients.push_back(client.get());
  http::Statistics total;
  const kube::Client* slowest = nullptr;
  for (const kube::Client* client : clients) {
    const http::Statistics& one = client->statistics();
    total.requests += one.requests;
    total.tries_again += one.tries_again;
    total.bytes_sent += one.bytes_sent;
    total.bytes_received += one.bytes_received;
    total.connections += one.connections;
    total.round_trips = std::max(total.round_trips, one.round_trips);
    if (slowest == nullptr || one.busy > slowest->statistics().busy) slowest = client;
  }
  say(fmt::format("stats: {} ({} again) over {}, {} sent, {} received, {}", text::count(total.requests, "request"), total.tries_again,
                  text::count(total.connections, "connection"), text::bytes(total.bytes_sent), text::bytes(total.bytes_received),
                  text::count(total.round_trips, "round trip")));
  if (slowest != nullptr) {
    const http::Statistics& one = slowest->statistics();
    say(fmt::format("; slowest: {}, {} for {}", text::printable(slowest->cluster()), time::format_duration(one.busy),
                    text::count(one.requests, "request")));
  }
  say("\n");
}

Result<kube::Named> named_object(const std::string& typed, const InputFlags& flags, std::string_view command) {
  const auto slash = typed.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == typed.size())
    return Failure{{Code::usage, fmt::format("'{}' is no TYPE/NAME", typed), "", "", "",
                    fmt::format("as in 'fedctl {} deployment/web-app'", command)}};
  return kube::Named{typed.substr(0, slash), typed.substr(slash + 1), flags.name_space};
}

int plan_exit(const plan::Plan& plan) {
  const std::size_t broken = plan.clusters_with(plan::ClusterStatus::error) + plan.clusters_with(plan::ClusterStatus::unknown);
  const plan::Summary summary = plan.summary();
  if (plan.host && plan.host->status != plan::ClusterStatus::ok) return exit_error;
  if (broken == plan.clusters.size() && broken > 0) return exit_error;
  if (broken > 0 || summary.unknown > 0 || !plan.errors.empty()) return exit_partial;
  return summary.conflict > 0 ? exit_refused : exit_done;
}

}  // namespace fedctl::cli
