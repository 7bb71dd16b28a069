#include "cli/apply.hpp"

#include "apply/lock.hpp"
#include "base/encoding.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/apply_result.hpp"
#include "cli/events.hpp"
#include "cli/progress.hpp"
#include "cli/saved_plan.hpp"
#include "plan/part.hpp"
#include "planning/carry_out.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <filesystem>
#include <memory>

namespace fedctl::cli {
namespace {

using apply::ClusterResult;
using nlohmann::json;
using Outcome = ClusterResult::Outcome;

/// The waves of the flags, or else of the fleet file.
fleet::Rollout rollout_of(const Planned& planned, const ApplyFlags& flags) {
  fleet::Rollout rollout = planned.rollout;
  if (!flags.waves.empty()) rollout.waves.clear();
  for (const std::string& wave : flags.waves) rollout.waves.push_back({.clusters = text::split(wave, ',')});
  if (!flags.pause.empty()) rollout.pause = time::parse_duration(flags.pause).value_or(rollout.pause);
  if (flags.max_failing) rollout.max_failing = *flags.max_failing;
  return rollout;
}

/// Errors: waves that speak of no cluster. A host's clusters are known when it was planned, a fleet's before.
Result<apply::Options> apply_options(const Planned& planned, const ApplyFlags& flags) {
  apply::Options options{.wait = flags.wait && !flags.plan.removes,
                         .wait_until_gone = flags.wait,
                         .timeout = time::parse_duration(flags.timeout).value_or(time::Duration{300'000})};
  if (flags.on_failure == "continue") options.on_failure = apply::OnFailure::go_on;
  if (flags.on_failure == "rollback") options.on_failure = apply::OnFailure::roll_back;
  const fleet::Rollout rollout = rollout_of(planned, flags);
  if (rollout.waves.empty()) return options;
  if (!flags.wait) return Failure{{Code::usage, "waves wait until each is ready, so they exclude --wait=false"}};
  const auto& clusters = planned.scope->chosen.clusters;
  auto waves = fleet::waves_of(rollout, clusters);
  if (!waves) return Failure{waves.error()};
  options.waves = std::move(*waves);
  options.pause = rollout.pause;
  options.max_failing = rollout.max_failing;
  return options;
}

/// Where an apply whose waves stopped is kept for --resume: one for each folder that applies are run from.
std::string resume_path() {
  std::error_code ignored;
  const std::string here = std::filesystem::current_path(ignored).string();
  return (file::cache_folder() / ("resume-" + encoding::sha256(here).substr(0, 16) + ".plan")).string();
}

bool is_held(const ClusterResult& result) { return result.outcome == Outcome::held; }

/// Keeps what was being applied when its waves stop, and forgets it when they are through.
void remember(const Planned& planned, const ApplyFlags& flags, const std::vector<ClusterResult>& results) {
  if (std::ranges::none_of(results, is_held)) {
    std::error_code ignored;
    if (flags.resume) std::filesystem::remove(resume_path(), ignored);
    return;
  }
  const auto saved =
      save_plan(resume_path(), flags.plan, planned, flags.manifests,
                {{"waves", flags.waves}, {"pause", flags.pause}, {"timeout", flags.timeout}, {"onFailure", flags.on_failure}});
  say(saved ? "to go on when it is mended: fedctl apply --resume\n" : "to go on when it is mended: the same apply again\n");
}

void say_held(const std::vector<ClusterResult>& results) {
  std::vector<std::string> held;
  for (const ClusterResult& result : results) {
    if (is_held(result)) held.push_back(result.cluster);
  }
  if (held.empty()) return;
  say(
      fmt::format("held back, since an earlier wave is not ready: {}\n"
                  "to go back: apply what you applied before\n",
                  text::printable(text::join(held, ", "))));
}

planning::CarriedOut apply_planned(http::Loop& loop, const Planned& planned, const apply::Options& options, bool as_json) {
  Progress progress{loop, planned.cluster_names(), as_json};
  const apply::Listener listener = [&](const apply::Event& event) {
    if (as_json) print_event(event);
    progress.take(event);
  };
  return planning::carry_out(loop, *planned.made, options, listener);
}

int carry_out(http::Loop& loop, Planned& planned, const ApplyFlags& flags, const apply::Options& options) {
  const bool as_json = flags.plan.output.output == "json";
  if (as_json) print_events_begin(planned.plan());
  const planning::CarriedOut outcome = apply_planned(loop, planned, options, as_json);
  print(as_json ? fedctl::to_text(result_json(outcome.results)) + "\n" : "\n" + result_table(outcome.results));
  flush_output();
  say_errors(outcome.results, planned.plan(), !as_json);
  for (const Error& error : outcome.errors) say_line(fmt::format("error: {}", describe(error)));
  say_held(outcome.results);
  remember(planned, flags, outcome.results);
  say_stats(flags.plan, planned);
  const int code = exit_of(outcome.results, outcome.errors, planned.plan());
  if (code == exit_interrupted) say_where_it_stands(outcome.results);
  // Exit code 1 would say that nothing was written.
  const bool is_untold = flush_output() != 0 && std::ranges::any_of(outcome.results, apply::left_something);
  return code == exit_done && is_untold ? exit_partial : code;
}

/// Of a plan that was saved just what it says is done.
int carry_out_saved(http::Loop& loop, Planned& planned, const ApplyFlags& flags, const apply::Options& options) {
  const int code = carry_out(loop, planned, flags, options);
  if (planned.rendered().has_more_steps()) say("replicas are still to move (maxShiftPerStep): plan again for the next step\n");
  return code;
}

/// Replicas that move in steps: after each, when all is ready, what is next is planned and applied.
int carry_out_steps(http::Loop& loop, Planned& planned, const ApplyFlags& flags, const apply::Options& options) {
  while (true) {
    const bool has_more = planned.rendered().has_more_steps();
    const std::vector<std::int64_t> asked = planned.rendered().scheduled_replicas();
    const int code = carry_out(loop, planned, flags, options);
    if (!has_more || flags.plan.removes) return code;
    if (code != exit_done || !flags.wait) {
      say("replicas are still to move (maxShiftPerStep): the same apply again goes on\n");
      return code;
    }
    if (const auto made = make_next_plan(loop, flags.plan, planned); !made) return report_refusal(made.error());
    const plan::Plan& plan = planned.plan();
    // An autoscaler's cluster stays where that has it; no step would change it.
    if (!plan.summary().has_changes() || planned.rendered().scheduled_replicas() == asked) return plan_exit(plan);
    say("\nthe next step, since what moved is ready:\n");
    if (flags.plan.output.output != "json") print_plan_text(plan, Style{flags.plan.output.no_color});
    flush_output();
  }
}

/// What a command other than `delete` deletes may be a mistake in the input.
std::optional<int> guard(const plan::Plan& plan, const ApplyFlags& flags) {
  const auto excess = plan::too_many_deletes(plan, flags.plan.max_deletes);
  if (!excess || flags.yes_delete || flags.plan.removes) return std::nullopt;
  say(fmt::format("error: this would delete {}, so nothing was applied; --yes-delete if that is meant, --max-deletes sets the limit\n",
                  *excess));
  return exit_refused;
}

/// What keeps a plan from being applied at all; the exit code, or nothing.
std::optional<int> refusal_of(const Planned& planned, const ApplyFlags& flags) {
  const plan::Plan& plan = planned.plan();
  const plan::Summary of_host = plan.host ? summary_of(*plan.host) : plan::Summary{};
  const plan::Summary summary = planned.host ? of_host : plan.summary();
  // A host is shared: what is in conflict there for one object is left alone, and must not keep everybody else's from going out.
  if (summary.conflict > 0) {
    say(fmt::format("error: {} in conflict, so nothing was applied; see the plan for what each needs\n",
                    text::count(summary.conflict, "object")));
    return exit_refused;
  }
  if (const auto refused = guard(plan, flags)) return refused;
  const bool host_is_bad = plan.host && plan.host->status != plan::ClusterStatus::ok;
  const bool nobody_is_left = plan.clusters_with(plan::ClusterStatus::ok) == 0 && !plan.clusters.empty() && !planned.host;
  if (host_is_bad || nobody_is_left) {
    say("error: no cluster can be applied to; nothing was changed\n");
    return exit_error;
  }
  return std::nullopt;
}

using Locked = Result<std::unique_ptr<apply::Lock>>;

/// Only one apply at a time works on a host, or on a cluster of a fleet.
Locked lock(http::Loop& loop, Planned& planned, const ApplyFlags& flags) {
  apply::LockOptions options{.operation = flags.plan.removes ? "delete" : "apply"};
  options.patience = time::parse_duration(flags.lock_timeout).value_or(options.patience);
  std::vector<kube::Client*> clients;
  if (planned.host) {
    options.name_space = planned.host->host.name_space;
    clients.push_back(planned.host->client.get());
  } else {
    options.skips_problems = true;
    for (const auto& client : planned.scope->clients) clients.push_back(client.get());
  }
  if (!flags.lock) clients.clear();
  const auto on_wait = [](const apply::Holder& holder) {
    say_line(fmt::format("waiting for {}, at work on {} since {}", holder.who, holder.cluster, holder.since));
  };
  // Who did not answer just now is not asked again.
  const auto on_skip = [&](const Error& error) {
    if (error.code == Code::forbidden) {
      warn(fmt::format("{}: no lock, since Leases in the namespace default may not be written", error.cluster));
      return;
    }
    for (const auto& client : planned.scope->clients) {
      if (client->cluster() == error.cluster) client->give_up(error);
    }
  };
  return apply::Lock::acquire(loop, std::move(clients), std::move(options), on_wait, on_skip);
}

/// The lock is free while a person thinks; whoever used it meanwhile may have changed what the plan is about.
Locked lock_again(http::Loop& loop, Planned& planned, const ApplyFlags& flags) {
  auto again = lock(loop, planned, flags);
  if (!again || (*again)->was_ours()) return again;
  return Failure{{.code = Code::conflict, .message = "somebody else applied meanwhile, so the plan is stale", .hint = "plan again"}};
}

/// Holds the fresh plan against the saved one. The exit code where it is refused.
std::optional<int> hold_against(const plan::SavedPlan& saved, Planned& planned, const ApplyFlags& flags) {
  plan::Plan& fresh = planned.plan();
  const plan::Staleness staleness = plan::staleness_of(saved.plan, saved.created, fresh);
  say_staleness(staleness);
  if (flags.if_stale == "replan") return guard(fresh, flags);
  if (!staleness.moved.empty() && flags.if_stale == "refuse") {
    say(fmt::format("error: the saved plan is stale, {} moved, so nothing was applied; plan again, or see --if-stale\n",
                    text::count(staleness.moved.size(), "change")));
    return exit_refused;
  }
  plan::keep_agreed(fresh, saved.plan);
  return guard(fresh, flags);
}

/// With --resume what was kept when the waves stopped stands in for a saved plan.
Result<plan::SavedPlan> load_saved(ApplyFlags& flags) {
  if (!flags.resume) return load_plan(flags.saved);
  auto kept = load_plan(resume_path());
  if (!kept && kept.error().code != Code::not_found) return kept;
  if (!kept) return Failure{{Code::not_found, "there is nothing to resume: no apply with waves stopped that was run from this folder"}};
  const auto taken = plan::read_whole([&] {
    const plan::Part command{kept->command, "/command"};
    if (!command.has("apply")) return true;
    const plan::Part how = command.at("apply");
    if (flags.waves.empty()) flags.waves = how.texts_if_any("waves");
    if (flags.pause.empty()) flags.pause = how.text("pause", "");
    if (flags.timeout == ApplyFlags{}.timeout) flags.timeout = how.text("timeout", flags.timeout);
    if (flags.on_failure == ApplyFlags{}.on_failure) flags.on_failure = how.text("onFailure", flags.on_failure);
    return true;
  });
  if (!taken) return Failure{taken.error()};
  return kept;
}

int apply_saved(ApplyFlags& flags) {
  const auto saved = load_saved(flags);
  if (!saved) return report(saved.error());
  if (flags.if_stale == "refuse" && !saved->plan.summary().has_changes() && plan_exit(saved->plan) == exit_done) {
    say("the saved plan has no changes\n");
    return exit_done;
  }
  http::Loop loop{log_for(flags.plan.output)};
  auto planned = prepare_saved(loop, *saved, flags.plan, flags.resume ? "" : "the saved plan");
  if (!planned) return report_refusal(planned.error());
  flags.plan.unattended = true;
  flags.manifests = (*planned)->input.manifests;
  loop.interrupt_on_signals();
  auto locked = lock(loop, **planned, flags);
  if (!locked) return report_refusal(locked.error());
  if (const auto made = make_plan(loop, flags.plan, **planned); !made) return report_refusal(made.error());
  const auto options = apply_options(**planned, flags);
  if (!options) return report(options.error());
  if (const auto refused = hold_against(*saved, **planned, flags)) return *refused;
  if (flags.plan.output.output != "json") print_plan_text((*planned)->plan(), Style{flags.plan.output.no_color});
  flush_output();
  return carry_out_saved(loop, **planned, flags, *options);
}

}  // namespace

int apply_plan(ApplyFlags& flags) {
  if (!flags.saved.empty() || flags.resume) return apply_saved(flags);
  flags.plan.unattended = flags.yes;
  http::Loop loop{log_for(flags.plan.output)};
  loop.interrupt_on_signals();
  auto planned = prepare(loop, flags.plan);
  if (!planned) return report(planned.error());
  if (const auto waves = apply_options(**planned, flags); !waves && !(*planned)->host) return report(waves.error());
  if (!rollout_of(**planned, flags).waves.empty()) flags.manifests = (*planned)->input.manifests;
  auto locked = lock(loop, **planned, flags);
  if (!locked) return report_refusal(locked.error());
  if (const auto made = make_plan(loop, flags.plan, **planned); !made) return report_refusal(made.error());
  const auto options = apply_options(**planned, flags);
  if (!options) return report(options.error());
  const plan::Plan& plan = (*planned)->plan();
  if (flags.plan.output.output != "json") print_plan_text(plan, Style{flags.plan.output.no_color});
  flush_output();
  if (const auto refused = refusal_of(**planned, flags)) return *refused;
  if (plan.summary().has_changes() && !flags.yes) {
    if (!is_terminal(STDIN_FILENO)) {
      say(fmt::format("error: {} asks before it writes, and there is no terminal to ask on; use --yes\n",
                      flags.plan.removes ? "delete" : "apply"));
      return exit_refused;
    }
    locked->reset();
    http::Loop::end_on_signals();
    if (!confirms(flags.plan.removes ? question_of_delete(plan) : question_of_apply(plan))) {
      say("not applied\n");
      return exit_refused;
    }
    loop.interrupt_on_signals();
    locked = lock_again(loop, **planned, flags);
    if (!locked) return report_refusal(locked.error());
  }
  return carry_out_steps(loop, **planned, flags, *options);
}

void add_apply_flags(Program& program, CLI::App& command, ApplyFlags& flags) {
  const std::string group = "Applying";
  command.add_flag("-y,--yes", flags.yes, "Do not ask")->group(group);
  const std::string_view waited_for = flags.plan.removes ? "Wait until what is deleted is gone" : "Wait until all of the input is ready";
  command.add_flag("--wait,!--no-wait", flags.wait, fmt::format("{} (--wait=false: do not)", waited_for))
      ->group(group)
      ->default_str("true");
  add_duration(command, "--timeout", flags.timeout, "How long to wait for it")->group(group);
  add_duration(command, "--lock-timeout", flags.lock_timeout, "How long to wait for somebody else's apply")->group(group);
  command
      .add_flag("--lock,!--no-lock", flags.lock, "One apply at a time, by a Lease in the host, or in each cluster (--lock=false: do not)")
      ->group(group)
      ->default_str("true");
  add_output_flags(program, command, flags.plan.output, {"text", "json"});
}

void add_apply(Program& program) {
  auto flags = std::make_shared<ApplyFlags>();
  CommandText text{
      "Plans, asks, and applies to all clusters at once: namespaces and CustomResourceDefinitions first, then what workloads need, then "
      "the workloads. Then it waits until Deployments, StatefulSets, DaemonSets, Jobs and CustomResourceDefinitions are ready, also those "
      "that "
      "were there already, so that an apply that is run again tells what the first one did; and until what it deletes is gone. A cluster "
      "that cannot be asked, or whose plan "
      "has an error, is left alone; the others go on. A conflict stops everything before "
      "anything is written. Ctrl-C lets what was sent finish, and says where it stands; running the same apply again goes on from "
      "there.\n\n"
      "With --host-cluster-context (or when the current context is a host and nothing else names clusters) it propagates what the host "
      "holds to the host's members, -f first being written to the host, and writes each federated object's status as KubeFed does. One "
      "apply at a time works on a host, or on a cluster of a fleet: a Lease says who it is.\n\n"
      "With --wave, or a rollout in the fleet file, clusters are changed in waves: the next one begins when all objects of the last are "
      "ready, else the rest is held back. Running the same apply again goes on.\n\n"
      "With --on-failure=rollback a cluster in which something fails goes back to what it was when this run began: changed fields get "
      "their values back, new objects go (but for namespaces and definitions); deletes wait until all else is ready. Clusters in which "
      "all went well stay as they are.\n\n"
      "With FILE it applies a plan that was saved: just that, without asking. Before, it looks whether each change still is what the plan "
      "says; if one is not, it names what moved and who moved it, and does nothing (--if-stale).\n\n"
      "Exits with 0 when all is done and ready, 1 on an error before which nothing was written, 3 when something was written but is not "
      "ready in time, or not everywhere (a cluster failed or is unknown), 4 when refused (a conflict, a stale plan, no confirmation), "
      "130 when interrupted.",
      {{"Apply after a look at the plan",
        "fedctl apply -f federated-web-app.yaml --contexts tokyo-cluster,ireland-cluster,virginia-cluster"},
       {"In a script", "fedctl apply -R -f manifests/ --fleet fleet.yaml --yes --timeout 10m"},
       {"A plan that was saved and approved", "fedctl apply fleet.plan"},
       {"What the host holds, to its members", "fedctl apply --host-cluster-context host-cluster --yes"},
       {"Tokyo first, the others when it is ready",
        "fedctl apply -f manifests/ --fleet fleet.yaml --yes --wave tokyo-cluster --wave ireland-cluster,virginia-cluster --pause 1m"},
       {"Without waiting for the rollout", "fedctl apply -f manifests/ --fleet fleet.yaml --yes --wait=false"}}};
  CLI::App* command = add_command(program, "apply", "Make every cluster as the input says", std::move(text),
                                  [flags] { return finish(apply_plan(*flags), flags->plan.output); });
  auto* saved = command->add_option("FILE", flags->saved, "A plan that 'fedctl plan --out FILE' saved; it is not asked for");
  program.values[saved] = {ValueKind::file};
  add_plan_flags(program, *command, flags->plan);
  command->add_flag("--yes-delete", flags->yes_delete, "Delete however much the plan says")->group("Applying");
  add_choice(program, *command, "--if-stale", flags->if_stale, {"refuse", "skip-moved", "replan"},
             "When what a saved plan is about has moved: refuse, skip-moved (apply the rest), replan (apply what is needed now)")
      ->group("Applying");
  add_choice(program, *command, "--on-failure", flags->on_failure, {"stop", "continue", "rollback"},
             "In a cluster in which a change fails or does not get ready: stop (begin nothing more), continue (with what does not depend "
             "on it), rollback (put back what was there before)")
      ->group("Applying");
  auto* wave = command->add_option("--wave", flags->waves,
                                   "Clusters to change together; repeated, one wave after the other, each when the last is ready");
  wave->type_name("CLUSTER,...")->group("Waves")->allow_extra_args(false);
  program.values[wave] = {ValueKind::cluster};
  add_duration(*command, "--pause", flags->pause, "Between waves")->group("Waves");
  command
      ->add_option("--max-failing", flags->max_failing,
                   "At most this many clusters of a wave may fail without holding back the next; default 0")
      ->type_name("NUMBER")
      ->group("Waves");
  command->add_flag("--resume", flags->resume, "Go on with the last apply from this folder whose waves stopped, with its input and flags")
      ->group("Waves");
  add_apply_flags(program, *command, *flags);
}

}  // namespace fedctl::cli
