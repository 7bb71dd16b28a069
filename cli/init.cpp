#include "control/init.hpp"

#include "base/file.hpp"
#include "base/yaml.hpp"
#include "cli/host.hpp"
#include "cli/usage.hpp"

#include <fmt/format.h>
#include <CLI/Validators.hpp>
#include <memory>

namespace fedctl::cli {
namespace {

struct Flags {
  HostFlags host;
  OutputFlags output;
  std::string scope;
  bool force = false;
};

Result<control::DryRun> dry_run_of(const HostFlags& flags) {
  const auto given = is_dry_run(flags);
  if (!given) return Failure{given.error()};
  if (!*given) return control::DryRun::none;
  return flags.dry_run == "server" ? control::DryRun::server : control::DryRun::client;
}

std::optional<control::Scope> scope_of(const Flags& flags) {
  if (flags.scope.empty()) return std::nullopt;
  return flags.scope == "Namespaced" ? control::Scope::namespaced : control::Scope::cluster;
}

int print_objects(const Flags& flags) {
  std::string text;
  for (const auto& object : control::control_plane_objects(flags.host.name_space, scope_of(flags).value_or(control::Scope::cluster))) {
    text += "---\n" + yaml::emit(object);
  }
  print(text);
  return exit_done;
}

int run_init(const Flags& flags) {
  const auto dry_run = dry_run_of(flags.host);
  if (!dry_run) return report(dry_run.error());
  if (flags.output.output == "yaml") return print_objects(flags);
  return on_host(flags.host, flags.output, [&](const HostWork& work) -> int {
    const auto done = work.loop.run(control::init(work.host.host, {.scope = scope_of(flags), .dry_run = *dry_run}));
    if (!done) return report_half_done(work, done.error());
    for (const std::string& found : done->found) print_line("found " + found);
    print_written(done->objects, *dry_run != control::DryRun::none, false);
    if (*dry_run == control::DryRun::none) {
      print_line(fmt::format("The control plane is ready in {} (scope {}). Next: fedctl join CLUSTER --host-cluster-context {}",
                             work.host.host.name, to_string(done->scope), work.host.client->cluster()));
    }
    return exit_done;
  });
}

int run_deinit(const Flags& flags) {
  const auto dry_run = dry_run_of(flags.host);
  if (!dry_run) return report(dry_run.error());
  return on_host(flags.host, flags.output, [&](const HostWork& work) -> int {
    const auto done = work.loop.run(control::deinit(work.host.host, flags.force, *dry_run, file::cache_folder()));
    if (!done) return report_half_done(work, done.error());
    print_written(done->objects, *dry_run != control::DryRun::none, false);
    for (const std::string& kept : done->kept) print_line("kept " + kept);
    if (done->objects.empty()) print("There is nothing here that init made.\n");
    return exit_done;
  });
}

}  // namespace

void add_init(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Installs or upgrades the control plane in the host cluster: the namespace, KubeFed's types (so that its manifests and kubectl "
      "work as before), KubeFedConfig, and roles for the people who use it. It can be run again at any time. Where KubeFed is "
      "installed already, its configuration and its rights stay as they are, and it says what it found. No controller is installed: "
      "'fedctl apply' propagates.\n\n"
      "With -o yaml it writes nothing and asks no cluster: the objects go to standard output, for GitOps. Exits with 0, 1 on an error, "
      "or 3 when a part is done; the same command again goes on.",
      {{"Make host-cluster the host of a federation", "fedctl init --host-cluster-context host-cluster"},
       {"See what the API server would say", "fedctl init --host-cluster-context host-cluster --dry-run=server"},
       {"For a repository that GitOps applies", "fedctl init -o yaml > control-plane.yaml"}}};
  CLI::App* command = add_command(program, "init", "Make a cluster the host of a federation", std::move(text),
                                  [flags] { return finish(run_init(*flags), flags->output); });
  auto* scope =
      command->add_option("--scope", flags->scope, "Cluster: federate in all namespaces; Namespaced: only in the control plane's own");
  scope->check(one_of("scope", {"Cluster", "Namespaced"}))->type_name("SCOPE");
  program.values[scope] = {ValueKind::choice, {"Cluster", "Namespaced"}};
  command->add_flag("--dry-run", flags->host.dry_run, "Write nothing: =client only reads, =server has the API server check");
  add_host_flags(program, *command, flags->host);
  add_output_flags(program, *command, flags->output, {"yaml"});
}

void add_deinit(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Takes away just what init made. What KubeFed or somebody else made stays, and so does the namespace while anything else is in "
      "it. The types that 'enable' made stay too, with the federated objects in them; 'fedctl disable TYPE --delete-crd' takes one "
      "away.\n\n"
      "Refused (exit 4) while clusters are joined, unless --force.",
      {{"Take the control plane away", "fedctl deinit --host-cluster-context host-cluster"}}};
  CLI::App* command = add_command(program, "deinit", "Take away what init made", std::move(text),
                                  [flags] { return finish(run_deinit(*flags), flags->output); });
  command->add_flag("--force", flags->force, "Even while clusters are joined");
  command->add_flag("--dry-run", flags->host.dry_run, "Say what would go, and delete nothing");
  add_host_flags(program, *command, flags->host);
  add_output_flags(program, *command, flags->output, {});
}

}  // namespace fedctl::cli
