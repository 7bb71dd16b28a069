#include "drill/drill.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/printable.hpp"
#include "cli/failover/commands.hpp"
#include "cli/failover/print.hpp"
#include "cli/failover/print_drill.hpp"
#include "cli/failover/site.hpp"

#include <fmt/format.h>

namespace fedctl::cli {
namespace {

struct Flags {
  SiteFlags site;
  std::string to;
  std::string hold;
  std::string html;
  bool simulate = false;
  bool one_way = false;
  bool yes = false;
  bool force_conflicts = false;
};

/// Says what will be done; the exit code where it cannot be.
std::optional<int> show_what(failover::Site& site, const drill::DrillOptions& options) {
  const auto refused = drill::refusal_of_drill(site, options);
  if (!refused) return report(refused.error());
  if (*refused) return report_refusal(**refused);
  say(fmt::format("This moves {} to its standby{}, for real; writes stop for a moment each time.\n",
                  text::printable(site.policy.full_name()), options.one_way ? "" : " and back"));
  return std::nullopt;
}

int print_report(const drill::Report& report_of, const Flags& flags) {
  if (!flags.html.empty()) {
    const auto written = file::write_atomically(file::expand_home(flags.html), drill_html(report_of));
    if (!written) return report(written.error());
  }
  print(is_json(flags.site) ? fedctl::to_text(to_json(report_of, true), 2) + "\n"
                            : drill_text(report_of, Style{flags.site.output.no_color}));
  const bool is_refused = report_of.assessment && !report_of.assessment->blockers.empty();
  return is_refused ? exit_refused : exit_done;
}

int run_drill_command(const Flags& flags) {
  http::Loop loop{log_for(flags.site.output)};
  auto open = open_site(loop, flags.site);
  if (!open) return report(open.error());
  failover::Site& site = (*open)->site;
  drill::DrillOptions options{.to = flags.to, .roles = {flags.force_conflicts}, .one_way = flags.one_way};
  options.hold = time::parse_duration(flags.hold).value_or(time::Duration{0});
  if (flags.simulate) {
    const auto simulated = drill::simulate(site, options);
    return simulated ? print_report(*simulated, flags) : report_refusal(simulated.error());
  }
  if (const auto refused = ask_first(flags.yes, [&] { return show_what(site, options); })) return *refused;
  loop.interrupt_on_signals();
  const auto done = drill::run_drill(site, options, [&](const failover::StepEvent& event) {
    if (!is_json(flags.site)) print(event_text(event));
    flush_output();
  });
  if (done) return print_report(*done, flags);
  return print_outcome(site, Failure{done.error()}, flags.site);
}

}  // namespace

void add_failover_drill(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Practises: a switchover to the standby and one back, on the real thing, while a probe writes to both databases every 100 ms (what "
      "it "
      "writes leaves nothing behind). Reports the time of every step, how long nothing could be written, whether an acknowledged write was "
      "lost or both sides took writes at once, and holds it against the policy's rto and rpo. --html also writes one page with a timeline. "
      "Each report is kept in the state; 'status' and watch's metrics tell of the last.\n\n"
      "To come back as it was each database must be made a standby again, so the policy's sides need a rejoin program; --one-way stays on "
      "the "
      "other side. --simulate changes nothing: it checks everything, and adds up what each step took the last time.\n\n"
      "The RTO is counted from the beginning of a switchover to the proof that the new side serves (the step verify); the write gap from "
      "the answer to the last write that the old side took to that to the first one of the new side.\n\n"
      "Exits with 0 when done, 1 on an error (the run can be resumed or aborted), 4 when refused, 130 when interrupted.",
      {{"What would happen", "fedctl failover drill failover-policy.yaml --host-cluster-context host-cluster --simulate"},
       {"For real, with a page to show", "fedctl failover drill failover-policy.yaml -f active-standby-app.yaml --yes --html drill.html"}}};
  CLI::App* command = add_command(program, "failover drill", "Practise a switchover and back, and report what it took", std::move(text),
                                  [flags] { return finish(run_drill_command(*flags), flags->site.output); });
  auto* to = command->add_option("--to", flags->to, "The cluster to go to; default: the standby that has most of the log");
  to->type_name("CLUSTER");
  program.values[to] = {ValueKind::cluster};
  command->add_flag("--simulate", flags->simulate, "Change nothing; say what would be done and what it took last");
  command->add_flag("--one-way", flags->one_way, "Stay on the new side");
  add_duration(*command, "--hold", flags->hold, "How long to stay there before going back");
  auto* html = command->add_option("--html", flags->html, "Write a page with a timeline there");
  html->type_name("FILE");
  program.values[html] = {ValueKind::file};
  command->add_flag("--force-conflicts", flags->force_conflicts, "Take over fields that other managers apply");
  command->add_flag("--yes", flags->yes, "Do not ask");
  add_policy(program, *command, flags->site);
  add_site_flags(program, *command, flags->site, {"text", "json"});
}

}  // namespace fedctl::cli
