#include "control/federate.hpp"

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
  std::vector<std::string> words;  ///< TYPE NAME, or TYPE/NAME
  std::vector<std::string> paths;
  std::string name_space;
  bool contents = false;
  bool enable_type = false;
  bool adopt = false;
  std::vector<std::string> skip;
  std::vector<std::string> placement;
  std::string selector;
  std::string action;
};

struct Target {
  std::string type;
  std::string name;
};

Result<Target> target_of(const std::vector<std::string>& words, const std::string& command) {
  if (words.size() == 2) return Target{words[0], words[1]};
  if (words.size() == 1 && words[0].find('/') != std::string::npos) {
    const auto slash = words[0].find('/');
    return Target{words[0].substr(0, slash), words[0].substr(slash + 1)};
  }
  return Failure{{.code = Code::usage,
                  .message = "expected TYPE NAME",
                  .hint = fmt::format("as in 'fedctl {} deployment web -n production'", command)}};
}

Result<control::FederateOptions> options_of(const Flags& flags) {
  control::FederateOptions options{.placement = flags.placement};
  if (!flags.selector.empty()) {
    auto selector = control::selector_of(flags.selector);
    if (!selector) return Failure{selector.error()};
    options.selector = std::move(*selector);
  }
  if (!flags.selector.empty() && !flags.placement.empty()) {
    return Failure{{.code = Code::usage,
                    .message = "--placement and --cluster-selector exclude each other",
                    .hint = "clusters that are named win over a selector"}};
  }
  const auto dry_run = is_dry_run(flags.host);
  if (!dry_run) return Failure{dry_run.error()};
  options.dry_run = *dry_run;
  options.emit = flags.output.output == "yaml" || !flags.paths.empty();
  if (options.emit && flags.enable_type) return Failure{{Code::usage, "--enable-type does not go with -o yaml or -f, which write nothing"}};
  options.adopt = flags.adopt;
  options.enable_type = flags.enable_type;
  options.contents = flags.contents;
  options.skip = flags.skip;
  options.cache = file::cache_folder();
  return options;
}

int emit(const control::FederateReport& report_of) {
  for (const std::string& line : report_of.warnings) warn(line);
  for (const auto& object : report_of.objects) print("---\n" + yaml::emit(object));
  return exit_done;
}

int federate_from_files(const Flags& flags, const control::FederateOptions& options) {
  auto manifests = manifest::read(flags.paths, false);
  if (!manifests) return report(manifests.error());
  for (manifest::Manifest& one : manifests->items) {
    if (!flags.name_space.empty() && kube::namespace_of(one.object).empty() && kube::string_at(one.object, "kind") != "Namespace") {
      one.object["metadata"]["namespace"] = flags.name_space;
    }
  }
  const auto done = control::federate_files(manifests->items, options);
  return done ? emit(*done) : report(done.error());
}

int run_federate(const Flags& flags) {
  const auto options = options_of(flags);
  if (!options) return report(options.error());
  if (!flags.paths.empty() && flags.words.empty()) return federate_from_files(flags, *options);
  if (!flags.paths.empty()) return report({Code::usage, "-f does not go with TYPE NAME"});
  const auto target = target_of(flags.words, "federate");
  if (!target) return report(target.error());
  return on_host(flags.host, flags.output, [&](const HostWork& work) -> int {
    const std::string name_space = flags.name_space.empty() ? work.host.default_namespace : flags.name_space;
    const auto done = work.loop.run(control::federate(work.host.host, target->type, name_space, target->name, *options));
    if (!done) return report_half_done(work, done.error());
    if (options->emit) return emit(*done);
    for (const std::string& line : done->warnings) warn(line);
    print_written(done->written, options->dry_run, false);
    return exit_done;
  });
}

int run_orphaning(const Flags& flags) {
  const auto target = target_of(flags.words, "orphaning-deletion " + flags.action);
  if (!target) return report(target.error());
  return on_host(flags.host, flags.output, [&](const HostWork& work) -> int {
    const std::string name_space = flags.name_space.empty() ? work.host.default_namespace : flags.name_space;
    auto action = flags.action == "enable" ? control::Orphaning::enable : control::Orphaning::disable;
    if (flags.action == "status" || work.dry_run) action = control::Orphaning::status;
    const auto done =
        work.loop.run(control::orphaning(work.host.host, action, target->type, name_space, target->name, file::cache_folder()));
    if (!done) return report_half_done(work, done.error());
    if (flags.action == "status") print(*done ? "Enabled\n" : "Disabled\n");
    return exit_done;
  });
}

}  // namespace

