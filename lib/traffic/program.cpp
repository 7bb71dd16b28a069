#include "traffic/program.hpp"

#include "base/json.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

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
    const json answer = json::parse(*output, nullptr, false);
    if (!answer.is_object()) {
      Error error{Code::rejected, fmt::format("{} printed no JSON object for \"get\"", command_.front())};
      co_return Failure{std::move(error)};
    }
    Answer found{string_at(answer, "value"), answer.contains("ttl") && answer["ttl"].is_number_integer() ? answer["ttl"].get<int>() : 0};
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
    command.standard_input = input.dump() + "\n";
    Result<subprocess::Output> output = Failure{Error{}};
    co_await loop_.offload([&] { output = subprocess::run(command); });
    if (!output) co_return Failure{output.error()};
    if (output->exit_status == 0) co_return std::move(output->standard_output);
    Error error{Code::rejected,
                fmt::format("{} {} exited with {}: {}", command_.front(), action, output->exit_status, text::trim(output->standard_error))};
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
