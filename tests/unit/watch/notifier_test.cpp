#include "watch/notifier.hpp"

#include "base/file.hpp"

#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <mutex>

using namespace fedctl;
using watch::Notifier;

TEST_CASE("a program is told each event on its standard input, and nobody waits for it") {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / ("fedctl-notifier-" + std::to_string(::getpid()));
  {
    Notifier notifier{{"tee -a " + path.string()}, [](const std::string& problem) { FAIL(problem); }};
    notifier.send({{"type", "failing"}});
    notifier.send({{"type", "done"}});
  }
  CHECK(file::read(path).value_or("") == "{\"type\":\"failing\"}\n{\"type\":\"done\"}\n");
  std::filesystem::remove(path);
}

TEST_CASE("what cannot be told is said") {
  std::mutex mutex;
  std::vector<std::string> problems;
  {
    Notifier notifier{{"false"}, [&](const std::string& problem) {
                        const std::lock_guard lock{mutex};
                        problems.push_back(problem);
                      }};
    notifier.send({{"type", "done"}});
  }
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find("--notify false: ") == 0);
}
