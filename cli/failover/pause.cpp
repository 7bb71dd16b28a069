#include "failover/pause.hpp"
#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/process.hpp"
#include "cli/failover/commands.hpp"
#include "cli/failover/site.hpp"

#include <fmt/format.h>

namespace fedctl::cli {
namespace {

struct Flags {
  SiteFlags site;
  std::string reason;
  bool pauses = true;
};

int run_pause(const Flags& flags) {
  http::Loop loop{log_for(flags.site.output)};
  auto open = open_site(loop, flags.site);
  if (!open) return report(open.error());
  failover::Site& site = (*open)->site;
  std::optional<failover::Pause> pause;
  if (flags.pauses) pause = failover::Pause{process::user_at_machine(), failover::timestamp_now(), flags.reason};
  const auto before = loop.run(failover::set_pause(site, pause));
  if (!before) return report(before.error());
  if (is_json(flags.site)) {
    print(fedctl::to_text({{"policy", site.policy.full_name()}, {"paused", flags.pauses}, {"wasPaused", before->has_value()}}) + "\n");
    return exit_done;
  }
  const std::string was = before->has_value() == flags.pauses ? " already" : "";
  print_line(text::printable(
      flags.pauses ? fmt::format("{}: paused{}, nothing fails over by itself", site.policy.full_name(), was)
                   : fmt::format("{}: not paused{}, watch fails over again", site.policy.full_name(), was.empty() ? " any more" : "")));
  return exit_done;
}

std::shared_ptr<Flags> add_pausing(Program& program, const std::string& name, const std::string& summary, CommandText text) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(program, "failover " + name, summary, std::move(text), [flags] { return finish(run_pause(*flags), flags->site.output); });
  if (name == "pause") command->add_option("--reason", flags->reason, "Why, for those who look at the status")->type_name("REASON");
  add_policy(program, *command, flags->site);
  add_site_flags(program, *command, flags->site, {"text", "json"});
  return flags;
}

}  // namespace

void add_failover_pauses(Program& program) {
  add_pausing(
      program, "pause", "Keep watch from failing over by itself",
      {"Turns the master switch off: every watch of the policy goes on looking and telling, and begins no failover until 'fedctl failover "
       "resume'. What people run, and a run that has begun, go on. It is kept in the state, and seen in 'fedctl failover status' and in "
       "the "
       "metric fedctl_failover_paused.\n\nExits with 0, or 1 on an error.",
       {{"Before the database is restarted",
         "fedctl failover pause failover-policy.yaml -f active-standby-app.yaml --reason 'minor upgrade'"}}});
  add_pausing(
      program, "resume", "Let watch fail over by itself again",
      {"Turns the master switch on again after 'fedctl failover pause'. To go on with a run that was not finished, use 'fedctl failover "
       "run "
       "--resume'.\n\nExits with 0, or 1 on an error.",
       {{"After it", "fedctl failover resume failover-policy.yaml -f active-standby-app.yaml"}}})
      ->pauses = false;
}

}  // namespace fedctl::cli
