#include "control/join.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/host.hpp"
#include "cli/usage.hpp"
#include "control/check.hpp"
#include "fleet/connect.hpp"
#include "http/rest.hpp"

#include <fmt/format.h>
#include <chrono>
#include <CLI/Validators.hpp>
#include <memory>

namespace fedctl::cli {
namespace {

struct Flags {
  HostFlags host;
  OutputFlags output;
  std::string cluster;
  std::string context;
  std::string kubeconfig;
  std::string secret_name;
  bool error_on_existing = true;
  bool rotate = false;
  bool wait = false;
  std::string timeout = "2m";
  std::string token_duration;
  std::string rights;
  std::vector<std::string> labels;
};

Result<std::map<std::string, std::string>> labels_of(const std::vector<std::string>& typed) {
  std::map<std::string, std::string> labels;
  for (const std::string& label : typed) {
    const auto equals = label.find('=');
    if (equals == std::string::npos || equals == 0)
      return Failure{{Code::usage, fmt::format("--label '{}' is not of the form KEY=VALUE", label)}};
    labels[label.substr(0, equals)] = label.substr(equals + 1);
  }
  return labels;
}

Result<control::JoinOptions> options_of(const Flags& flags) {
  auto labels = labels_of(flags.labels);
  if (!labels) return Failure{labels.error()};
  const auto dry_run = is_dry_run(flags.host);
  if (!dry_run) return Failure{dry_run.error()};
  control::JoinOptions options{.cluster = flags.cluster, .secret_name = flags.secret_name};
  options.error_on_existing = flags.error_on_existing;
  options.rotate = flags.rotate;
  options.labels = std::move(*labels);
  if (!flags.token_duration.empty()) options.token_duration = time::parse_duration(flags.token_duration);
  if (!flags.rights.empty()) options.rights = flags.rights == "minimal" ? control::Rights::minimal : control::Rights::full;
  options.dry_run = *dry_run;
  options.connect = connect_options(flags.host);
  return options;
}

/// What to tell of a cluster that is joined now.
std::string state_of(const control::JoinReport& done) {
  if (!done.health.ready) return fmt::format("not ready: {}", done.health.problem ? done.health.problem->message : "unknown");
  return fmt::format("ready, Kubernetes {}{}", done.health.version, done.health.region.empty() ? "" : ", region " + done.health.region);
}

Task<Result<fleet::Health>> wait_ready(control::Host host, std::string cluster, fleet::ConnectOptions connect, time::Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    std::vector<std::string> only(1, cluster);
    const auto members = co_await control::check_clusters(host, connect, std::move(only));
    if (!members) co_return Failure{members.error()};
    const fleet::Health& health = members->front().health;
    if (health.ready) co_return health;
    if (std::chrono::steady_clock::now() > deadline) {
      co_return Failure{
          {.code = Code::timeout,
           .message = fmt::format("joined, but not ready within {}: {}", time::format_duration(timeout), health.problem->message),
           .cluster = cluster,
           .hint = "'fedctl clusters check' looks again"}};
    }
    const http::Rest rest = co_await http::rest(host.client->loop(), time::Duration{1000});
    if (rest == http::Rest::interrupted) co_return Failure{{Code::cancelled, "interrupted"}};
  }
}

int run_join(const Flags& flags) {
  const auto options = options_of(flags);
  if (!options) return report(options.error());
  return on_host(flags.host, flags.output, [&](const HostWork& work) -> int {
    const auto member = connect_member(work.loop, flags.host, flags.cluster, flags.context, flags.kubeconfig);
    if (!member) return report(member.error());
    const auto done = work.loop.run(control::join(work.host.host, member->member, *options));
    // What could be undone was.
    if (!done) return report_half_done(done.error(), done.error().uncertain);
    if (options->dry_run) {
      print_written(done->objects, true, true);
      return exit_done;
    }
    for (const std::string& left : done->leftovers) warn(left);
    std::string state = state_of(*done);
    if (flags.wait && !done->health.ready) {
      const auto timeout = time::parse_duration(flags.timeout).value_or(time::Duration{120'000});
      const auto health = work.loop.run(wait_ready(work.host.host, flags.cluster, connect_options(flags.host), timeout));
      if (!health && health.error().code == Code::cancelled) {
        say(fmt::format("interrupted; {} is joined, and not known to be ready\n", flags.cluster));
        return exit_interrupted;
      }
      if (!health) return report_half_done(health.error(), true);
      state = fmt::format("ready, Kubernetes {}", health->version);
    }
    print_line(fmt::format("{} {} {} ({})", flags.cluster, flags.rotate ? "has a fresh token for" : "joined", work.host.host.name, state));
    return exit_done;
  });
}

}  // namespace

void add_join(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Registers a cluster with the host: an account with rights and a token in the cluster; in the host that token and a "
      "KubeFedCluster. It is checked first that both answer, that you may do it, and that the cluster is not joined already, under "
      "another name neither. When a later step fails, what was made is taken away again. The credentials of your kubeconfig (also "
      "those of an exec plugin) are used for joining only and stored nowhere.\n\n"
      "Exits with 0, 1 on an error, 3 when something of it could not be taken away again, or when it is joined and not ready in time, 4 "
      "when it is joined already.",
      {{"Join three clusters whose contexts are named like them",
        "for c in tokyo-cluster ireland-cluster virginia-cluster; do fedctl join $c --host-cluster-context host-cluster; done"},
       {"Only the rights that the enabled types need, and a token that ends",
        "fedctl join tokyo-cluster --host-cluster-context host-cluster --rbac minimal --token-duration 720h"},
       {"A fresh token, the old one taken back", "fedctl join tokyo-cluster --host-cluster-context host-cluster --rotate"},
       {"A context with a name that no object can have",
        "fedctl join tokyo --cluster-context arn:aws:eks:ap-northeast-1:123456789012:cluster/tokyo --host-cluster-context host-cluster"}}};
  CLI::App* command = add_command(program, "join", "Let a cluster join the federation", std::move(text),
                                  [flags] { return finish(run_join(*flags), flags->output); });
  auto* cluster = command->add_option("CLUSTER_NAME", flags->cluster, "The cluster's name in the federation");
  cluster->required();
  program.values[cluster] = {ValueKind::context};
  auto* context = command->add_option("--cluster-context", flags->context, "Context of the cluster; default: its name");
  context->type_name("CONTEXT");
  program.values[context] = {ValueKind::context};
  auto* kubeconfig = command->add_option("--cluster-kubeconfig", flags->kubeconfig, "kubeconfig file of the cluster; default: the host's");
  kubeconfig->type_name("FILE");
  program.values[kubeconfig] = {ValueKind::file};
  command->add_option("--secret-name", flags->secret_name, "Name of the Secret in the host; default: the cluster's name and five letters")
      ->type_name("NAME");
  command
      ->add_flag("--error-on-existing", flags->error_on_existing, "Refuse a cluster that is joined already (=false: bring it up to date)")
      ->default_str("true");
  command->add_option("--label", flags->labels, "Label KEY=VALUE for the KubeFedCluster, for cluster selectors; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--rotate", flags->rotate, "Give a joined cluster a fresh token and take the old one back");
  add_duration(*command, "--token-duration", flags->token_duration,
               "Ask for a token that ends after this time; default: one that does not");
  auto* rights = command->add_option("--rbac", flags->rights, "Rights of the account: full, or minimal (what the enabled types need)");
  rights->check(one_of("value of --rbac", {"full", "minimal"}))->type_name("RIGHTS");
  program.values[rights] = {ValueKind::choice, {"full", "minimal"}};
  command->add_flag("--wait", flags->wait, "Wait until the cluster is Ready");
  add_duration(*command, "--timeout", flags->timeout, "How long to wait for that");
  add_host_flags(program, *command, flags->host);
  add_host_name_flag(*command, flags->host);
  add_dry_run_flag(*command, flags->host);
  add_output_flags(program, *command, flags->output, {});
}

}  // namespace fedctl::cli
