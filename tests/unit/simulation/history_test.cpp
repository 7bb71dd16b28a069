#include "simulation/history.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>
#include <cstdlib>
#include <optional>

namespace {

std::optional<std::uint64_t> number_in_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

/// Of each of the tests below. A build that is not optimised does a part of them, and one with sanitizers (clang's, too) a few.
std::uint64_t histories() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
  constexpr std::uint64_t usual = 100;
#elif defined(NDEBUG)
  constexpr std::uint64_t usual = 25'000;
#else
  constexpr std::uint64_t usual = 1'500;
#endif
  return number_in_environment("FEDCTL_HISTORIES").value_or(usual);
}

std::string retold(std::uint64_t seed) {
  const simulation::Outcome outcome = simulation::run_history(seed, true);
  std::string text = fmt::format("history {} (FEDCTL_HISTORY={} runs it alone): {}\n", seed, seed, outcome.failure);
  for (const std::string& line : outcome.told) text += line + "\n";
  return text;
}

void run_part(std::uint64_t part) {
  if (const auto only = number_in_environment("FEDCTL_HISTORY")) {
    if (*only % 4 != part) return;
    const std::string text = retold(*only);
    WARN(text);
    CHECK(simulation::run_history(*only, false).failure == "");
    return;
  }
  std::uint64_t failovers = 0;
  std::uint64_t gone_on = 0;
  for (std::uint64_t i = 0; i < histories(); ++i) {
    const std::uint64_t seed = i * 4 + part;
    const simulation::Outcome outcome = simulation::run_history(seed, false);
    if (!outcome.failure.empty()) FAIL(retold(seed));
    failovers += outcome.has_failed_over ? 1 : 0;
    gone_on += outcome.has_gone_on ? 1 : 0;
  }
  // Histories in which nothing happens would prove nothing.
  CHECK(failovers * 10 > histories());
  CHECK(gone_on * 50 > histories());
}

}  // namespace

TEST_CASE("whatever happens there is one writer, the loss is as told, and it ends: histories 0, 4, 8, ...") { run_part(0); }
TEST_CASE("whatever happens there is one writer, the loss is as told, and it ends: histories 1, 5, 9, ...") { run_part(1); }
TEST_CASE("whatever happens there is one writer, the loss is as told, and it ends: histories 2, 6, 10, ...") { run_part(2); }
TEST_CASE("whatever happens there is one writer, the loss is as told, and it ends: histories 3, 7, 11, ...") { run_part(3); }
