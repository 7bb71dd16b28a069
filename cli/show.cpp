#include "base/printable.hpp"
#include "cli/saved_plan.hpp"

#include <fmt/format.h>
#include <memory>

namespace fedctl::cli {
namespace {

struct Flags {
  std::string path;
  std::string diff = "fields";
  OutputFlags output;
};

int show(const Flags& flags) {
  const auto saved = load_plan(flags.path);
  if (!saved) return report(saved.error());
  if (flags.output.output.empty() || flags.output.output == "text")
    print(text::printable(fmt::format("Planned by {} at {} with fedctl {}.", saved->made_by, saved->created, saved->version)) + "\n\n");
  if (const auto printed = print_plan(saved->plan, flags.output, flags.diff); !printed) return report(printed.error());
  return exit_done;
}

}  // namespace

void add_show(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{"Shows a plan that 'fedctl plan --out FILE' saved, in any of plan's formats. No cluster is asked.",
                   {{"What it would do", "fedctl show fleet.plan"}, {"For a program", "fedctl show fleet.plan -o json | jq .summary"}}};
  CLI::App* command =
      add_command(program, "show", "Show a saved plan", std::move(text), [flags] { return finish(show(*flags), flags->output); });
  auto* path = command->add_option("FILE", flags->path, "The saved plan")->required();
  program.values[path] = {ValueKind::file};
  add_diff_flag(program, *command, flags->diff);
  add_output_flags(program, *command, flags->output, plan_formats());
}

}  // namespace fedctl::cli
