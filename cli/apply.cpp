#include "apply/apply.hpp"

#include "base/text.hpp"
#include "cli/planning.hpp"
#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <iostream>
#include <memory>

namespace fedctl::cli {
namespace {

using apply::ClusterResult;
using nlohmann::json;
using Outcome = ClusterResult::Outcome;

struct Flags {
  PlanFlags plan;
  bool yes = false;
  bool wait = true;
  std::string timeout = "5m";
};

bool ask(const plan::Plan& plan) {
  fmt::print("\nApply this to {}? Only 'yes' is taken for a yes: ", text::count(plan.clusters_with(plan::ClusterStatus::ok), "cluster"));
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return text::trim(answer) == "yes";
}

std::string result_table(const std::vector<ClusterResult>& results) {
  std::vector<std::vector<std::string>> rows;
  for (const ClusterResult& result : results) {
    rows.push_back({result.cluster, std::string{to_string(result.outcome)}, std::to_string(result.created), std::to_string(result.updated),
                    std::to_string(result.deleted), std::to_string(result.unchanged), std::to_string(result.skipped),
                    result.waited_for == 0 ? "-" : fmt::format("{}/{}", result.ready, result.waited_for)});
  }
  return table({"CLUSTER", "OUTCOME", "CREATED", "UPDATED", "DELETED", "UNCHANGED", "SKIPPED", "READY"}, rows);
}

json result_json(const std::vector<ClusterResult>& results) {
  json clusters = json::array();
  for (const ClusterResult& result : results) {
    json errors = json::array();
    for (const Error& error : result.errors)
      errors.push_back({{"code", to_string(error.code)}, {"object", error.object}, {"message", error.message}});
    clusters.push_back({{"name", result.cluster},
                        {"outcome", to_string(result.outcome)},
                        {"created", result.created},
                        {"updated", result.updated},
                        {"deleted", result.deleted},
                        {"unchanged", result.unchanged},
                        {"skipped", result.skipped},
                        {"ready", result.ready},
                        {"waitedFor", result.waited_for},
                        {"errors", std::move(errors)}});
  }
  return {{"apiVersion", "fedctl.io/v1alpha1"}, {"kind", "ApplyResult"}, {"clusters", std::move(clusters)}};
}

int exit_of(const std::vector<ClusterResult>& results, const plan::Plan& plan) {
  const auto has = [&](Outcome outcome) { return static_cast<std::size_t>(std::ranges::count(results, outcome, &ClusterResult::outcome)); };
  if (has(Outcome::interrupted) > 0) return exit_interrupted;
  const std::size_t bad = has(Outcome::failed) + has(Outcome::untouched);
  if (bad == results.size()) return exit_error;
  return bad > 0 || plan.summary().unknown > 0 ? exit_partial : exit_done;
}

void say_where_it_stands(const std::vector<ClusterResult>& results) {
  std::size_t skipped = 0;
  for (const ClusterResult& result : results) skipped += result.skipped;
  fmt::print(stderr, "interrupted: what was sent is done, {} not begun; run the same apply again to go on\n",
             text::count(skipped, "change"));
}

int carry_out(http::Loop& loop, const Planned& planned, const Flags& flags) {
  const bool as_json = flags.plan.output.output == "json";
  const apply::Options options{.wait = flags.wait, .timeout = time::parse_duration(flags.timeout).value_or(time::Duration{300'000})};
  std::vector<ClusterResult> results;
  {
    Progress progress{planned.fleet.names(), as_json};
    results = apply::run(loop, planned.clients, planned.plan, options, [&](const apply::Event& event) { progress.take(event); });
  }
  print(as_json ? result_json(results).dump(2) + "\n" : "\n" + result_table(results));
  std::fflush(stdout);
  for (const ClusterResult& result : results) {
    for (const Error& error : result.errors) fmt::print(stderr, "error: {}\n", describe(in_cluster(error, result.cluster)));
  }
  const int code = exit_of(results, planned.plan);
  if (code == exit_interrupted) say_where_it_stands(results);
  return code;
}

int apply_input(const Flags& flags) {
  const bool has_person = is_terminal(STDIN_FILENO);
  if (!flags.yes && !has_person) {
    fmt::print(stderr, "error: apply asks before it writes, and there is no terminal to ask on; use --yes\n");
    return exit_refused;
  }
  http::Loop loop{log_for(flags.plan.output)};
  const auto planned = make_plan(loop, flags.plan);
  if (!planned) return report(planned.error());
  const plan::Plan& plan = (*planned)->plan;
  if (flags.plan.output.output != "json") print_plan_text(plan, Style{flags.plan.output.no_color});
  std::fflush(stdout);
  const plan::Summary summary = plan.summary();
  if (summary.conflict > 0) {
    fmt::print(stderr, "error: {} in conflict, so nothing was applied; see the plan for what each needs\n",
               text::count(summary.conflict, "object"));
    return exit_refused;
  }
  if (plan.clusters_with(plan::ClusterStatus::ok) == 0) {
    fmt::print(stderr, "error: no cluster can be applied to; nothing was changed\n");
    return exit_error;
  }
  if (summary.has_changes() && !flags.yes && !ask(plan)) {
    fmt::print(stderr, "not applied\n");
    return exit_refused;
  }
  // Until here Ctrl-C ends the process at once, since nothing was written; from here on it is a wish to stop cleanly.
  loop.interrupt_on_signals();
  return carry_out(loop, **planned, flags);
}

}  // namespace

void add_apply(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Plans, asks, and applies to all clusters at once: namespaces and CustomResourceDefinitions first, then what workloads need, then "
      "the workloads. Then it waits until Deployments, StatefulSets, DaemonSets, Jobs and CustomResourceDefinitions are ready. A cluster "
      "that cannot be asked, or whose plan has an error, is left alone; the others go on. A conflict stops everything before "
      "anything is written. Ctrl-C lets what was sent finish, and says where it stands; running the same apply again goes on from "
      "there.\n\n"
      "Exits with 0 when all is done, 1 on an error (or when nothing could be done), 3 when some clusters failed or are unknown, 4 when "
      "refused (a conflict, no confirmation), 130 when interrupted.",
      {{"Apply after a look at the plan",
        "fedctl apply -f federated-web-app.yaml --contexts tokyo-cluster,ireland-cluster,virginia-cluster"},
       {"In a script", "fedctl apply -R -f manifests/ --fleet fleet.yaml --yes --timeout 10m"},
       {"Without waiting for the rollout", "fedctl apply -f manifests/ --fleet fleet.yaml --yes --wait=false"}}};
  CLI::App* command = add_command(program, "apply", "Make every cluster as the input says", std::move(text),
                                  [flags] { return finish(apply_input(*flags), flags->plan.output); });
  add_plan_flags(program, *command, flags->plan);
  const std::string group = "Applying";
  command->add_flag("-y,--yes", flags->yes, "Do not ask")->group(group);
  command->add_flag("--wait,!--no-wait", flags->wait, "Wait until what was applied is ready (--wait=false: do not)")
      ->group(group)
      ->default_str("true");
  add_duration(*command, "--timeout", flags->timeout, "How long to wait for it")->group(group);
  add_output_flags(program, *command, flags->plan.output, {"text", "json"});
}

}  // namespace fedctl::cli
