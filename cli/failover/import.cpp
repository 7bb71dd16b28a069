#include "base/file.hpp"
#include "base/json.hpp"
#include "cli/common.hpp"
#include "cli/failover/commands.hpp"
#include "import/imported.hpp"

#include <fmt/format.h>
#include <filesystem>

namespace fedctl::cli {
namespace {

struct Flags {
  std::vector<std::string> paths;
  std::vector<std::string> targets;
  OutputFlags output;
};

bool is_manifest(const std::string& path) {
  std::error_code ignored;
  return path == "-" || manifest::is_manifest_file(path) || std::filesystem::is_directory(path, ignored);
}

int run_import(const Flags& flags) {
  std::vector<std::string> manifest_paths;
  std::vector<std::string> scripts;
  for (const std::string& path : flags.paths) {
    if (is_manifest(path)) {
      manifest_paths.push_back(path);
      continue;
    }
    auto script = file::read(path);
    if (!script) return report(script.error());
    scripts.push_back(std::move(*script));
  }
  import::ImportOptions options;
  for (const std::string& target : flags.targets) {
    const auto equals = target.find('=');
    if (equals == std::string::npos) return report({Code::usage, fmt::format("--target {}: expected CLUSTER=NAME", target)});
    options.targets[target.substr(0, equals)] = target.substr(equals + 1);
  }
  manifest::Manifests manifests;
  if (!manifest_paths.empty()) {
    auto read = manifest::read(manifest_paths, false);
    if (!read) return report(read.error());
    manifests = std::move(*read);
  }
  const auto imported = import::import_scripts(manifests.items, scripts, options);
  if (!imported) return report(imported.error());
  if (flags.output.output == "json") {
    print(fedctl::to_text({{"policy", imported->policy}, {"forgotten", imported->forgotten}, {"missing", imported->missing}}, 2) + "\n");
  } else {
    print(to_yaml(*imported));
  }
  return exit_done;
}

}  // namespace

void add_failover_import(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Reads the failover script that you have, in a ConfigMap or by itself, with the CronJob that runs it and the federated object that "
      "it "
      "patches, and prints the FailoverPolicy that it amounts to: clusters, roles by name, the record. What the script forgot, and what it "
      "does not say and you must fill in, are comments at the top. Talks to nothing.\n\nExits with 0, or 1 where there is nothing that can "
      "be read.",
      {{"From the ConfigMap, the CronJob and the object",
        "fedctl failover import failover-automation.yaml active-standby-deployment.yaml >failover-policy.yaml"},
       {"From a script, saying what it leaves out",
        "fedctl failover import failover.sh app.yaml --target tokyo-cluster=tokyo-lb.example.com"}}};
  CLI::App* command = add_command(program, "failover import", "Print the policy that a failover script amounts to", std::move(text),
                                  [flags] { return finish(run_import(*flags), flags->output); });
  auto* paths = command->add_option("FILE", flags->paths, "Manifests (.yaml, .json, a folder, -) and scripts")->required();
  program.values[paths] = {ValueKind::file};
  command->add_option("--target", flags->targets, "What the name points to while a cluster is active; may be repeated")
      ->type_name("CLUSTER=NAME")
      ->allow_extra_args(false);
  add_output_flags(program, *command, flags->output, {"yaml", "json"});
}

}  // namespace fedctl::cli
