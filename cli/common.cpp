#include "cli/common.hpp"

#include "base/file.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/usage.hpp"
#include "federation/placement.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <CLI/Validators.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace fedctl::cli {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string check_duration(const std::string& text) {
  return time::parse_duration(text) ? "" : fmt::format("'{}' is no duration such as 30s, 2m or 1h30m", text);
}

/// Why standard output is broken; 0 as long as it is not.
std::atomic<int>& output_problem() {
  static std::atomic<int> problem{0};
  return problem;
}

void write(const std::string& text, std::FILE* stream) {
  const std::string clean = for_terminal(text);
  const bool is_written = std::fwrite(clean.data(), 1, clean.size(), stream) == clean.size();
  if (!is_written && stream == stdout && output_problem() == 0) output_problem() = errno;
}

}  // namespace

CLI::Option* add_choice(Program& program, CLI::App& command, const std::string& name, std::string& value,
                        const std::vector<std::string>& choices, const std::string& help) {
  CLI::Option* option = command.add_option(name, value, help)->check(one_of("value of " + name, choices));
  program.values[option] = {ValueKind::choice, choices};
  return option->type_name("WHAT")->capture_default_str();
}

CLI::Option* add_duration(CLI::App& command, const std::string& name, std::string& value, const std::string& help) {
  return command.add_option(name, value, help)->check(check_duration)->type_name("DURATION")->capture_default_str();
}

void add_cluster_flags(Program& program, CLI::App& command, ClusterFlags& flags, bool talks) {
  const std::string group = "Clusters";
  auto* fleet = command.add_option("--fleet", flags.fleet, "Fleet file that names the clusters; default $FEDCTL_FLEET, then ./fleet.yaml");
  fleet->type_name("FILE")->group(group);
  program.values[fleet] = {ValueKind::file};
  auto* contexts = command.add_option("--contexts", flags.contexts, "Contexts of the kubeconfig to use as the fleet, separated by commas");
  contexts->delimiter(',')->type_name("A,B,C")->group(group)->allow_extra_args(false);
  program.values[contexts] = {ValueKind::context};
  auto* only = command.add_option("--cluster", flags.only, "Only this cluster of the fleet; may be repeated");
  only->delimiter(',')->type_name("NAME")->group(group)->allow_extra_args(false);
  program.values[only] = {ValueKind::cluster};
  auto* kubeconfig = command.add_option("--kubeconfig", flags.kubeconfig, "kubeconfig file; default $KUBECONFIG, then ~/.kube/config");
  kubeconfig->type_name("FILE")->group(group);
  program.values[kubeconfig] = {ValueKind::file};
  if (!talks) return;
  auto* trusted = command.add_option("--trust-kubeconfig", flags.trusted_kubeconfigs,
                                     "Use this kubeconfig, which runs programs or sends token files, although a saved plan or a fleet.yaml "
                                     "found in this folder names it; may be repeated");
  trusted->type_name("FILE")->group(group)->allow_extra_args(false);
  program.values[trusted] = {ValueKind::file};
  auto* host = command.add_option("--host-cluster-context", flags.host_context, "Context of a host cluster: work on its members");
  host->type_name("CONTEXT")->group(group);
  program.values[host] = {ValueKind::context};
  command
      .add_option("--kubefed-namespace", flags.kubefed_namespace, "Namespace of the host's control plane; default kube-federation-system")
      ->type_name("NAME")
      ->group(group);
  command.add_option("--parallelism", flags.parallelism, "Requests in flight at most, for each cluster")
      ->check(CLI::Range(1, 1000).description(""))
      ->type_name("N")
      ->group(group)
      ->capture_default_str();
  add_duration(command, "--request-timeout", flags.request_timeout, "How long one request may take")->group(group);
  add_duration(command, "--connect-timeout", flags.connect_timeout, "How long a cluster that does not answer is tried")->group(group);
}

void add_output_flags(Program& program, CLI::App& command, OutputFlags& flags, std::vector<std::string> formats) {
  const std::string group = "Output";
  if (!formats.empty()) {
    auto* output = command.add_option("-o,--output", flags.output, "Format: " + text::join(formats, ", "));
    output->check(one_of("output format", formats))->type_name("FORMAT")->group(group);
    program.values[output] = {ValueKind::choice, std::move(formats)};
  }
  command.add_option("-v,--v", flags.verbosity, "How much to say on standard error: 4 retries, 6 requests")
      ->transform([](std::string text) { return text.starts_with('=') ? text.substr(1) : text; })
      ->type_name("LEVEL")
      ->group(group);
  command.add_flag("--no-color", flags.no_color, "No colours; so does the environment variable NO_COLOR")->group(group);
  command.add_flag("--no-exit-code", flags.no_exit_code, "Exit with 0 instead of 2, 3 or 4, for shells with 'set -e'; errors stay 1")
      ->group(group);
}

