#include "base/yaml.hpp"
#include "cli/common.hpp"
#include "fleet/health.hpp"

#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>

namespace fedctl::cli {
namespace {

using nlohmann::json;

struct Flags {
  ClusterFlags clusters;
  OutputFlags output;
};

Task<std::vector<fleet::Health>> probe_all(const fleet::Fleet& fleet, const fleet::Clients& clients) {
  std::vector<Task<fleet::Health>> tasks;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const auto& labels = fleet.clusters[i].labels;
    tasks.push_back(fleet::probe(*clients[i], labels.contains("region") ? labels.at("region") : ""));
  }
  co_return co_await when_all(std::move(tasks));
}

json to_json(const fleet::Fleet& fleet, const fleet::Clients& clients, const std::vector<fleet::Health>& health) {
  json list = json::array();
  for (std::size_t i = 0; i < health.size(); ++i) {
    const fleet::Cluster& cluster = fleet.clusters[i];
    json item{{"name", cluster.name},      {"context", cluster.context}, {"server", clients[i]->endpoint().url},
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
      row.insert(row.end() - 1, {fleet.clusters[i].context, clients[i]->endpoint().url, or_dash(labels)});
    }
    rows.push_back(std::move(row));
  }
  return table(headings, rows);
}

int show_clusters(const Flags& flags) {
  auto fleet = fleet_from(flags.clusters).and_then([&](const fleet::Fleet& all) { return narrowed(all, flags.clusters.only); });
  if (!fleet) return report(fleet.error());
  http::Loop loop{log_for(flags.output)};
  loop.interrupt_on_signals();
  const auto clients = connect(loop, *fleet, flags.clusters);
  if (!clients) return report(clients.error());
  const std::vector<fleet::Health> health = loop.run(probe_all(*fleet, *clients));
  if (loop.interrupted()) return exit_interrupted;
  const std::string& format = flags.output.output;
  if (format == "json") {
    print(to_json(*fleet, *clients, health).dump(2) + "\n");
  } else if (format == "yaml") {
    print(yaml::emit(to_json(*fleet, *clients, health)));
  } else {
    print(to_table(*fleet, *clients, health, format == "wide"));
  }
  const auto ready = std::ranges::count_if(health, &fleet::Health::ready);
  if (ready == static_cast<std::ptrdiff_t>(health.size())) return exit_done;
  return ready == 0 ? exit_error : exit_partial;
}

}  // namespace

void add_clusters(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Asks every cluster of the fleet at the same time how it is: whether it is ready (/healthz), its version, its region (the fleet "
      "file's label 'region', else the nodes' topology.kubernetes.io/region), how long one request takes, and if it is not ready, why "
      "not. Exits with 3 when some clusters are not ready, and with 1 when none is.",
      {{"Three contexts of the kubeconfig", "fedctl clusters --contexts tokyo-cluster,ireland-cluster,virginia-cluster"},
       {"A fleet file, with servers and labels", "fedctl clusters --fleet fleet.yaml -o wide"}}};
  CLI::App* command = add_command(program, "clusters", "Show the clusters and how they are", std::move(text),
                                  [flags] { return finish(show_clusters(*flags), flags->output); });
  add_cluster_flags(program, *command, flags->clusters, true);
  add_output_flags(program, *command, flags->output, {"wide", "json", "yaml"});
}

}  // namespace fedctl::cli
