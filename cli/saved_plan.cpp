#include "cli/saved_plan.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/print_plan.hpp"
#include "plan/part.hpp"

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

fleet::Fleet read_fleet(const std::vector<plan::Part>& clusters, const std::string& from) {
  fleet::Fleet fleet{.brought_by = from};
  for (const plan::Part& item : clusters) {
    fleet::Cluster cluster{.name = item.text("name"), .context = item.text("context"), .labels = item.table("labels")};
    if (const std::string kubeconfig = item.text("kubeconfig"); !kubeconfig.empty()) cluster.kubeconfig = kubeconfig;
    fleet.clusters.push_back(std::move(cluster));
  }
  return fleet;
}

json rollout_document(const fleet::Rollout& rollout) {
  json waves = json::array();
  for (const fleet::Wave& wave : rollout.waves) waves.push_back({{"clusters", wave.clusters}, {"labels", wave.labels}});
  return {{"waves", std::move(waves)}, {"pause", rollout.pause.count()}, {"maxFailing", rollout.max_failing}};
}

fleet::Rollout read_rollout(const plan::Part& document) {
  fleet::Rollout rollout;
  for (const plan::Part& wave : document.items("waves")) rollout.waves.push_back({wave.texts("clusters"), wave.table("labels")});
  rollout.pause = time::Duration{document.number("pause")};
  rollout.max_failing = static_cast<int>(document.number("maxFailing"));
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
               {"acceptRoleChange", flags.accept_role_change},
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
  note(flags.accept_role_change, "--accept-role-change");
  note(flags.prune, "--prune");
  note(!flags.set.empty(), "--set");
  return given;
}

/// The fleet of the saved plan; without clusters where it is a host's.
fleet::Fleet restore(const plan::Part& command, PlanFlags& flags, const std::string& from) {
  flags.input.paths = command.texts("paths");
  flags.input.recursive = command.flag("recursive");
  flags.input.name_space = command.text("namespace");
  flags.input.apis = command.texts("apis");
  if (flags.clusters.kubeconfig.empty()) {
    flags.clusters.kubeconfig = command.text("kubeconfig");
    flags.clusters.kubeconfig_brought_by = from;
  }
  flags.clusters.only = command.texts("only");
  flags.create_namespaces = command.flag("createNamespaces");
  flags.adopt = command.flag("adopt");
  flags.force_conflicts = command.flag("forceConflicts");
  // Plans of older versions do not have it.
  flags.accept_role_change = command.flag("acceptRoleChange", false);
  flags.prune = command.flag("prune");
  flags.set = command.text("set");
  if (!command.has("host")) return read_fleet(command.items("clusters"), from);
  flags.clusters.host_context = command.at("host").text("context");
  flags.clusters.kubefed_namespace = command.at("host").text("namespace");
  return {};
}

}  // namespace

Result<void> save_plan(const std::string& path, const PlanFlags& flags, const Planned& planned, std::vector<manifest::Manifest> manifests,
                       json how) {
  json command = command_of(flags, planned, planned.scope->all);
  command["rollout"] = rollout_document(planned.rollout);
  if (!how.is_null()) command["apply"] = std::move(how);
  const plan::SavedPlan saved = plan::save(planned.plan(), manifests, std::move(command));
  if (plan::needs_source(saved) && std::ranges::find(flags.input.paths, "-") != flags.input.paths.end()) {
    return Failure{{.code = Code::usage,
                    .message = "Secrets from standard input cannot be saved: their values are not kept, and - cannot be read again",
                    .hint = "name the file with -f"}};
  }
  return file::write_atomically(path, plan::to_text(saved), {.mode = 0600});
}

Result<plan::SavedPlan> load_plan(const std::string& path) {
  const auto text = file::read(path);
  if (!text) return Failure{text.error()};
  auto saved = plan::parse_saved(*text);
  if (!saved) return Failure{at_place(saved.error(), path)};
  return saved;
}

Result<std::unique_ptr<Planned>> prepare_saved(http::Loop& loop, const plan::SavedPlan& saved, PlanFlags& flags, const std::string& from) {
  if (const auto given = settled_flags(flags); !given.empty()) {
    return Failure{{.code = Code::usage,
                    .message = fmt::format("a saved plan has settled {} already", text::join(given, ", ")),
                    .hint = "apply it as it is, or plan again"}};
  }
  const plan::Part command{saved.command, "/command"};
  auto fleet = plan::read_whole([&] { return restore(command, flags, from); });
  if (!fleet) return Failure{fleet.error()};
  auto rollout = plan::read_whole([&] { return read_rollout(command.at("rollout")); });
  if (!rollout) return Failure{rollout.error()};
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
  auto planned = prepare(loop, flags, std::move(*input), std::move(*fleet));
  if (planned) (*planned)->rollout = std::move(*rollout);
  return planned;
}

void say_staleness(const plan::Staleness& staleness) {
  for (const plan::Moved& one : staleness.moved) {
    const std::string object = one.key.kind.empty() ? "" : kube::to_string(one.key) + ": ";
    const std::string who = one.who ? fmt::format(" ({})", writer_text(*one.who)) : "";
    say_line(fmt::format("moved: {}: {}{}{}", one.cluster, object, one.what, who));
  }
  if (staleness.done > 0) say_line(fmt::format("{} made already", text::count(staleness.done, "planned change")));
  if (staleness.elsewhere > 0)
    say(fmt::format("{} moved that the plan leaves alone; plan again to see\n", text::count(staleness.elsewhere, "object")));
}

}  // namespace fedctl::cli
