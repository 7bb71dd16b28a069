#include "failover/action.hpp"

#include "base/subprocess.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace fedctl::failover {
namespace {

constexpr std::size_t longest = 400;

}  // namespace

Result<std::string> run_action(const Action& action, const std::map<std::string, std::string>& environment, const std::string& input) {
  subprocess::Command command{.program = action.command.front(), .arguments = {action.command.begin() + 1, action.command.end()}};
  command.timeout = action.timeout;
  command.environment = environment;
  command.standard_input = input;
  const auto output = subprocess::run(command);
  if (!output) return Failure{output.error()};
  if (output->exit_status == 0) return text::trim(output->standard_output).substr(0, longest);
  const std::string said = text::trim(output->standard_error.empty() ? output->standard_output : output->standard_error);
  return Failure{{Code::rejected, fmt::format("{} exited with {}{}{}", action.command.front(), output->exit_status,
                                              said.empty() ? "" : ": ", said.substr(0, longest))}};
}

}  // namespace fedctl::failover
