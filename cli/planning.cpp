#include "cli/planning.hpp"

#include "base/file.hpp"

namespace fedctl::cli {

void add_plan_flags(Program& program, CLI::App& command, PlanFlags& flags) {
  add_input_flags(program, command, flags.input);
  const std::string group = "Planning";
  command.add_flag("--create-namespaces", flags.create_namespaces, "Create namespaces that are neither in the input nor in the cluster")
      ->group(group);
  command.add_flag("--adopt", flags.adopt, "Take over objects that exist and are not ours")->group(group);
  command.add_flag("--force-conflicts", flags.force_conflicts, "Take over fields that other managers apply")->group(group);
  add_cluster_flags(program, command, flags.clusters, true);
}

Result<std::unique_ptr<Planned>> make_plan(http::Loop& loop, const PlanFlags& flags) {
  auto planned = std::make_unique<Planned>();
  auto input = read_input(flags.input);
  if (!input) return Failure{input.error()};
  planned->input = std::move(*input);
  auto fleet = fleet_from(flags.clusters);
  if (!fleet) return Failure{fleet.error()};
  auto chosen = narrowed(*fleet, flags.clusters.only);
  if (!chosen) return Failure{chosen.error()};
  planned->fleet = std::move(*chosen);
  auto clients = connect(loop, planned->fleet, flags.clusters);
  if (!clients) return Failure{clients.error()};
  planned->clients = std::move(*clients);

  inspect::Options options{
      .judge = {flags.adopt, flags.force_conflicts}, .create_namespaces = flags.create_namespaces, .cache = file::cache_folder()};
  const auto unknown = federation::unknown_types(planned->input.manifests, planned->input.types);
  if (!unknown.empty() && inspect::learn_types(loop, planned->clients, unknown, planned->input.types, options) > 0) {
    if (auto known = federation::check_types(planned->input.manifests, planned->input.types); !known) return Failure{known.error()};
  }
  auto rendered = federation::render(planned->input.manifests, *fleet, planned->input.types, planned->input.render);
  if (!rendered) return Failure{rendered.error()};
  planned->rendered = std::move(*rendered);
  std::erase_if(planned->rendered.clusters, [&](const auto& cluster) { return planned->fleet.find(cluster.cluster) == nullptr; });
  planned->plan = inspect::inspect_fleet(loop, planned->clients, planned->rendered, options);
  if (loop.interrupted()) return Failure{{Code::cancelled, "interrupted"}};
  return planned;
}

int plan_exit(const plan::Plan& plan) {
  const std::size_t broken = plan.clusters_with(plan::ClusterStatus::error) + plan.clusters_with(plan::ClusterStatus::unknown);
  const plan::Summary summary = plan.summary();
  if (broken == plan.clusters.size()) return exit_error;
  if (broken > 0 || summary.unknown > 0) return exit_partial;
  return summary.conflict > 0 ? exit_refused : exit_done;
}

}  // namespace fedctl::cli
