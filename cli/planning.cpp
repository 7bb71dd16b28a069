#include "cli/planning.hpp"

#include "base/file.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <CLI/Error.hpp>
#include <CLI/Validators.hpp>

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

planning::PlanOptions plan_options(const PlanFlags& flags, const Planned& planned) {
  planning::PlanOptions options{.inspect = inspect_options(flags),
                                .capacity_by_nodes = flags.capacity == "nodes",
                                .prune = flags.prune,
                                .set = flags.set,
                                .removes = flags.removes,
                                .removed = flags.removed};
  options.inspect.trusts_creates = planned.host && flags.unattended;
  return options;
}

Result<void> open_fleet(http::Loop& loop, const PlanFlags& flags, Planned& planned, fleet::Fleet fleet) {
  auto scope = planning::open_fleet(loop, std::move(fleet), flags.clusters.only, connect_options(flags.clusters));
  if (!scope) return Failure{scope.error()};
  planned.scope = std::move(*scope);
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
          "Refuse to delete more than this in a cluster: a count, a percentage, or both (then refuse only if both are exceeded); default "
          "10,20%")
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
  std::vector<std::string> names = scope->chosen.names();
  if (plan().host) names.insert(names.begin(), plan().host->name);
  return names;
}

Result<std::unique_ptr<Planned>> prepare(http::Loop& loop, const PlanFlags& flags) {
  auto input = read_input(flags.input);
  if (!input) return Failure{input.error()};
  return prepare(loop, flags, std::move(*input), {});
}

Result<std::unique_ptr<Planned>> prepare(http::Loop& loop, const PlanFlags& flags, planning::Inputs input, fleet::Fleet fleet) {
  auto planned = std::make_unique<Planned>();
  planned->input = std::move(input);
  if (!fleet.clusters.empty()) {
    if (const auto opened = open_fleet(loop, flags, *planned, std::move(fleet)); !opened) return Failure{opened.error()};
    return planned;
  }
  auto host = host_of(loop, flags.clusters);
  if (!host) return Failure{host.error()};
  if (const auto named = fleet_from(flags.clusters)) planned->rollout = named->rollout;
  planned->host = std::move(*host);
  if (planned->host) return planned;
  if (flags.input.paths.empty())
    return Failure{{.code = Code::usage,
                    .message = "nothing says what to work on",
                    .hint = "use -f PATH, or --host-cluster-context for what a host holds"}};
  auto named = fleet_from(flags.clusters);
  if (!named) return Failure{named.error()};
  if (const auto opened = open_fleet(loop, flags, *planned, std::move(*named)); !opened) return Failure{opened.error()};
  return planned;
}

Result<void> make_plan(http::Loop& loop, const PlanFlags& flags, Planned& planned) {
  if (planned.host) {
    auto scope = planning::open_host(loop, planned.host->host, flags.clusters.only, connect_options(flags.clusters));
    if (!scope) return Failure{scope.error()};
    planned.scope = std::move(*scope);
  }
  planning::Inputs inputs{std::move(planned.input.manifests), planned.input.types, planned.input.render};
  auto made = planning::make_plan(loop, planned.scope, std::move(inputs), plan_options(flags, planned));
  if (!made) return Failure{made.error()};
  planned.made = std::move(*made);
  return {};
}

Result<void> make_next_plan(http::Loop& loop, const PlanFlags& flags, Planned& planned) {
  planned.input.manifests = planned.made->take_inputs();
  return make_plan(loop, flags, planned);
}

void say_stats(const PlanFlags& flags, const Planned& planned) {
  if (!flags.stats) return;
  std::vector<const kube::Client*> clients;
  if (planned.host) clients.push_back(planned.host->client.get());
  if (planned.scope) {
    for (const auto& client : planned.scope->clients) clients.push_back(client.get());
  }
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
    return Failure{{.code = Code::usage,
                    .message = fmt::format("'{}' is no TYPE/NAME", typed),
                    .hint = fmt::format("as in 'fedctl {} deployment/web-app'", command)}};
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
