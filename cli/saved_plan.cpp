#include "cli/saved_plan.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>

namespace fedctl::cli {
namespace {

using nlohmann::json;

std::string absolute(const std::string& path) {
  return path.empty() || path == "-" ? path : std::filesystem::absolute(file::expand_home(path)).lexically_normal().string();
}

json fleet_document(const fleet::Fleet& fleet) {
  json clusters = json::array();
  for (const fleet::Cluster& cluster : fleet.clusters) {
    clusters.push_back({{"name", cluster.name},
                        {"context", cluster.context},
                        {"kubeconfig", cluster.kubeconfig ? absolute(cluster.kubeconfig->string()) : ""},
                        {"labels", cluster.labels}});
  }
  return clusters;
}

fleet::Fleet read_fleet(const json& clusters) {
  fleet::Fleet fleet;
  for (const json& item : clusters) {
    fleet::Cluster cluster{.name = item.at("name"), .context = item.at("context"), .labels = item.at("labels")};
    if (const std::string kubeconfig = item.at("kubeconfig"); !kubeconfig.empty()) cluster.kubeconfig = kubeconfig;
    fleet.clusters.push_back(std::move(cluster));
  }
  return fleet;
}

json rollout_document(const fleet::Rollout& rollout) {
  json waves = json::array();
  for (const fleet::Wave& wave : rollout.waves) waves.push_back({{"clusters", wave.clusters}, {"labels", wave.labels}});
  return {{"waves", std::move(waves)}, {"pause", rollout.pause.count()}, {"maxFailing", rollout.max_failing}};
}

fleet::Rollout read_rollout(const json& document) {
  fleet::Rollout rollout;
  for (const json& wave : document.at("waves")) rollout.waves.push_back({wave.at("clusters"), wave.at("labels")});
  rollout.pause = time::Duration{document.at("pause").get<std::int64_t>()};
  rollout.max_failing = document.at("maxFailing");
  return rollout;
}

json command_of(const PlanFlags& flags, const Planned& planned, const fleet::Fleet& fleet) {
  std::vector<std::string> paths;
  for (const std::string& path : flags.input.paths) paths.push_back(absolute(path));
  json command{{"paths", paths},
               {"recursive", flags.input.recursive},
               {"namespace", flags.input.name_space},
               {"apis", flags.input.apis},
               {"kubeconfig", absolute(flags.clusters.kubeconfig)},
               {"only", flags.clusters.only},
               {"createNamespaces", flags.create_namespaces},
               {"adopt", flags.adopt},
               {"forceConflicts", flags.force_conflicts},
               {"prune", flags.prune},
               {"set", flags.set}};
  if (planned.host) {
    command["host"] = {{"context", planned.host->client->cluster()}, {"namespace", planned.host->host.name_space}};
  } else {
    command["clusters"] = fleet_document(fleet);
  }
  return command;
}

/// Flags that the saved plan has settled already.
std::vector<std::string> settled_flags(const PlanFlags& flags) {
  std::vector<std::string> given;
  const auto note = [&](bool is_given, const char* name) {
    if (is_given) given.emplace_back(name);
  };
  note(!flags.input.paths.empty(), "-f");
  note(!flags.input.name_space.empty(), "-n");
  note(!flags.clusters.contexts.empty(), "--contexts");
  note(!flags.clusters.fleet.empty(), "--fleet");
  note(!flags.clusters.only.empty(), "--cluster");
  note(!flags.clusters.host_context.empty(), "--host-cluster-context");
  note(flags.create_namespaces, "--create-namespaces");
  note(flags.adopt, "--adopt");
  note(flags.force_conflicts, "--force-conflicts");
  note(flags.prune, "--prune");
  note(!flags.set.empty(), "--set");
  return given;
}

/// The fleet of the saved plan; without clusters where it is a host's.
fleet::Fleet restore(const json& command, PlanFlags& flags) {
  flags.input.paths = command.at("paths").get<std::vector<std::string>>();
  flags.input.recursive = command.at("recursive");
  flags.input.name_space = command.at("namespace");
  flags.input.apis = command.at("apis").get<std::vector<std::string>>();
  if (flags.clusters.kubeconfig.empty()) flags.clusters.kubeconfig = command.at("kubeconfig");
  flags.clusters.only = command.at("only").get<std::vector<std::string>>();
  flags.create_namespaces = command.at("createNamespaces");
  flags.adopt = command.at("adopt");
  flags.force_conflicts = command.at("forceConflicts");
  flags.prune = command.at("prune");
  flags.set = command.at("set");
  if (!command.contains("host")) return read_fleet(command.at("clusters"));
  flags.clusters.host_context = command["host"].at("context");
  flags.clusters.kubefed_namespace = command["host"].at("namespace");
  return {};
}

}  // namespace

Result<void> save_plan(const std::string& path, const PlanFlags& flags, const Planned& planned, std::vector<manifest::Manifest> manifests,
                       json how) {
  json command = command_of(flags, planned, planned.whole_fleet);
  command["rollout"] = rollout_document(planned.rollout);
  if (!how.is_null()) command["apply"] = std::move(how);
  const plan::SavedPlan saved = plan::save(planned.the_plan(), manifests, std::move(command));
  if (plan::needs_source(saved) && std::ranges::find(flags.input.paths, "-") != flags.input.paths.end()) {
    return Failure{{Code::usage, "Secrets from standard input cannot be saved: their values are not kept, and - cannot be read again", "",
                    "", "", "name the file with -f"}};
  }
  return file::write_atomically(path, plan::to_text(saved), 0600);
}

Result<plan::SavedPlan> load_plan(const std::string& path) {
  const auto text = file::read(path);
  if (!text) return Failure{text.error()};
  auto saved = plan::parse_saved(*text);
  if (!saved) return Failure{at_place(saved.error(), path)};
  return saved;
}

Result<std::unique_ptr<Planned>> prepare_saved(http::Loop& loop, const plan::SavedPlan& saved, PlanFlags& flags) {
  if (const auto given = settled_flags(flags); !given.empty()) {
    return Failure{{Code::usage, fmt::format("a saved plan has settled {} already", text::join(given, ", ")), "", "", "",
                    "apply it as it is, or plan again"}};
  }
  fleet::Fleet fleet;
  fleet::Rollout rollout;
  try {
    fleet = restore(saved.command, flags);
    rollout = read_rollout(saved.command.at("rollout"));
  } catch (const json::exception& problem) {
    return Failure{{Code::invalid_input, fmt::format("the saved plan is damaged: {}", problem.what()), "", "", "", "plan again"}};
  }
  flags.identify = true;
  std::vector<manifest::Manifest> source;
  if (plan::needs_source(saved)) {
    auto again = manifest::read(flags.input.paths, flags.input.recursive);
    if (!again) return Failure{again.error()};
    source = std::move(again->items);
  }
  auto manifests = plan::manifests_of(saved, std::move(source));
  if (!manifests) return Failure{manifests.error()};
  auto input = input_of(std::move(*manifests), flags.input);
  if (!input) return Failure{input.error()};
  auto planned = prepare(loop, flags, std::move(*input), std::move(fleet));
  if (planned) (*planned)->rollout = std::move(rollout);
  return planned;
}

void say_staleness(const plan::Staleness& staleness) {
  for (const plan::Moved& one : staleness.moved) {
    const std::string object = one.key.kind.empty() ? "" : kube::to_string(one.key) + ": ";
    const std::string who = one.who ? fmt::format(" ({}, {})", one.who->manager, one.who->time) : "";
    say(fmt::format("moved: {}: {}{}{}\n", one.cluster, object, one.what, who));
  }
  if (staleness.done > 0) say(fmt::format("{} made already\n", text::count(staleness.done, "planned change")));
  if (staleness.elsewhere > 0)
    say(fmt::format("{} moved that the plan leaves alone; plan again to see\n", text::count(staleness.elsewhere, "object")));
}

}  // namespace fedctl::cli
