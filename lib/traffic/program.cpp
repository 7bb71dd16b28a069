#include "traffic/program.hpp"

#include "base/json.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "http/stoppable.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdint>
#include <limits>

namespace fedctl::traffic {
namespace {

using nlohmann::json;

class Program : public Provider {
 public:
  Program(http::Loop& loop, std::vector<std::string> command, time::Duration timeout)
      : loop_(loop), command_(std::move(command)), timeout_(timeout) {}

  std::string display_name() const override { return "program " + command_.front(); }

  Task<Result<Answer>> current(Record record) override {
    auto output = co_await run("get", record);
    if (!output) co_return Failure{output.error()};
    const json answer = parse_json(*output);
    if (!answer.is_object()) {
      Error error{Code::rejected, fmt::format("{} printed no JSON object for \"get\"", command_.front())};
      co_return Failure{std::move(error)};
    }
    Answer found{string_at(answer, "value"),
                 static_cast<int>(std::clamp<std::int64_t>(integer_at(answer, "ttl"), 0, std::numeric_limits<int>::max()))};
    co_return found;
  }

  Task<Result<Done>> put(Record record) override {
    auto output = co_await run("put", record);
    if (!output) co_return Failure{output.error()};
    co_return Done{};
  }

 private:
  Task<Result<std::string>> run(std::string action, Record record) {
    subprocess::Command command{.program = command_.front(), .arguments = {command_.begin() + 1, command_.end()}, .timeout = timeout_};
    const json input{{"action", action},
                     {"record", {{"name", record.name}, {"type", record.type}, {"ttl", record.ttl}, {"value", record.value}}}};
    command.standard_input = to_text(input) + "\n";
    Result<subprocess::Output> output = Failure{Error{}};
    co_await http::offload_stoppable(loop_, [&](const std::stop_token& stop) {
      // A record that is being put is not left in the middle.
      if (action == "get") command.stop = stop;
      output = subprocess::run(command);
    });
    if (!output) co_return Failure{output.error()};
    if (output->exit_status == 0 && output->dropped == 0) co_return std::move(output->standard_output);
    Error error{Code::rejected,
                fmt::format("{} {} exited with {}: {}", command_.front(), action, output->exit_status, text::trim(output->standard_error))};
    if (output->exit_status == 0) error.message = fmt::format("{} {} said more than a MiB", command_.front(), action);
    co_return Failure{std::move(error)};
  }

  http::Loop& loop_;
  std::vector<std::string> command_;
  time::Duration timeout_;
};

}  // namespace

std::unique_ptr<Provider> make_program(http::Loop& loop, std::vector<std::string> command, time::Duration timeout) {
  return std::make_unique<Program>(loop, std::move(command), timeout);
}

}  // namespace fedctl::traffic
