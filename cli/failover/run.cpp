#include "base/json.hpp"
#include "cli/failover/commands.hpp"
#include "cli/failover/print.hpp"
#include "cli/failover/site.hpp"
#include "cli/print_plan.hpp"

#include <fmt/format.h>

namespace fedctl::cli {
namespace {

using failover::RunKind;

enum class Action { plan, status, run, switchover, abort };

struct Flags {
  SiteFlags site;
  Action action = Action::plan;
  std::string to;
  std::string accept_data_loss;
  bool skip_fencing = false;
  bool owe_dns = false;
  bool resume = false;
  bool accept_policy_change = false;
  std::vector<std::string> skipped_hooks;
  bool yes = false;
  bool force_conflicts = false;
};

Result<failover::EngineOptions> engine_options(const Flags& flags) {
  failover::EngineOptions options;
  options.run.kind = flags.action == Action::switchover ? RunKind::switchover : RunKind::failover;
  options.run.to = flags.to;
  options.run.skip_fencing = flags.skip_fencing;
  options.run.owe_dns = flags.owe_dns;
  options.roles.force_conflicts = flags.force_conflicts;
  options.accepts_policy_change = flags.accept_policy_change;
  options.skipped_hooks = flags.skipped_hooks;
  const auto accepted = bytes_of(flags.accept_data_loss);
  if (!accepted) return Failure{accepted.error()};
  options.run.accept_data_loss = *accepted;
  return options;
}

/// What the clusters that can be asked would get.
Result<plan::Plan> role_changes(failover::Site& site, const failover::Assessment& assessment, const failover::Survey& survey,
                                const failover::State& state, const Flags& flags) {
  std::vector<std::string> clusters{assessment.to};
  const failover::SideSurvey* old_side = survey.find(assessment.from);
  if (old_side != nullptr && !old_side->api_problem) clusters.push_back(assessment.from);
  auto plan = failover::plan_roles(site, failover::next_active(state, assessment.to), clusters, {flags.force_conflicts});
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
  auto roles = role_changes(site, planned.assessment, situation->survey, situation->state, flags);
  if (!roles) return Failure{roles.error()};
  planned.roles = std::move(*roles);
  return planned;
}

void print_planned(const failover::Site& site, const Planned& planned, const Flags& flags, RunKind kind) {
  const Style style{flags.site.output.no_color};
  print(assessment_text(site.policy, planned.assessment, kind, style));
  if (planned.roles) {
    print("\nWhat the step roles changes:\n");
    flush_output();
    print_plan_text(*planned.roles, style);
  }
  flush_output();
}

int show_plan(failover::Site& site, const Flags& flags) {
  const auto options = engine_options(flags);
  if (!options) return report(options.error());
  const auto planned = plan_run(site, flags, options->run);
  if (!planned) return report(planned.error());
  if (is_json(flags.site)) {
    print(fedctl::to_text(to_document(planned->assessment), 2) + "\n");
  } else {
    print_planned(site, *planned, flags, options->run.kind);
  }
  return planned->assessment.blockers.empty() ? exit_done : exit_refused;
}

int show_status(failover::Site& site, const Flags& flags) {
  const auto situation = failover::look_around(site, {});
  if (!situation) return report(situation.error());
  const auto checks = site.loop->run(failover::run_checks(site, failover::active_cluster(site.policy, situation->state)));
  const auto differences = failover::compare_roles(site, situation->state, situation->survey);
  const Style style{flags.site.output.no_color};
  print(is_json(flags.site)
            ? fedctl::to_text(status_document(site.policy, situation->state, situation->survey, checks, differences), 2) + "\n"
            : status_text(site.policy, situation->state, situation->survey, checks, differences, style));
  return exit_done;
}

/// Shows what would be done; the exit code where it cannot be.
std::optional<int> show_what(failover::Site& site, const Flags& flags, const failover::EngineOptions& options) {
  if (flags.resume || flags.action == Action::abort) return std::nullopt;
  const auto planned = plan_run(site, flags, options.run);
  if (!planned) return report(planned.error());
  print_planned(site, *planned, flags, options.run.kind);
  return planned->assessment.blockers.empty() ? std::nullopt : std::optional<int>{exit_refused};
}

int carry_out(failover::Site& site, const Flags& flags) {
  const auto options = engine_options(flags);
  if (!options) return report(options.error());
  if (const auto refused = ask_first(flags.yes, [&] { return show_what(site, flags, *options); })) return *refused;
  site.loop->interrupt_on_signals();
  failover::Engine engine{site, *options, step_printer(flags.site)};
  const auto run = flags.action == Action::abort ? engine.abort() : flags.resume ? engine.resume() : engine.start();
  return print_outcome(site, run, flags.site);
}

int run_failover(const Flags& flags) {
  http::Loop loop{log_for(flags.site.output)};
  auto open = open_site(loop, flags.site);
  if (!open) return report(open.error());
  failover::Site& site = (*open)->site;
  switch (flags.action) {
    case Action::plan: return show_plan(site, flags);
    case Action::status: return show_status(site, flags);
    default: return carry_out(site, flags);
  }
}

constexpr const char* exits =
    "\n\nExits with 0 when done, 1 on an error (the run can be resumed or aborted), 3 when done and a step is owed, 4 when refused, 130 "
    "when interrupted.";

std::shared_ptr<Flags> add_action(Program& program, Action action, const std::string& name, const std::string& summary, CommandText text) {
  auto flags = std::make_shared<Flags>();
  flags->action = action;
  CLI::App* command = add_command(program, "failover " + name, summary, std::move(text),
                                  [flags] { return finish(run_failover(*flags), flags->site.output); });
  const bool moves = action == Action::plan || action == Action::run || action == Action::switchover;
  const bool writes = action != Action::plan && action != Action::status;
  if (moves) {
    auto* to = command->add_option("--to", flags->to, "The cluster to go to; default: the standby that has most of the log");
    to->type_name("CLUSTER");
    program.values[to] = {ValueKind::cluster};
    command->add_flag("--force-conflicts", flags->force_conflicts, "Take over fields that other managers apply");
  }
  if (action == Action::plan || action == Action::run) {
    command
        ->add_option("--accept-data-loss", flags->accept_data_loss, "Accept that at most this many bytes of the log are lost, or 'unknown'")
        ->type_name("BYTES");
    command->add_flag("--skip-fencing", flags->skip_fencing, "Go on although nothing proves that the old side takes no more writes");
  }
  if (moves) command->add_flag("--owe-dns", flags->owe_dns, "Begin although the DNS provider refuses us; the record is written later");
  if (action == Action::run || action == Action::switchover) {
    auto* resume = command->add_flag("--resume", flags->resume, "Go on with the run that was not finished");
    command
        ->add_flag("--accept-policy-change", flags->accept_policy_change,
                   "Go on by the policy as it is now, not as it was when the run began")
        ->needs(resume);
    command->add_option("--skip-hook", flags->skipped_hooks, "Pass over a hook that is still to be run, by its name; may be repeated")
        ->needs(resume)
        ->type_name("NAME");
  }
  if (writes) command->add_flag("--yes", flags->yes, "Do not ask");
  add_policy(program, *command, flags->site);
  add_site_flags(program, *command, flags->site, {"text", "json"});
  return flags;
}

}  // namespace

void add_failover_runs(Program& program) {
  add_action(
      program, Action::plan, "plan", "Show what a failover would do, what data it would lose, and what blocks it",
      {"Shows every step of a failover with what it would change, the data that would be lost now, and what stands in the way. Changes "
       "nothing.\n\nExits with 0, or 4 where a run would be refused.",
       {{"What would happen", "fedctl failover plan failover-policy.yaml -f active-standby-app.yaml"},
        {"With the targets in a host", "fedctl failover plan failover-policy.yaml --host-cluster-context host-cluster -o json"}}});
  add_action(
      program, Action::status, "status", "Show who is active, how the sides are, and what was done last",
      {"Shows who is active, whether the clusters and databases answer, the lag of each standby, the guards, the record, the last run and "
       "the last drill. After a failover also what in the manifests and in the clusters does not have the roles that it gave, with what to "
       "do.\n\nExits with 0, or 1 on an error.",
       {{"How things are", "fedctl failover status failover-policy.yaml -f active-standby-app.yaml"}}});
  add_action(
      program, Action::run, "run", "Fail over: fence, measure the loss, promote, switch roles, DNS",
      {"Fails over step by step: " + failover::failover_in_words() +
           std::string{
               ".\n\n"
               "Each step is written to a journal before and after (in the host a ConfigMap, else a file), so that a run that was "
               "killed goes on with --resume, and no step is done twice. Refused are: a lagging standby, an old side that cannot be "
               "fenced, an operator who cannot reach most clusters, and a second run at the same time."} +
           exits,
       {{"Fail over now", "fedctl failover run failover-policy.yaml -f active-standby-app.yaml --yes"},
        {"Go on after the terminal was lost",
         "fedctl failover run failover-policy.yaml --host-cluster-context host-cluster --resume --yes"},
        {"Let pass what is refused", "fedctl failover run failover-policy.yaml -f app.yaml --accept-data-loss 4096 --skip-fencing"}}});
  add_action(
      program, Action::switchover, "switchover", "Change sides as planned, without loss",
      {std::string{
           "Changes sides without loss: the old database takes no more writes, and where its log ended is the token that the new one "
           "must have replayed before it is promoted. The old side is then made a standby, where the policy has a program for that."} +
           exits,
       {{"Planned, without loss",
         "fedctl failover switchover failover-policy.yaml --host-cluster-context host-cluster --to ireland-cluster"}}});
  add_action(program, Action::abort, "abort", "Undo a run that did not promote yet",
             {std::string{"Undoes what an unfinished run did before it promoted: the old side takes writes again. After promotion a run "
                          "can only be resumed, not undone."} +
                  exits,
              {{"Stay where we are", "fedctl failover abort failover-policy.yaml -f active-standby-app.yaml --yes"}}});
}

}  // namespace fedctl::cli
