#include "cli/failover_site.hpp"
#include "cli/print_failover.hpp"
#include "cli/print_plan.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/Validators.hpp>

namespace fedctl::cli {
namespace {

using failover::RunKind;

struct Flags {
  SiteFlags site;
  std::string action;
  std::string to;
  std::string accept_data_loss;
  bool skip_fencing = false;
  bool resume = false;
  bool yes = false;
  bool force_conflicts = false;
};

bool is_json(const Flags& flags) { return flags.site.output.output == "json"; }

Result<failover::EngineOptions> engine_options(const Flags& flags) {
  failover::EngineOptions options;
  options.run.kind = flags.action == "switchover" ? RunKind::switchover : RunKind::failover;
  options.run.to = flags.to;
  options.run.skip_fencing = flags.skip_fencing;
  options.roles.force_conflicts = flags.force_conflicts;
  if (flags.accept_data_loss == "unknown") {
    options.run.accept_data_loss = failover::any_loss;
  } else if (!flags.accept_data_loss.empty()) {
    try {
      options.run.accept_data_loss = std::stoll(flags.accept_data_loss);
    } catch (const std::exception&) {
      return Failure{{Code::usage, fmt::format("--accept-data-loss {}: expected a number of bytes, or 'unknown'", flags.accept_data_loss)}};
    }
  }
  return options;
}

/// What the clusters that can be asked would get.
Result<plan::Plan> role_changes(failover::Site& site, const failover::Assessment& assessment, const failover::Survey& survey,
                                const Flags& flags) {
  std::vector<std::string> clusters{assessment.to};
  const failover::SideSurvey* old_side = survey.find(assessment.from);
  if (old_side != nullptr && !old_side->api_problem) clusters.push_back(assessment.from);
  auto plan = failover::plan_roles(site, assessment.to, clusters, {flags.force_conflicts});
  if (!plan) return Failure{plan.error()};
  return std::move(plan->plan);
}

struct Planned {
  failover::Assessment assessment;
  std::optional<plan::Plan> roles;
};

Result<Planned> plan_run(failover::Site& site, const Flags& flags, const failover::RunOptions& options) {
  auto situation = failover::look_around(site, {});
  if (!situation) return Failure{situation.error()};
  Planned planned{failover::assess(site.policy, situation->state, situation->survey, options), std::nullopt};
  const failover::SideSurvey* to = situation->survey.find(planned.assessment.to);
  if (to == nullptr || to->api_problem || planned.assessment.to == planned.assessment.from) return planned;
  auto roles = role_changes(site, planned.assessment, situation->survey, flags);
  if (!roles) return Failure{roles.error()};
  planned.roles = std::move(*roles);
  return planned;
}

void print_planned(const failover::Site& site, const Planned& planned, const Flags& flags, RunKind kind) {
  const Style style{flags.site.output.no_color};
  print(assessment_text(site.policy, planned.assessment, kind, style));
  if (planned.roles) {
    print("\nWhat the step roles changes:\n");
    std::fflush(stdout);
    print_plan_text(*planned.roles, style);
  }
  std::fflush(stdout);
}

int show_plan(failover::Site& site, const Flags& flags) {
  const auto options = engine_options(flags);
  if (!options) return report(options.error());
  const auto planned = plan_run(site, flags, options->run);
  if (!planned) return report(planned.error());
  if (is_json(flags)) {
    print(to_document(planned->assessment).dump(2) + "\n");
  } else {
    print_planned(site, *planned, flags, options->run.kind);
  }
  return planned->assessment.blockers.empty() ? exit_done : exit_refused;
}

int show_status(failover::Site& site, const Flags& flags) {
  const auto situation = failover::look_around(site, {});
  if (!situation) return report(situation.error());
  print(is_json(flags) ? status_document(site.policy, situation->state, situation->survey).dump(2) + "\n"
                       : status_text(site.policy, situation->state, situation->survey, Style{flags.site.output.no_color}));
  return exit_done;
}

/// Shows what would be done and asks; the exit code where the answer is no.
std::optional<int> refused_by_person(failover::Site& site, const Flags& flags, const failover::EngineOptions& options) {
  if (flags.yes) return std::nullopt;
  if (!is_terminal(STDIN_FILENO)) {
    say(fmt::format("error: failover {} asks before it writes, and there is no terminal to ask on; use --yes\n", flags.action));
    return exit_refused;
  }
  if (!flags.resume) {
    const auto planned = plan_run(site, flags, options.run);
    if (!planned) return report(planned.error());
    print_planned(site, *planned, flags, options.run.kind);
    if (const auto refused = failover::refusal_of(planned->assessment)) return exit_refused;
  }
  if (confirms("Do this?")) return std::nullopt;
  say("nothing was changed\n");
  return exit_refused;
}

int carry_out(failover::Site& site, const Flags& flags) {
  const auto options = engine_options(flags);
  if (!options) return report(options.error());
  if (const auto refused = refused_by_person(site, flags, *options)) return *refused;
  const failover::OnStep on_step = [&](const failover::StepEvent& event) {
    print(is_json(flags) ? to_document(event).dump() + "\n" : event_text(event));
    std::fflush(stdout);
  };
  site.loop->interrupt_on_signals();
  failover::Engine engine{site, *options, on_step};
  const auto run = flags.action == "abort" ? engine.abort() : flags.resume ? engine.resume() : engine.start();
  if (!run) {
    const bool interrupted = run.error().code == Code::cancelled;
    if (!interrupted) return report_refusal(run.error());
    say(fmt::format("{}\n", describe(run.error())));
    return exit_interrupted;
  }
  print(is_json(flags) ? to_json(*run).dump() + "\n" : outcome_text(site.policy, *run));
  return exit_done;
}

int run_failover(const Flags& flags) {
  http::Loop loop{log_for(flags.site.output)};
  if (flags.resume && flags.action != "run" && flags.action != "switchover")
    return report({Code::usage, "--resume goes with 'failover run'"});
  auto open = open_site(loop, flags.site);
  if (!open) return report(open.error());
  failover::Site& site = (*open)->site;
  if (flags.action == "plan") return show_plan(site, flags);
  if (flags.action == "status") return show_status(site, flags);
  return carry_out(site, flags);
}

}  // namespace

void add_failover(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Moves an application with its database from one cluster to another, as a FailoverPolicy says (docs/failover.md).\n\n"
      "plan: every step with what it would change, the data that would be lost now, and what stands in the way; changes nothing. "
      "status: who is active, how the sides and the replication are, the last run. "
      "run: fence, measure the lag, promote, switch roles, wait, DNS, verify, record. "
      "switchover: the same without loss: the old side stops taking writes, the new one replays all of them, and is promoted. "
      "abort: undoes a run that did not promote yet.\n\n"
      "Each step is written to a journal before and after (in the host a ConfigMap, else a file), so that a run that was killed goes on "
      "with "
      "--resume, and no step is done twice. A standby that lags, an old side that cannot be fenced, an operator who is cut off himself and "
      "a "
      "second run at once are refused.\n\n"
      "Exits with 0 when done, 1 on an error (the run can be resumed or aborted), 4 when refused, 130 when interrupted.",
      {{"What would happen", "fedctl failover plan failover-policy.yaml -f active-standby-app.yaml"},
       {"Fail over now", "fedctl failover run failover-policy.yaml -f active-standby-app.yaml --yes"},
       {"Go on after the terminal was lost", "fedctl failover run failover-policy.yaml --host-cluster-context host-cluster --resume --yes"},
       {"Planned, without loss",
        "fedctl failover switchover failover-policy.yaml --host-cluster-context host-cluster --to ireland-cluster"},
       {"Let pass what is refused", "fedctl failover run failover-policy.yaml -f app.yaml --accept-data-loss 4096 --skip-fencing"}}};
  CLI::App* command = add_command(program, "failover", "Move an application with its database to another cluster", std::move(text),
                                  [flags] { return finish(run_failover(*flags), flags->site.output); });
  auto* action = command->add_option("ACTION", flags->action, "plan, status, run, switchover or abort")->required();
  const std::vector<std::string> actions{"plan", "status", "run", "switchover", "abort"};
  action->check(CLI::IsMember(actions).description(""));
  program.values[action] = {ValueKind::choice, actions};
  auto* policy = command->add_option("POLICY", flags->site.policy, "A file with a FailoverPolicy")->required();
  program.values[policy] = {ValueKind::file};
  auto* files =
      command->add_option("-f,--filename", flags->site.files, "File with the policy's targets, where there is no host; may be repeated");
  files->type_name("PATH")->allow_extra_args(false);
  program.values[files] = {ValueKind::file};
  auto* to = command->add_option("--to", flags->to, "The cluster to go to; default: the standby that has most of the log");
  to->type_name("CLUSTER");
  program.values[to] = {ValueKind::cluster};
  command->add_option("--accept-data-loss", flags->accept_data_loss, "Go on although so many bytes of the log are lost, or 'unknown'")
      ->type_name("BYTES");
  command->add_flag("--skip-fencing", flags->skip_fencing, "Go on although nothing proves that the old side takes no more writes");
  command->add_flag("--force-conflicts", flags->force_conflicts, "Take over fields that other managers apply");
  command->add_flag("--resume", flags->resume, "Go on with the run that was not finished");
  command->add_flag("--yes", flags->yes, "Do not ask");
  auto* state = command->add_option("--state", flags->site.state,
                                    "File for the state and the journal; default: in the host, else below ~/.local/state");
  state->type_name("FILE");
  program.values[state] = {ValueKind::file};
  add_cluster_flags(program, *command, flags->site.clusters, true);
  command->remove_option(command->get_option("--cluster"));
  add_output_flags(program, *command, flags->site.output, {"text", "json"});
}

}  // namespace fedctl::cli
