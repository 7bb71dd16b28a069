#include "base/subprocess.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "support.hpp"

#include <fmt/format.h>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <thread>

using namespace fedctl;
using std::chrono::milliseconds;
using subprocess::Command;

namespace {

Command shell(const std::string& script, time::Duration timeout = time::Duration{60'000}) {
  return {.program = "sh", .arguments = {"-c", script}, .timeout = timeout};
}

std::string read_soon(const std::filesystem::path& path) {
  for (int i = 0; i < 500; ++i) {
    const auto text = file::read(path);
    if (text && text->ends_with('\n')) return text::trim(*text);
    std::this_thread::sleep_for(milliseconds{10});
  }
  return {};
}

/// Nobody may take note of its end in a container, so that a zombie is left.
bool runs(const std::string& process) {
  const auto stat = file::read(fmt::format("/proc/{}/stat", process));
  return stat && stat->find(") Z") == std::string::npos;
}

bool ends_soon(const std::string& process) {
  for (int i = 0; i < 500 && runs(process); ++i) std::this_thread::sleep_for(milliseconds{10});
  return !runs(process);
}

}  // namespace

TEST_CASE("a program that takes too long ends with all that it started") {
  const support::TemporaryFolder folder;
  const std::string noted = (folder.path() / "started").string();
  const auto output = subprocess::run(shell(fmt::format("sleep 1000 & echo $! >{}; wait", noted), time::Duration{500}));
  REQUIRE_FALSE(output);
  CHECK(output.error().code == Code::timeout);
  const std::string started = read_soon(noted);
  REQUIRE_FALSE(started.empty());
  CHECK(ends_soon(started));
}

TEST_CASE("a program that is ended may clean up, and is killed when it does not end") {
  const support::TemporaryFolder folder;
  const std::string noted = (folder.path() / "noted").string();
  const std::string how = GENERATE("trap 'echo cleaned >FILE; exit' TERM", "trap '' TERM; echo cleaned >FILE");
  std::string script = how + "; while :; do sleep 0.01; done";
  script.replace(script.find("FILE"), 4, noted);
  const auto output = subprocess::run(shell(script, time::Duration{500}));
  REQUIRE_FALSE(output);
  CHECK(output.error().code == Code::timeout);
  CHECK(read_soon(noted) == "cleaned");
}

TEST_CASE("what a program leaves running with its pipe in hand is not waited for") {
  const auto output = subprocess::run(shell("sleep 5 & echo $!"));
  REQUIRE(output);
  CHECK(output->exit_status == 0);
  CHECK(runs(text::trim(output->standard_output)));
}

TEST_CASE("a program that closes its output is waited for, and no longer than it may take") {
  CHECK(subprocess::run(shell("exec >&- 2>&-; sleep 0.2; exit 7"))->exit_status == 7);
  const auto output = subprocess::run(shell("exec >&- 2>&-; sleep 1000", time::Duration{200}));
  REQUIRE_FALSE(output);
  CHECK(output.error().code == Code::timeout);
}

TEST_CASE("of what a program says only so much is kept, and it is not stopped by that") {
  const auto output = subprocess::run(shell("head -c 5000000 /dev/zero; head -c 10 /dev/zero >&2; exit 3"));
  REQUIRE(output);
  CHECK(output->exit_status == 3);
  CHECK(output->standard_output.size() == subprocess::most_output);
  CHECK(output->standard_error.size() == 10);
  CHECK(output->dropped == 5'000'000 - subprocess::most_output);
}

TEST_CASE("a program that is told to stop ends before its time") {
  std::stop_source source;
  Command command = shell("sleep 1000");
  command.stop = source.get_token();
  std::jthread later{[&] {
    std::this_thread::sleep_for(milliseconds{100});
    source.request_stop();
  }};
  const auto output = subprocess::run(command);
  REQUIRE_FALSE(output);
  CHECK(output.error().code == Code::cancelled);
}

TEST_CASE("all programs that run apart can be ended at once, with what they started, whatever they think of it") {
  const support::TemporaryFolder folder;
  const std::string started = (folder.path() / "started").string();
  std::optional<Result<subprocess::Output>> output;
  std::thread runner{[&] { output = subprocess::run(shell("trap '' TERM; sleep 300 & echo $! > " + started + "; wait; wait")); }};
  const std::string child = read_soon(started);
  subprocess::kill_all();
  runner.join();
  REQUIRE(*output);
  CHECK((*output)->exit_status == 128 + SIGKILL);
  CHECK(ends_soon(child));
}

TEST_CASE("a program reads its input to the end") {
  Command command = shell("wc -c");
  command.standard_input = std::string(1'000'000, 'x');
  const auto output = subprocess::run(command);
  REQUIRE(output);
  CHECK(text::trim(output->standard_output) == "1000000");
}