void add_input_flags(Program& program, CLI::App& command, InputFlags& flags) {
  const std::string group = "Input";
  auto* paths = command.add_option("-f,--filename", flags.paths, "File, folder or - (standard input) with manifests; may be repeated");
  paths->type_name("PATH")->group(group)->allow_extra_args(false)->required(flags.required);
  program.values[paths] = {ValueKind::file};
  command.add_flag("-R,--recursive", flags.recursive, "Take the folders within folders too")->group(group);
  command.add_option("-n,--namespace", flags.name_space, "Namespace of objects that name none; default 'default'")
      ->type_name("NAME")
      ->group(group);
  command.add_option("--api", flags.apis, "What a federated kind stands for: FederatedFoo=example.com/v1/Foo; may be repeated")
      ->type_name("KIND=API")
      ->group(group)
      ->allow_extra_args(false);
}

bool names_no_clusters(const ClusterFlags& flags) {
  std::error_code ignored;
  return flags.contexts.empty() && flags.fleet.empty() && flags.host_context.empty() && environment("FEDCTL_FLEET").empty() &&
         !std::filesystem::exists("fleet.yaml", ignored);
}

Result<fleet::Fleet> fleet_from(const ClusterFlags& flags) {
  if (!flags.host_context.empty()) {
    if (!flags.contexts.empty() || !flags.fleet.empty()) {
      return Failure{{.code = Code::usage,
                      .message = "--host-cluster-context excludes --fleet and --contexts",
                      .hint = "the host's members are the fleet"}};
    }
    fleet::Fleet fleet;
    fleet.host = fleet::HostReference{flags.host_context, std::nullopt, flags.kubefed_namespace};
    return fleet;
  }
  if (!flags.contexts.empty() && !flags.fleet.empty()) return Failure{{Code::usage, "--fleet and --contexts exclude each other"}};
  if (!flags.contexts.empty()) return fleet::from_contexts(flags.contexts);
  if (!flags.fleet.empty()) return fleet::load(flags.fleet);
  if (const std::string path = environment("FEDCTL_FLEET"); !path.empty()) return fleet::load(path);
  std::error_code ignored;
  if (std::filesystem::exists("fleet.yaml", ignored)) {
    auto fleet = fleet::load("fleet.yaml");
    if (fleet) fleet->brought_by = "fleet.yaml in this folder";
    return fleet;
  }
  return Failure{{.code = Code::usage,
                  .message = "nothing says which clusters to work on",
                  .hint = "use --contexts A,B, --fleet FILE or --host-cluster-context H, or put a fleet.yaml here"}};
}

void say_found(const fleet::Fleet& fleet) {
  if (!fleet.brought_by.empty()) say(fmt::format("the clusters are those of {}\n", fleet.brought_by));
}

Result<fleet::Fleet> fleet_for(const ClusterFlags& flags, const std::vector<manifest::Manifest>& manifests) {
  auto fleet = fleet_from(flags);
  if (fleet || fleet.error().code != Code::usage || !flags.contexts.empty()) return fleet;
  fleet::Fleet named = federation::fleet_named_in(manifests);
  if (named.clusters.empty()) return fleet;
  return named;
}

Result<planning::Inputs> read_input(const InputFlags& flags) {
  if (flags.paths.empty() && flags.required) return Failure{{Code::usage, "no input: give manifests with -f"}};
  Result<manifest::Manifests> manifests;
  if (!flags.paths.empty()) manifests = manifest::read(flags.paths, flags.recursive);
  if (!manifests) return Failure{manifests.error()};
  for (const std::string& warning : manifests->warnings) warn(warning);
  return input_of(std::move(manifests->items), flags);
}

Result<planning::Inputs> input_of(std::vector<manifest::Manifest> manifests, const InputFlags& flags) {
  planning::Inputs input{.manifests = std::move(manifests)};
  input.types.learn(input.manifests);
  for (const std::string& api : flags.apis) {
    if (auto added = input.types.add_api(api); !added) return Failure{added.error()};
  }
  input.render.namespace_is_given = !flags.name_space.empty();
  if (input.render.namespace_is_given) input.render.default_namespace = flags.name_space;
  return input;
}

Log log_for(const OutputFlags& flags) {
  return {flags.verbosity, [](std::string_view line) { say_line(line); }};
}

int report(const Error& error) {
  if (error.code == Code::cancelled) {
    say("interrupted; nothing was changed\n");
    return exit_interrupted;
  }
  say_line(fmt::format("error: {}", describe(error)));
  return exit_error;
}

void warn(const std::string& line) { say_line(fmt::format("warning: {}", text::shortened(line, longest_message))); }

int flush_output() {
  if (std::fflush(stdout) != 0 && output_problem() == 0) output_problem() = errno;
  return output_problem();
}

int finish(int code, const OutputFlags& flags) {
  flush_output();
  const bool is_outcome = code == exit_changes || code == exit_partial || code == exit_refused;
  return flags.no_exit_code && is_outcome ? exit_done : code;
}

void say_line(std::string_view line) { say(text::printable(line) + "\n"); }

void print_line(std::string_view line) { print(text::printable(line) + "\n"); }

void say(const std::string& text) { write(text, stderr); }

bool confirms(const std::string& question) {
  print(fmt::format("\n{} Only 'yes' will be accepted: ", question));
  flush_output();
  std::string answer;
  std::getline(std::cin, answer);
  return text::trim(answer) == "yes";
}

void print(const std::string& text) { write(text, stdout); }

}  // namespace fedctl::cli
