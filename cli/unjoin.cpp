#include "control/unjoin.hpp"

#include "base/file.hpp"
#include "cli/host.hpp"

#include <fmt/format.h>
#include <memory>

namespace fedctl::cli {
namespace {

struct Flags {
  HostFlags host;
  OutputFlags output;
  std::string cluster;
  std::string context;
  bool force = false;
  bool remove_copies = false;
  bool orphan = false;
};

int run_unjoin(const Flags& flags) {
  if (flags.remove_copies && flags.orphan) return report({Code::usage, "--delete-resources and --orphan exclude each other"});
  return on_host(flags.host, flags.output, [&](const HostWork& work) -> int {
    const auto joined = work.loop.run(control::check_joined(work.host.host, flags.cluster));
    if (!joined && !flags.force) return report(joined.error());
    auto member = connect_member(work.loop, flags.host, flags.cluster, flags.context);
    if (!member && !flags.force) return report(member.error());
    if (!member) {
      // Without a way to the member the host's side is still put in order.
      const Error problem = member.error();
      member = ConnectedMember{};
      member->client = std::make_unique<kube::Client>(work.loop, flags.cluster, problem);
      member->member.client = member->client.get();
    }
    control::UnjoinOptions options{.cluster = flags.cluster, .force = flags.force, .dry_run = work.dry_run, .cache = file::cache_folder()};
    options.copies = flags.remove_copies ? control::Copies::remove : flags.orphan ? control::Copies::orphan : control::Copies::refuse;
    const auto done = work.loop.run(control::unjoin(work.host.host, member->member, options));
    if (!done) return report_half_done(work, done.error());
    if (work.dry_run) print_written(done->objects, true, true);
    for (const std::string& left : done->left) warn(left);
    if (!work.dry_run) print_line(fmt::format("{} left {}", flags.cluster, work.host.host.name));
    return exit_done;
  });
}

}  // namespace

void add_unjoin(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Takes a cluster out of the federation: in the cluster what join made there (its namespace only if join made it and nothing else "
      "is in it), in the host the Secret and the KubeFedCluster. While the cluster holds copies of federated objects it is refused: "
      "--delete-resources deletes them there, --orphan leaves them running as ordinary objects.\n\n"
      "Exits with 0, 1 on an error, 3 when a part is done, 4 when refused because of copies.",
      {{"Take a cluster out, and leave running what runs there",
        "fedctl unjoin tokyo-cluster --host-cluster-context host-cluster --orphan"},
       {"A cluster that is gone for good", "fedctl unjoin tokyo-cluster --host-cluster-context host-cluster --force"}}};
  CLI::App* command = add_command(program, "unjoin", "Take a cluster out of the federation", std::move(text),
                                  [flags] { return finish(run_unjoin(*flags), flags->output); });
  auto* cluster = command->add_option("CLUSTER_NAME", flags->cluster, "The cluster's name in the federation");
  cluster->required();
  program.values[cluster] = {ValueKind::member};
  auto* context = command->add_option("--cluster-context", flags->context, "Context of the cluster; default: its name");
  context->type_name("CONTEXT");
  program.values[context] = {ValueKind::context};
  command->add_flag("--force", flags->force, "Go on where the cluster does not answer, and say what is left there");
  command->add_flag("--delete-resources", flags->remove_copies, "Delete the copies of federated objects in the cluster");
  command->add_flag("--orphan", flags->orphan, "Leave the copies of federated objects running, as nobody's copies");
  add_host_flags(program, *command, flags->host);
  add_host_name_flag(*command, flags->host);
  add_dry_run_flag(*command, flags->host);
  add_output_flags(program, *command, flags->output, {});
}

}  // namespace fedctl::cli
