#include "failover/back.hpp"

#include "base/printable.hpp"
#include "cli/failover/commands.hpp"
#include "cli/failover/print.hpp"
#include "cli/failover/site.hpp"

#include <fmt/format.h>

namespace fedctl::cli {
namespace {

using failover::BackPlan;

struct Flags {
  SiteFlags site;
  std::string to;
  std::string window = "1m";
  std::string accept_data_loss;
  bool yes = false;
  bool force_conflicts = false;
};

std::string plan_text(const BackPlan& plan, const failover::BackOptions& options) {
  const std::string from = text::printable(plan.from);
  std::string text = fmt::format("Going back: {} -> {}\n", from, text::printable(plan.to));
  if (plan.rejoin == BackPlan::Rejoin::by_program)
    text += fmt::format("  the program 'rejoin' makes its database a standby of {} ({})\n", from, text::printable(plan.why));
  if (plan.rejoin == BackPlan::Rejoin::by_setting)
    text += fmt::format("  the primary_conninfo of its database is set to {} ({})\n", from, text::printable(plan.why));
  if (plan.diverged) text += fmt::format("  its log has {} bytes that {} never got; rejoining throws them away\n", *plan.diverged, from);
  if (plan.rejoin == BackPlan::Rejoin::by_hand) {
    text += fmt::format("  its database must be made a standby of {} first ({}), by hand:\n", from, text::printable(plan.why));
    for (std::size_t i = 0; i < plan.by_hand.size(); ++i) text += fmt::format("    {}. {}\n", i + 1, text::printable(plan.by_hand[i]));
    return text;
  }
  return text + fmt::format("  it is caught up for {}, then a switchover without loss\n", time::format_duration(options.window));
}

int run_back(const Flags& flags) {
  failover::BackOptions options{.to = flags.to, .roles = {flags.force_conflicts}};
  options.window = time::parse_duration(flags.window).value_or(options.window);
  const auto accepted = bytes_of(flags.accept_data_loss);
  if (!accepted) return report(accepted.error());
  options.accept_data_loss = *accepted;
  http::Loop loop{log_for(flags.site.output)};
  auto open = open_site(loop, flags.site);
  if (!open) return report(open.error());
  failover::Site& site = (*open)->site;
  const auto plan = failover::plan_back(site, options);
  if (!plan) return report_refusal(plan.error());
  if (!is_json(flags.site)) print(plan_text(*plan, options));
  flush_output();
  if (plan->rejoin != BackPlan::Rejoin::by_hand) {
    if (const auto refused = ask_first(flags.yes, [] { return std::nullopt; })) return *refused;
  }
  loop.interrupt_on_signals();
  const auto run = failover::go_back(site, *plan, options, step_printer(flags.site));
  return print_outcome(site, run, flags.site);
}

}  // namespace

void add_failover_back(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Goes back to where the application was before a failover: makes the old primary a standby (the side's rejoin program; without one "
      "it "
      "prints what to do by hand, with pg_rewind or a new base backup, and ends), waits until it has been caught up for --window, and "
      "switches over without loss. Never done by itself.\n\n"
      "Where the old primary has log that the other side never got, and the failover could not tell how much, rejoining it is refused "
      "until "
      "--accept-data-loss says that it may be thrown away.\n\n"
      "Exits with 0 when done, 1 on an error, 4 when refused or when there is something to do by hand, 130 when interrupted.",
      {{"Back to the policy's first cluster", "fedctl failover back failover-policy.yaml --host-cluster-context host-cluster"},
       {"At night, after ten minutes without a hitch", "fedctl failover back failover-policy.yaml -f app.yaml --window 10m --yes"}}};
  CLI::App* command = add_command(program, "failover back", "Make the old primary a standby and switch back to it", std::move(text),
                                  [flags] { return finish(run_back(*flags), flags->site.output); });
  auto* to = command->add_option("--to", flags->to, "The cluster to go back to; default: the policy's first");
  to->type_name("CLUSTER");
  program.values[to] = {ValueKind::cluster};
  add_duration(*command, "--window", flags->window, "How long it must have been caught up before");
  command
      ->add_option("--accept-data-loss", flags->accept_data_loss,
                   "Throw away at most this many bytes of log that only the old primary has, or 'unknown'")
      ->type_name("BYTES");
  command->add_flag("--force-conflicts", flags->force_conflicts, "Take over fields that other managers apply");
  command->add_flag("--yes", flags->yes, "Do not ask");
  add_policy(program, *command, flags->site);
  add_site_flags(program, *command, flags->site, {"text", "json"});
}

}  // namespace fedctl::cli
