#include "inspect/status.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/yaml.hpp"
#include "cli/planning.hpp"
#include "cli/print_status.hpp"
#include "cli/screen.hpp"
#include "fleet/connect.hpp"
#include "http/rest.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <memory>

namespace fedctl::cli {
namespace {

using inspect::ClusterFare;

struct Flags {
  PlanFlags plan;
  std::string what;  ///< TYPE/NAME
  bool watch = false;
  std::string interval = "2s";
  bool detailed_exit_code = false;
};

/// An object that no input and no host speaks of: what the clusters say.
Result<std::vector<ClusterFare>> look_alone(http::Loop& loop, const Flags& flags, kube::Named named) {
  const auto fleet =
      fleet_from(flags.plan.clusters).and_then([&](const fleet::Fleet& all) { return fleet::narrowed(all, flags.plan.clusters.only); });
  if (!fleet) return Failure{fleet.error()};
  const auto clients = fleet::connect(loop, *fleet, connect_options(flags.plan.clusters));
  if (!clients) return Failure{clients.error()};
  std::vector<kube::Client*> all;
  for (const auto& client : *clients) all.push_back(client.get());
  if (named.name_space.empty()) named.name_space = "default";
  return inspect::status_of(loop, all, named, file::cache_folder());
}

Result<std::vector<ClusterFare>> look(http::Loop& loop, const Flags& flags) {
  kube::Named named;
  if (!flags.what.empty()) {
    auto parsed = named_object(flags.what, flags.plan.input, "status");
    if (!parsed) return Failure{parsed.error()};
    named = std::move(*parsed);
    const auto host = flags.plan.input.paths.empty() ? host_of(loop, flags.plan.clusters) : Result<std::optional<ConnectedHost>>{};
    if (!host) return Failure{host.error()};
    if (flags.plan.input.paths.empty() && !*host) return look_alone(loop, flags, std::move(named));
  }
  const auto planned = prepare(loop, flags.plan);
  if (!planned) return Failure{planned.error()};
  if (const auto made = make_plan(loop, flags.plan, **planned); !made) return Failure{made.error()};
  plan::Plan plan = (*planned)->plan();
  if (!flags.what.empty()) {
    plan = inspect::only(std::move(plan), named);
    const bool found = std::ranges::any_of(plan.clusters, [](const auto& cluster) { return !cluster.changes.empty() || cluster.problem; });
    if (!found)
      return Failure{{.code = Code::not_found,
                      .message = fmt::format("nothing speaks of {}", flags.what),
                      .hint = "see 'fedctl render' for what there is"}};
  }
  std::vector<kube::Client*> clients;
  for (const auto& client : (*planned)->scope->clients) clients.push_back(client.get());
  return inspect::status_of(loop, clients, plan);
}

int exit_of(const std::vector<ClusterFare>& fares, const Flags& flags) {
  const auto unknown = std::ranges::count_if(fares, [](const ClusterFare& fare) { return fare.problem.has_value(); });
  if (unknown > 0) return unknown == static_cast<std::ptrdiff_t>(fares.size()) ? exit_error : exit_partial;
  // An object that was read, and of which only the input could tell more, is no failure.
  const auto is_unread = [](const auto& object) { return object.sync == inspect::Sync::unknown && !object.readiness; };
  const bool knows_all = std::ranges::all_of(fares, [&](const ClusterFare& fare) { return std::ranges::none_of(fare.objects, is_unread); });
  if (!knows_all) return exit_partial;
  return flags.detailed_exit_code && !is_all_well(fares) ? exit_changes : exit_done;
}

std::vector<std::string> lines_of(const std::vector<ClusterFare>& fares, const Flags& flags, bool one_line) {
  const std::string& format = flags.plan.output.output;
  if (format == "json") return {fedctl::to_text(status_document(fares), one_line ? -1 : 2)};
  if (format == "yaml") return {yaml::emit(status_document(fares))};
  return status_lines(fares);
}

void print_lines(const std::vector<std::string>& lines) {
  print(text::join(lines, "\n") + "\n");
  flush_output();
}

/// On a terminal redrawn in place, elsewhere printed again whenever something changed, until Ctrl-C.
int watch(http::Loop& loop, const Flags& flags) {
  const bool in_place = is_terminal(STDOUT_FILENO) && (flags.plan.output.output.empty() || flags.plan.output.output == "text");
  const time::Duration interval = time::parse_duration(flags.interval).value_or(time::Duration{2000});
  Screen screen{stdout};
  Flags again = flags;
  std::vector<std::string> last;
  while (!loop.interrupted()) {
    const auto fares = look(loop, again);
    if (loop.interrupted()) break;
    again.plan.clusters.says_fleet = false;
    if (!fares) return report(fares.error());
    std::vector<std::string> lines = lines_of(*fares, flags, true);
    if (in_place) {
      screen.draw(lines);
    } else if (lines != last) {
      print_lines(lines);
    }
    last = std::move(lines);
    if (loop.run(http::rest(loop, interval)) == http::Rest::interrupted) break;
  }
  return exit_done;
}

int show_status(const Flags& flags) {
  http::Loop loop{log_for(flags.plan.output)};
  loop.interrupt_on_signals();
  if (flags.watch) {
    if (std::ranges::find(flags.plan.input.paths, "-") != flags.plan.input.paths.end())
      return report({Code::usage, "--watch reads its input again and again, so it excludes -f -"});
    return watch(loop, flags);
  }
  const auto fares = look(loop, flags);
  if (loop.interrupted()) return exit_interrupted;
  if (!fares) return report(fares.error());
  print_lines(lines_of(*fares, flags, false));
  return exit_of(*fares, flags);
}

}  // namespace

void add_status(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Shows how each object of the input (or of the host) fares in each cluster. SYNC: synced (as the input wants it), pending (the input "
      "wants something else), drifted (others changed it since the last apply; STATE says what and who), missing, leaving, conflict, "
      "foreign (there, and not applied by fedctl), unknown. WANTED, CURRENT and READY count replicas, with their sum over the clusters. "
      "Nothing is written.\n\n"
      "With TYPE/NAME it shows that object alone; without -f and host that is what the clusters tell of it.\n\n"
      "Exits with 0, with 1 when no cluster answers, 3 when a cluster or an object is unknown; with --detailed-exitcode 2 when something "
      "is not synced or not "
      "ready.",
      {{"All that files bring", "fedctl status -f federated-web-app.yaml --fleet fleet.yaml"},
       {"One object, watched", "fedctl status deployment/web-app -n production --contexts tokyo-cluster,ireland-cluster --watch"},
       {"What a host propagates", "fedctl status --host-cluster-context host-cluster"},
       {"In a script: is all well?", "fedctl status -R -f manifests/ --fleet fleet.yaml --detailed-exitcode"}}};
  CLI::App* command = add_command(program, "status", "Show how objects fare in every cluster", std::move(text),
                                  [flags] { return finish(show_status(*flags), flags->plan.output); });
  command->add_option("TYPE/NAME", flags->what, "One object, its type as kubectl takes it");
  flags->plan.input.required = false;
  add_input_flags(program, *command, flags->plan.input);
  add_cluster_flags(program, *command, flags->plan.clusters, true);
  command->add_flag("-w,--watch", flags->watch, "Look again and again, until Ctrl-C")->group("Output");
  add_duration(*command, "--interval", flags->interval, "How long to wait before looking again")->group("Output");
  command->add_flag("--detailed-exitcode", flags->detailed_exit_code, "Exit with 2 when something is not synced or not ready")
      ->group("Output");
  add_output_flags(program, *command, flags->plan.output, {"text", "json", "yaml"});
}

}  // namespace fedctl::cli
