#include "base/gate.hpp"
#include "base/json.hpp"
#include "base/url.hpp"
#include "base/yaml.hpp"
#include "cli/host.hpp"
#include "cli/usage.hpp"
#include "control/check.hpp"
#include "control/member.hpp"
#include "fleet/connect.hpp"
#include "fleet/health.hpp"

#include <fmt/format.h>
#include <CLI/Validators.hpp>
#include <memory>
#include <nlohmann/json.hpp>

namespace fedctl::cli {
namespace {

using nlohmann::json;

struct Flags {
  ClusterFlags clusters;
  OutputFlags output;
  std::string action;
};

/// The clusters that were looked at, and how they are.
struct Seen {
  fleet::Fleet fleet;
  fleet::Clients clients;
  std::vector<fleet::Health> health;
};

Task<std::vector<fleet::Health>> probe_all(const fleet::Fleet& fleet, const fleet::Clients& clients) {
  Turnstile turnstile{clusters_at_once};
  std::vector<Task<fleet::Health>> tasks;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const auto& labels = fleet.clusters[i].labels;
    tasks.push_back(in_turn(turnstile, fleet::probe(*clients[i], labels.contains("region") ? labels.at("region") : "")));
  }
  co_return co_await when_all(std::move(tasks));
}

json to_json(const fleet::Fleet& fleet, const fleet::Clients& clients, const std::vector<fleet::Health>& health) {
  json list = json::array();
  for (std::size_t i = 0; i < health.size(); ++i) {
    const fleet::Cluster& cluster = fleet.clusters[i];
    json item{{"name", cluster.name},      {"context", cluster.context}, {"server", url::without_password(clients[i]->endpoint().url)},
              {"ready", health[i].ready},  {"labels", cluster.labels},   {"version", health[i].version},
              {"region", health[i].region}};
    if (health[i].ready) item["latencyMilliseconds"] = health[i].latency.count();
    if (health[i].problem) item["problem"] = {{"reason", to_string(health[i].problem->code)}, {"message", health[i].problem->message}};
    list.push_back(std::move(item));
  }
  return {{"apiVersion", "fedctl.io/v1alpha1"}, {"kind", "ClusterList"}, {"items", list}};
}

std::string latency_of(const fleet::Health& health) {
  if (!health.ready) return "-";
  return health.latency.count() == 0 ? "<1ms" : time::format_duration(health.latency);
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string to_table(const fleet::Fleet& fleet, const fleet::Clients& clients, const std::vector<fleet::Health>& health, bool wide) {
  std::vector<std::string> headings{"NAME", "READY", "VERSION", "REGION", "LATENCY", "REASON"};
  if (wide) headings.insert(headings.end() - 1, {"CONTEXT", "SERVER", "LABELS"});
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < health.size(); ++i) {
    const fleet::Health& one = health[i];
    const std::string reason = one.problem ? fmt::format("{}: {}", to_string(one.problem->code), one.problem->message) : "";
    std::vector<std::string> row{
        fleet.clusters[i].name, one.ready ? "True" : "False", or_dash(one.version), or_dash(one.region), latency_of(one), reason};
    if (wide) {
      std::string labels;
      for (const auto& [key, value] : fleet.clusters[i].labels) labels += (labels.empty() ? "" : ",") + key + "=" + value;
      row.insert(row.end() - 1, {fleet.clusters[i].context, url::without_password(clients[i]->endpoint().url), or_dash(labels)});
    }
    rows.push_back(std::move(row));
  }
  return table(headings, rows);
}

Result<Seen> look_at_fleet(http::Loop& loop, const ClusterFlags& flags) {
  auto fleet = fleet_from(flags).and_then([&](const fleet::Fleet& all) { return fleet::narrowed(all, flags.only); });
  if (!fleet) return Failure{fleet.error()};
  auto clients = fleet::connect(loop, *fleet, connect_options(flags));
  if (!clients) return Failure{clients.error()};
  auto health = loop.run(probe_all(*fleet, *clients));
  return Seen{std::move(*fleet), std::move(*clients), std::move(health)};
}

/// The host's members; with `checks` what was seen is written into their status.
Result<Seen> look_at_members(http::Loop& loop, const ConnectedHost& host, const ClusterFlags& flags, bool checks) {
  auto members = loop.run(control::read_members(host.host, connect_options(flags)));
  if (!members) return Failure{members.error()};
  const auto chosen = fleet::narrowed(members->fleet, flags.only);
  if (!chosen) return Failure{chosen.error()};
  Seen seen{.fleet = *chosen};
  for (std::size_t i = 0; i < members->clients.size(); ++i) {
    if (chosen->find(members->fleet.clusters[i].name) != nullptr) seen.clients.push_back(std::move(members->clients[i]));
  }
  if (!checks) {
    seen.health = loop.run(probe_all(seen.fleet, seen.clients));
    return seen;
  }
  auto checked = loop.run(control::check_clusters(host.host, connect_options(flags), flags.only));
  if (!checked) return Failure{checked.error()};
  for (control::Checked& one : *checked) seen.health.push_back(std::move(one.health));
  return seen;
}

int show_clusters(const Flags& flags) {
  http::Loop loop{log_for(flags.output)};
  loop.interrupt_on_signals();
  const auto host = host_of(loop, flags.clusters);
  if (!host) return report(host.error());
  const bool checks = flags.action == "check";
  if (checks && !*host)
    return report({.code = Code::usage,
                   .message = "only a host's clusters have a status to write",
                   .hint = "name the host with --host-cluster-context"});
  const auto seen = *host ? look_at_members(loop, **host, flags.clusters, checks) : look_at_fleet(loop, flags.clusters);
  if (loop.interrupted()) return exit_interrupted;
  if (!seen) return report(seen.error());
  const std::string& format = flags.output.output;
  if (format == "json") {
    print(fedctl::to_text(to_json(seen->fleet, seen->clients, seen->health), 2) + "\n");
  } else if (format == "yaml") {
    print(yaml::emit(to_json(seen->fleet, seen->clients, seen->health)));
  } else if (seen->health.empty()) {
    print("No cluster is joined.\n");
  } else {
    print(to_table(seen->fleet, seen->clients, seen->health, format == "wide"));
  }
  const auto ready = std::ranges::count_if(seen->health, &fleet::Health::ready);
  if (ready == static_cast<std::ptrdiff_t>(seen->health.size())) return exit_done;
  return ready == 0 ? exit_error : exit_partial;
}

}  // namespace

