#include "cli/common.hpp"

#include "base/json.hpp"

#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>

namespace fedctl::cli {
namespace {

int show_version(const OutputFlags& flags, const std::string& program) {
  const std::string compiler = __VERSION__;
  if (program == "kubefedctl" && flags.output != "json") {
    // What scripts made for kubefedctl take the version out of.
    print_line(fmt::format("kubefedctl version: version.Info{{Version:\"v{}\", Compiler:\"{}\"}}", FEDCTL_VERSION, compiler));
    return exit_done;
  }
  if (flags.output == "json") {
    const nlohmann::json version{{"version", "v" FEDCTL_VERSION}, {"compiler", compiler}};
    print(fedctl::to_text(version, 2) + "\n");
  } else {
    print("fedctl version: v" FEDCTL_VERSION "\n");
  }
  return exit_done;
}

}  // namespace

void add_version(Program& program) {
  auto flags = std::make_shared<OutputFlags>();
  CommandText text{"Prints the version of fedctl. It asks no cluster; 'fedctl clusters' shows theirs.",
                   {{"The version as JSON", "fedctl version -o json"}}};
  CLI::App* command = add_command(program, "version", "Print the version", std::move(text),
                                  [flags, &program] { return show_version(*flags, program.name); });
  add_output_flags(program, *command, *flags, {"text", "json"});
}

}  // namespace fedctl::cli
