#include "failover/action.hpp"

#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "base/url.hpp"

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
  const std::string dropped = output->dropped == 0 ? "" : fmt::format(" ({} more bytes were dropped)", output->dropped);
  if (output->exit_status == 0) return text::trim(output->standard_output).substr(0, longest) + dropped;
  const std::string said = text::trim(output->standard_error.empty() ? output->standard_output : output->standard_error);
  return Failure{{Code::rejected, fmt::format("{} exited with {}{}{}", action.command.front(), output->exit_status,
                                              said.empty() ? "" : ": ", said.substr(0, longest) + dropped)}};
}

Result<long> post_json(http::Loop& loop, const std::string& url, const std::string& body, time::Duration timeout) {
  // The path of a webhook is often its password, so errors, which name the endpoint, must not have it.
  const http::Endpoint endpoint{.url = url::origin_of(url), .request_timeout = timeout};
  const http::Request request{
      .method = "POST", .path = url::path_of(url), .headers = {"Content-Type: application/json"}, .body = body, .secret_path = true};
  const auto response = loop.run(loop.transfer(endpoint, request));
  if (!response) return Failure{response.error()};
  return response->status;
}

}  // namespace fedctl::failover