void add_clusters(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Asks every cluster of the fleet at the same time how it is: whether it is ready (/healthz), its version, its region (the fleet "
      "file's label 'region', else the nodes' topology.kubernetes.io/region), how long one request takes, and if it is not ready, why "
      "not. With --host-cluster-context (or when the current context is a host and nothing else names clusters) the clusters are those "
      "that joined it, asked with the tokens they gave it; 'fedctl clusters check' also writes what it saw into their status, so that "
      "'kubectl get kubefedclusters' shows it. Exits with 3 when some clusters are not ready, and with 1 when none is.",
      {{"Three contexts of the kubeconfig", "fedctl clusters --contexts tokyo-cluster,ireland-cluster,virginia-cluster"},
       {"The members of a host, their status brought up to date", "fedctl clusters check --host-cluster-context host-cluster"},
       {"A fleet file, with servers and labels", "fedctl clusters --fleet fleet.yaml -o wide"}}};
  CLI::App* command = add_command(program, "clusters", "Show the clusters and how they are", std::move(text),
                                  [flags] { return finish(show_clusters(*flags), flags->output); });
  auto* action = command->add_option("ACTION", flags->action, "check: write the status of a host's clusters");
  action->check(one_of("action", {"check"}));
  program.values[action] = {ValueKind::choice, {"check"}};
  add_cluster_flags(program, *command, flags->clusters, true);
  add_output_flags(program, *command, flags->output, {"wide", "json", "yaml"});
}

}  // namespace fedctl::cli
