#include "guard/guard.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "cli/failover/commands.hpp"
#include "cli/failover/listen.hpp"
#include "cli/failover/site.hpp"
#include "failover/needs.hpp"
#include "failover/state.hpp"

#include <fmt/format.h>

namespace fedctl::cli {
namespace {

struct Flags {
  SiteFlags site;
  std::string side;
  std::string listen;
};

void tell(const guard::GuardEvent& event, bool as_json) {
  const std::string at = failover::timestamp_now();
  if (as_json) {
    print(fedctl::to_text({{"at", at}, {"type", to_string(event.type)}, {"text", event.text}}) + "\n");
  } else {
    print_line(fmt::format("{} {:<8} {}", at, to_string(event.type), event.text));
  }
  flush_output();
}

int run_guard(const Flags& flags) {
  http::Loop loop{log_for(flags.site.output)};
  auto open = open_site(loop, flags.site, Needs::host);
  if (!open) return report(open.error());
  const auto missing = loop.run(failover::missing_needs_of_side((*open)->site, flags.side));
  for (const Error& error : missing) report(error);
  if (!missing.empty()) return exit_error;
  exporter::Metrics metrics;
  guard::GuardOptions options{.side = flags.side, .holder = process::identity()};
  guard::Guard guard{(*open)->site, std::move(options), metrics, [&](const guard::GuardEvent& event) { tell(event, is_json(flags.site)); }};
  exporter::Answers answers;
  answers["/healthz"] = [] { return exporter::Answer{true, "ok"}; };
  answers["/active"] = [&guard] { return exporter::Answer{guard.is_active(), guard.is_active() ? "active" : "not active"}; };
  const auto server = listen_at(flags.listen, metrics, std::move(answers));
  if (!server) return report(server.error());
  loop.interrupt_on_signals();
  const auto done = guard.run();
  return done ? static_cast<int>(exit_done) : report_refusal(done.error());
}

}  // namespace

void add_failover_guard(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Runs beside a side's database and renews the side's Lease in the host. While it cannot, it goes on as long as every other database "
      "of the policy confirms that it still follows. When neither was so for half of fencing.guard.ttl, or when a "
      "failover has fenced the side, it makes the database read-only and ends its sessions, and where that fails runs the side's stop "
      "program: a side that is cut off is harmless when the ttl is over, and a failover that cannot reach it need only wait for that. "
      "Writes "
      "are let in again when the Lease is renewed, the side is not fenced, and the host says that it is the active one. Where the policy "
      "has database.postgres.replication, it makes commits wait for the standbys once these stream, and with syncWhileClose no longer when "
      "they have been away for a while.\n\n"
      "Give it the policy in a file and the connection in a variable, so that it can start while the host is out of reach: then the "
      "database "
      "takes no writes until the Lease is renewed. A guard that is ended in good order gives its Lease back and leaves the database as it "
      "is; a guard that is killed must be started again at once (share/doc/fedctl/examples/fedctl-guard.service).\n\n"
      "With --listen, /active answers 200 while the side is the active one and 503 while it is not, for Route 53's health checks; /metrics "
      "is for Prometheus.\n\nExits with 0 when ended by a signal, 1 on an error, 4 where the side is guarded already.",
      {{"On the database server of Tokyo",
        "fedctl failover guard failover-policy.yaml --host-cluster-context host-cluster --side tokyo-cluster --listen :9090"}}};
  CLI::App* command = add_command(program, "failover guard", "Keep a side from taking writes when it is cut off", std::move(text),
                                  [flags] { return finish(run_guard(*flags), flags->site.output); });
  auto* side = command->add_option("--side", flags->side, "The policy's cluster whose database is guarded")->required();
  side->type_name("CLUSTER");
  program.values[side] = {ValueKind::cluster};
  command->add_option("--listen", flags->listen, "Serve /active, /healthz and /metrics there")->type_name("[HOST]:PORT");
  add_policy(program, *command, flags->site);
  add_site_flags(program, *command, flags->site, {"text", "json"});
}

}  // namespace fedctl::cli
