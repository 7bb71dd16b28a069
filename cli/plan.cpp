#include "cli/saved_plan.hpp"
#include "plan/drift.hpp"

#include <fmt/format.h>
#include <cstdio>
#include <memory>

namespace fedctl::cli {
namespace {

struct Flags {
  PlanFlags plan;
  bool detailed_exit_code = false;
  bool drift_only = false;
  std::string out;
};

int exit_with(const plan::Plan& plan, const Flags& flags) {
  const int code = plan_exit(plan);
  return code == exit_done && flags.detailed_exit_code && plan.summary().has_changes() ? exit_changes : code;
}

int show_drift(const plan::Plan& drift, const Flags& flags, const Planned& planned) {
  const std::string& format = flags.plan.output.output;
  if (format.empty() || format == "text") {
    print_drift_text(drift, Style{flags.plan.output.no_color});
  } else if (const auto printed = print_plan(drift, flags.plan.output, flags.plan.diff); !printed) {
    return report(printed.error());
  }
  flush_output();
  say_stats(flags.plan, planned);
  return exit_with(drift, flags);
}

int show_plan(Flags& flags) {
  flags.plan.identify = !flags.out.empty();
  http::Loop loop{log_for(flags.plan.output)};
  loop.interrupt_on_signals();
  const auto planned = prepare(loop, flags.plan);
  if (!planned) return report(planned.error());
  std::vector<manifest::Manifest> manifests;
  if (!flags.out.empty()) manifests = (*planned)->input.manifests;
  if (const auto made = make_plan(loop, flags.plan, **planned); !made) return report_refusal(made.error());
  const plan::Plan& plan = (*planned)->plan();
  if (flags.drift_only) return show_drift(plan::drift_of(plan), flags, **planned);
  if (const auto printed = print_plan(plan, flags.plan.output, flags.plan.diff); !printed) return report(printed.error());
  if (const auto excess = plan::too_many_deletes(plan, flags.plan.max_deletes))
    warn(fmt::format("apply will refuse to delete {} without --yes-delete", *excess));
  if (!flags.out.empty()) {
    flush_output();
    if (const auto saved = save_plan(flags.out, flags.plan, **planned, std::move(manifests)); !saved) return report(saved.error());
    say_line(fmt::format("Saved. To apply exactly this: fedctl apply {}", flags.out));
  }
  flush_output();
  say_stats(flags.plan, **planned);
  return exit_with(plan, flags);
}

std::string not_empty(const std::string& name) { return name.empty() ? "it needs the name of a file" : ""; }

}  // namespace

void add_plan(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Shows for each cluster what apply would create, update (each field with its old and its new value) and delete, what is in "
      "conflict and what could not be found out. Nothing is written. Federated manifests go where their placement says; plain ones "
      "to every cluster. The values of Secrets are masked.\n\n"
      "With --host-cluster-context (or when the current context is a host and nothing else names clusters) the clusters are the host's "
      "members, and what the host holds is planned; -f adds files to that, and shows the host's own changes too.\n\n"
      "Exits with 0 when the plan is whole, 1 on an error (or when no cluster could be planned), 3 when some clusters or objects are "
      "unknown or in error, 4 when something is in conflict; with --detailed-exitcode 2 when changes are pending.",
      {{"What would happen", "fedctl plan -f federated-web-app.yaml --contexts tokyo-cluster,ireland-cluster,virginia-cluster"},
       {"In CI: exit with 2 when there is something to do", "fedctl plan -R -f manifests/ --fleet fleet.yaml --detailed-exitcode"},
       {"What the host holds, for its members", "fedctl plan --host-cluster-context host-cluster"},
       {"What others changed, and who", "fedctl plan -f manifests/ --fleet fleet.yaml --drift-only"},
       {"Save it, and apply exactly that later",
        "fedctl plan -f manifests/ --fleet fleet.yaml --out fleet.plan && fedctl apply fleet.plan"},
       {"For a program", "fedctl plan -f manifests/ --fleet fleet.yaml -o json | jq .summary"}}};
  CLI::App* command = add_command(program, "plan", "Show what apply would do in every cluster", std::move(text),
                                  [flags] { return finish(show_plan(*flags), flags->plan.output); });
  add_plan_flags(program, *command, flags->plan);
  command->add_flag("--detailed-exitcode", flags->detailed_exit_code, "Exit with 2 when changes are pending")->group("Output");
  command->add_flag("--drift-only", flags->drift_only, "Show only what others changed since the last apply, who and when")->group("Output");
  auto* out = command->add_option("--out", flags->out, "Save the plan, for 'fedctl apply FILE'; Secrets' values are not kept");
  out->type_name("FILE")->group("Output")->check(not_empty);
  program.values[out] = {ValueKind::file};
  add_diff_flag(program, *command, flags->plan.diff);
  add_output_flags(program, *command, flags->plan.output, plan_formats());
}

}  // namespace fedctl::cli
