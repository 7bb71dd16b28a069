#include "cli/host.hpp"

#include "base/file.hpp"
#include "base/printable.hpp"
#include "kubeconfig/kubeconfig.hpp"

#include <fmt/format.h>

namespace fedctl::cli {
namespace {

std::optional<std::filesystem::path> path_or_none(const std::string& path) {
  return path.empty() ? std::nullopt : std::optional<std::filesystem::path>{file::expand_home(path)};
}

void set_limits(kubeconfig::Access& access, const HostFlags& flags) {
  const fleet::ConnectOptions options = connect_options(flags);
  access.endpoint.connect_timeout = options.connect_timeout;
  access.endpoint.request_timeout = options.request_timeout;
}

/// kubefedctl's logging flags, which scripts carry along; ours is -v.
void accept_klog_flags(CLI::App& command) {
  for (const char* name :
       {"--alsologtostderr", "--logtostderr", "--skip-headers", "--skip-log-headers", "--add-dir-header", "--one-output"}) {
    command.add_flag(name)->group("");
  }
  for (const char* name : {"--log-dir", "--log-file", "--log-file-max-size", "--log-backtrace-at", "--log-flush-frequency",
                           "--stderrthreshold", "--vmodule"}) {
    command.add_option(name)->group("");
  }
}

fleet::Trust trust_of(const ClusterFlags& flags) {
  fleet::Trust trust{.brought_by = flags.kubeconfig_brought_by};
  for (const std::string& path : flags.trusted_kubeconfigs) trust.named.push_back(file::expand_home(path));
  return trust;
}

}  // namespace

void add_host_flags(Program& program, CLI::App& command, HostFlags& flags) {
  accept_klog_flags(command);
  const std::string group = "Host";
  auto* context = command.add_option("--host-cluster-context", flags.context, "Context of the host cluster; default: the current context");
  context->type_name("CONTEXT")->group(group);
  program.values[context] = {ValueKind::context};
  command.add_option("--kubefed-namespace", flags.name_space, "Namespace of the control plane, in the host and in the members")
      ->type_name("NAME")
      ->group(group)
      ->capture_default_str();
  auto* kubeconfig = command.add_option("--kubeconfig", flags.kubeconfig, "kubeconfig file; default $KUBECONFIG, then ~/.kube/config");
  kubeconfig->type_name("FILE")->group(group);
  program.values[kubeconfig] = {ValueKind::file};
  add_duration(command, "--request-timeout", flags.request_timeout, "How long one request may take")->group(group);
  add_duration(command, "--connect-timeout", flags.connect_timeout, "How long a cluster that does not answer is tried")->group(group);
}

void add_host_name_flag(CLI::App& command, HostFlags& flags) {
  command
      .add_option("--host-cluster-name", flags.name, "Name of the host in its members' objects; needed where its context has '/' or ':'")
      ->type_name("NAME")
      ->group("Host");
}

void add_dry_run_flag(CLI::App& command, HostFlags& flags) {
  command.add_flag("--dry-run", flags.dry_run, "Say what would be done, and write nothing")->group("Host");
}

fleet::ConnectOptions connect_options(const HostFlags& flags) {
  fleet::ConnectOptions options;
  options.request_timeout = time::parse_duration(flags.request_timeout).value_or(options.request_timeout);
  options.connect_timeout = time::parse_duration(flags.connect_timeout).value_or(options.connect_timeout);
  return options;
}

fleet::ConnectOptions connect_options(const ClusterFlags& flags) {
  fleet::ConnectOptions options;
  if (!flags.kubeconfig.empty()) options.kubeconfig = file::expand_home(flags.kubeconfig);
  options.trust = trust_of(flags);
  options.parallelism = flags.parallelism;
  options.request_timeout = time::parse_duration(flags.request_timeout).value_or(options.request_timeout);
  options.connect_timeout = time::parse_duration(flags.connect_timeout).value_or(options.connect_timeout);
  return options;
}

Result<ConnectedHost> connect_host(http::Loop& loop, const HostFlags& flags) {
  const auto config = kubeconfig::load(path_or_none(flags.kubeconfig));
  if (!config) return Failure{config.error()};
  const std::string context = flags.context.empty() ? config->current_context : flags.context;
  if (context.empty()) {
    return Failure{
        {.code = Code::usage, .message = "the kubeconfig has no current context", .hint = "name the host with --host-cluster-context"}};
  }
  auto access = kubeconfig::access(*config, context);
  if (!access) return Failure{access.error()};
  if (auto trusted = fleet::check_trust(flags.trust, path_or_none(flags.kubeconfig), *access); !trusted)
    return Failure{in_cluster(trusted.error(), context)};
  set_limits(*access, flags);
  ConnectedHost connected;
  connected.default_namespace = access->default_namespace.empty() ? "default" : access->default_namespace;
  connected.client = std::make_unique<kube::Client>(loop, context, std::move(*access));
  connected.host = {connected.client.get(), flags.name.empty() ? context : flags.name, flags.name_space};
  return connected;
}

Result<std::optional<ConnectedHost>> host_of(http::Loop& loop, const ClusterFlags& flags) {
  HostFlags host{.kubeconfig = flags.kubeconfig, .trust = trust_of(flags)};
  host.request_timeout = flags.request_timeout;
  host.connect_timeout = flags.connect_timeout;
  const auto fleet = fleet_from(flags);
  const bool is_guess = names_no_clusters(flags);
  if (fleet && flags.says_fleet) say_found(*fleet);
  if (!fleet && !is_guess) return Failure{fleet.error()};
  if (fleet && !fleet->host) return std::optional<ConnectedHost>{};
  if (fleet) {
    host.context = fleet->host->context;
    if (fleet->host->kubeconfig) {
      host.kubeconfig = fleet->host->kubeconfig->string();
      host.trust.brought_by = fleet->brought_by;
    }
    if (!fleet->host->name_space.empty()) host.name_space = fleet->host->name_space;
  } else if (!flags.kubefed_namespace.empty()) {
    host.name_space = flags.kubefed_namespace;
  }
  auto connected = connect_host(loop, host);
  if (!connected) return Failure{is_guess ? fleet.error() : connected.error()};
  if (is_guess) {
    const auto config = loop.run(control::read_config(connected->host));
    if (!config) {
      Error error = fleet.error();
      const std::string why = config.error().code == Code::not_found ? "is no host of a federation" : "does not answer";
      error.message += fmt::format(", and the current context {} {}", connected->client->cluster(), why);
      return Failure{std::move(error)};
    }
  }
  return std::optional<ConnectedHost>{std::move(*connected)};
}

Result<ConnectedMember> connect_member(http::Loop& loop, const HostFlags& flags, const std::string& cluster, const std::string& context,
                                       const std::string& kubeconfig) {
  const auto config = kubeconfig::load(path_or_none(kubeconfig.empty() ? flags.kubeconfig : kubeconfig));
  if (!config) return Failure{config.error()};
  const bool takes_current = !kubeconfig.empty() && context.empty() && !config->contexts.contains(cluster);
  const std::string chosen = takes_current ? config->current_context : context.empty() ? cluster : context;
  auto access = kubeconfig::access(*config, chosen);
  if (!access) {
    Error error = access.error();
    if (context.empty() && error.code == Code::not_found) error.hint = "name its context with --cluster-context; " + error.hint;
    return Failure{std::move(error)};
  }
  set_limits(*access, flags);
  ConnectedMember connected{.member = {.access = *access, .context = chosen}};
  connected.client = std::make_unique<kube::Client>(loop, cluster, std::move(*access));
  connected.member.client = connected.client.get();
  return connected;
}

Result<bool> is_dry_run(const HostFlags& flags) {
  const std::string& typed = flags.dry_run;
  if (typed.empty() || typed == "false" || typed == "none") return false;
  if (typed == "true" || typed == "client" || typed == "server") return true;
  return Failure{{Code::usage, fmt::format("--dry-run={} is none of client, server, none", typed)}};
}

int on_host(const HostFlags& flags, const OutputFlags& output, const std::function<int(const HostWork&)>& work) {
  const auto dry_run = is_dry_run(flags);
  if (!dry_run) return report(dry_run.error());
  http::Loop loop{log_for(output)};
  loop.interrupt_on_signals();
  const auto host = connect_host(loop, flags);
  if (!host) return report(host.error());
  const int code = work({loop, *host, *dry_run});
  // What was left out then, such as the rights of members, is told as warnings.
  const bool is_cut_short = code == exit_done && loop.interrupted();
  return is_cut_short ? static_cast<int>(exit_interrupted) : code;
}

void print_written(const std::vector<control::Written>& objects, bool dry_run, bool with_cluster) {
  for (const control::Written& one : objects) {
    print_line(fmt::format("{}{} {}{}{}", with_cluster ? one.cluster + ": " : "", one.object, to_string(one.outcome),
                           one.name_space.empty() ? "" : " in namespace " + one.name_space, dry_run ? " (dry run)" : ""));
  }
}

int report_half_done(const Error& error, bool has_written) {
  if (has_written && error.code == Code::cancelled) {
    say(fmt::format("interrupted; what was sent is done{}\n",
                    error.hint.empty() ? ", the same command again goes on" : "; " + text::printable(error.hint)));
    return exit_interrupted;
  }
  const int code = report_refusal(error);
  return has_written && code == exit_error ? static_cast<int>(exit_partial) : code;
}

int report_half_done(const HostWork& work, const Error& error) { return report_half_done(error, work.loop.writes() > 0); }

int report_refusal(const Error& error) {
  const int code = report(error);
  return error.code == Code::conflict ? static_cast<int>(exit_refused) : code;
}

}  // namespace fedctl::cli
