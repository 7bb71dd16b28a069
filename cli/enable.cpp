#include "control/enable.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "cli/host.hpp"
#include "control/member.hpp"
#include "fleet/connect.hpp"

#include <fmt/format.h>
#include <memory>

namespace fedctl::cli {
namespace {

struct Flags {
  HostFlags host;
  OutputFlags output;
  std::vector<std::string> words;
  std::vector<std::string> paths;
  bool all = false;
  bool validate_template = false;
  std::string version;
  std::string federated_group{control::default_federated_group};
  std::string federated_version{control::default_federated_version};
  bool delete_definition = false;
};

Result<void> check_words(const Flags& flags) {
  const int ways = (flags.words.empty() ? 0 : 1) + (flags.paths.empty() ? 0 : 1) + (flags.all ? 1 : 0);
  if (ways == 1) return {};
  return Failure{{.code = Code::usage,
                  .message = ways == 0 ? "nothing says which types" : "types, -f and --all exclude each other",
                  .hint = "name types, as in 'fedctl enable deployments', or use -f FILE or --all"}};
}

Task<Result<std::vector<control::TypeRequest>>> all_types(control::Host host, fleet::ConnectOptions options) {
  const auto members = co_await control::read_members(host, options);
  if (!members) co_return Failure{members.error()};
  std::vector<kube::Client*> clients;
  for (const auto& client : members->clients) clients.push_back(client.get());
  co_return co_await control::common_types(host, clients, file::cache_folder());
}

Result<std::vector<control::TypeRequest>> requests_of(http::Loop& loop, const control::Host& host, const Flags& flags) {
  if (!flags.paths.empty()) return control::read_directives(flags.paths);
  std::vector<control::TypeRequest> requests;
  if (flags.all) {
    auto common = loop.run(all_types(host, connect_options(flags.host)));
    if (!common) return Failure{common.error()};
    requests = std::move(*common);
  }
  for (const std::string& word : flags.words) requests.push_back({.word = word, .version = flags.version});
  for (control::TypeRequest& request : requests) {
    request.federated_group = flags.federated_group;
    request.federated_version = flags.federated_version;
  }
  return requests;
}

/// Members with minimal rights follow what is enabled.
void follow(http::Loop& loop, const control::Host& host, const Flags& flags) {
  std::vector<std::string> warnings;
  const control::ConnectContext connect = [&](const std::string& cluster,
                                              const std::string& context) -> Result<std::unique_ptr<kube::Client>> {
    auto member = connect_member(loop, flags.host, cluster, context);
    if (!member) return Failure{member.error()};
    return std::move(member->client);
  };
  const auto done = loop.run(control::update_member_rights(host, connect, warnings));
  if (done) print_written(*done, false, true);
  if (!done) warnings.push_back("the rights of members could not be brought up to date: " + done.error().message);
  for (const std::string& line : warnings) warn(line);
}

int run_enable(const Flags& flags) {
  if (const auto checked = check_words(flags); !checked) return report(checked.error());
  return on_host(flags.host, flags.output, [&](const HostWork& work) -> int {
    const auto requests = requests_of(work.loop, work.host.host, flags);
    if (!requests) return report(requests.error());
    const control::EnableOptions options{
        .validate_template = flags.validate_template, .dry_run = work.dry_run, .cache = file::cache_folder()};
    const auto types = work.loop.run(control::resolve_types(work.host.host, *requests, options));
    if (!types) return report_refusal(types.error());
    if (flags.output.output == "yaml") {
      for (const control::EnabledType& type : *types) print("---\n" + yaml::emit(type.config) + "---\n" + yaml::emit(type.definition));
      return exit_done;
    }
    const auto done = work.loop.run(control::enable(work.host.host, *types, options));
    if (!done) return report_half_done(work, done.error());
    print_written(*done, work.dry_run, false);
    if (!work.dry_run) follow(work.loop, work.host.host, flags);
    return exit_done;
  });
}

int run_disable(const Flags& flags) {
  const bool needs_definition = flags.federated_group != control::default_federated_group || !flags.version.empty();
  if (needs_definition && !flags.delete_definition) {
    return report({Code::usage, "--federated-group and --version go with --delete-crd only"});
  }
  return on_host(flags.host, flags.output, [&](const HostWork& work) -> int {
    for (const std::string& word : flags.words) {
      const auto done = work.loop.run(control::disable(work.host.host, word,
                                                       {.delete_definition = flags.delete_definition,
                                                        .federated_group = flags.federated_group,
                                                        .dry_run = work.dry_run,
                                                        .cache = file::cache_folder()}));
      if (!done) return report_half_done(work, done.error());
      print_written(*done, work.dry_run, false);
    }
    if (!work.dry_run) follow(work.loop, work.host.host, flags);
    return exit_done;
  });
}

}  // namespace

void add_enable(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Makes types federated: for Deployment a type FederatedDeployment appears in the host, and a FederatedTypeConfig named "
      "deployments.apps says so. A type may be called as kubectl calls it: deployments, deploy, Deployment, deployments.apps. Enabling "
      "again brings the definition up to date. Members joined with minimal rights get the rights they need for it.\n\n"
      "Exits with 0, 1 on an error, 3 when a part is done, 4 when the type is federated as something else.",
      {{"What most applications need", "fedctl enable namespaces deployments services configmaps secrets ingresses"},
       {"Everything that all members serve", "fedctl enable --all --host-cluster-context host-cluster"},
       {"Refuse templates that the type itself would refuse", "fedctl enable deployments --validate-template"},
       {"For GitOps: write nothing", "fedctl enable deployments -o yaml > federated-deployments.yaml"}}};
  CLI::App* command = add_command(program, "enable", "Make a type federated", std::move(text),
                                  [flags] { return finish(run_enable(*flags), flags->output); });
  auto* words = command->add_option("TYPE", flags->words, "Types, as kubectl calls them");
  program.values[words] = {ValueKind::type};
  auto* paths = command->add_option("-f,--filename", flags->paths, "File with an EnableTypeDirective; may be repeated");
  paths->type_name("FILE")->allow_extra_args(false);
  program.values[paths] = {ValueKind::file};
  command->add_flag("--all", flags->all, "Every type that the host and all members serve");
  command->add_option("--version", flags->version, "Version of the type; default: the one the host prefers")->type_name("VERSION");
  command->add_option("--federated-group", flags->federated_group, "API group of the federated type")
      ->type_name("GROUP")
      ->capture_default_str();
  command->add_option("--federated-version", flags->federated_version, "Version of the federated type")
      ->type_name("VERSION")
      ->capture_default_str();
  command->add_flag("--validate-template", flags->validate_template, "Put the type's own schema into the federated type's template");
  add_host_flags(program, *command, flags->host);
  add_dry_run_flag(*command, flags->host);
  add_output_flags(program, *command, flags->output, {"yaml"});
}

void add_disable(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Takes types out of the federation: their FederatedTypeConfig goes. Federated objects and what was propagated stay. With "
      "--delete-crd the federated type itself goes too; that is refused (exit 4) while objects of it exist.",
      {{"No longer propagate Secrets", "fedctl disable secrets --host-cluster-context host-cluster"},
       {"Leave nothing of it in the host", "fedctl disable secrets --delete-crd"}}};
  CLI::App* command = add_command(program, "disable", "Take a type out of the federation", std::move(text),
                                  [flags] { return finish(run_disable(*flags), flags->output); });
  auto* words = command->add_option("TYPE", flags->words, "Types, as kubectl calls them, or names of FederatedTypeConfigs");
  words->required();
  program.values[words] = {ValueKind::type};
  command->add_flag("--delete-crd", flags->delete_definition, "Delete the federated type's definition too");
  command->add_option("--federated-group", flags->federated_group, "API group of the federated type")
      ->type_name("GROUP")
      ->capture_default_str();
  command->add_option("--version", flags->version, "Version of the type")->type_name("VERSION");
  add_host_flags(program, *command, flags->host);
  add_dry_run_flag(*command, flags->host);
  add_output_flags(program, *command, flags->output, {});
}

}  // namespace fedctl::cli