void add_federate(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Makes a federated object of one that lives in the host: its template is the object without what the API server and controllers "
      "set, and it goes to every cluster unless --placement or --cluster-selector say otherwise. 'fedctl apply' then propagates it; "
      "where the object runs already it becomes the copy there, without a restart. With --contents a namespace is taken with what is "
      "in it. With -f manifests are turned into federated ones on standard output, and no cluster is asked.\n\n"
      "Exits with 0, 1 on an error, 3 when a part is done, 4 when it is federated already.",
      {{"A Deployment that runs in the host", "fedctl federate deployment web -n production --enable-type"},
       {"A namespace and all that is in it, to two clusters",
        "fedctl federate namespace production --contents --enable-type --placement tokyo-cluster,ireland-cluster"},
       {"Manifests of before", "fedctl federate -f manifests.yaml > federated.yaml"}}};
  CLI::App* command = add_command(program, "federate", "Make federated objects of ordinary ones", std::move(text),
                                  [flags] { return finish(run_federate(*flags), flags->output); });
  auto* words = command->add_option("TYPE NAME", flags->words, "Type and name of a live object of the host")->expected(0, -1);
  program.values[words] = {ValueKind::type};
  auto* paths =
      command->add_option("-f,--filename", flags->paths, "File, folder or - with manifests to turn into federated ones; may be repeated");
  paths->type_name("PATH")->allow_extra_args(false);
  program.values[paths] = {ValueKind::file};
  command->add_option("-n,--namespace", flags->name_space, "Namespace of the object; default: the context's")->type_name("NAME");
  command->add_flag("-c,--contents", flags->contents, "Of a namespace: everything that is in it, too");
  command->add_flag("-t,--enable-type", flags->enable_type, "Enable types that are not yet");
  command->add_option("-s,--skip-api-resources", flags->skip, "With --contents: types or groups to pass over")
      ->delimiter(',')
      ->type_name("A,B")
      ->allow_extra_args(false);
  auto* placement = command->add_option("--placement", flags->placement, "Clusters it goes to; default: all");
  placement->delimiter(',')->type_name("A,B")->allow_extra_args(false);
  command->add_option("--cluster-selector", flags->selector, "Labels of the clusters it goes to: region=asia,tier=web")
      ->type_name("LABELS");
  command->add_flag("--adopt", flags->adopt, "Take over objects of the members, even where KubeFedConfig's adoptResources is Disabled");
  add_host_flags(program, *command, flags->host);
  add_dry_run_flag(*command, flags->host);
  add_output_flags(program, *command, flags->output, {"yaml"});
}

void add_orphaning_deletion(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Says whether the copies of a federated object stay in the members when it is deleted: 'enable' lets them stay, 'disable' lets "
      "them go with it, 'status' prints Enabled or Disabled. It is the annotation kubefed.io/orphan of the federated object.",
      {{"Let the copies stay", "fedctl orphaning-deletion enable federateddeployment web -n production"},
       {"How is it?", "fedctl orphaning-deletion status federateddeployment web -n production"}}};
  CLI::App* command = add_command(program, "orphaning-deletion", "Let copies stay when a federated object is deleted", std::move(text),
                                  [flags] { return finish(run_orphaning(*flags), flags->output); });
  auto* action = command->add_option("ACTION", flags->action, "enable, disable or status");
  action->required()->check(one_of("action", {"enable", "disable", "status"}));
  program.values[action] = {ValueKind::choice, {"enable", "disable", "status"}};
  auto* words = command->add_option("TYPE NAME", flags->words, "Type and name of the federated object");
  words->required()->expected(1, -1);
  program.values[words] = {ValueKind::type};
  command->add_option("-n,--namespace", flags->name_space, "Namespace of the object; default: the context's")->type_name("NAME");
  add_host_flags(program, *command, flags->host);
  add_dry_run_flag(*command, flags->host);
  add_output_flags(program, *command, flags->output, {});
}

}  // namespace fedctl::cli
