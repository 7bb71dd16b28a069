#include "watch/hold_back.hpp"

#include "failover/assess.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <chrono>

namespace fedctl::watch {

std::optional<std::string> held_back_by(const failover::Policy& policy, const failover::State& state, const std::string& active,
                                        time::Duration cooldown, time::Instant now) {
  using RunState = failover::Run::State;
  if (state.pause) return "it is " + failover::pause_text(state);
  const std::string active_now = failover::active_cluster(policy, state);
  if (active_now != active) return fmt::format("{} is active by now", active_now);
  if (state.has_unfinished_run()) return "a run of somebody else's was not finished";
  const auto ended = state.run ? failover::parse_timestamp(state.run->ended_at) : std::nullopt;
  const bool moved = ended && (state.run->state == RunState::done || state.run->state == RunState::aborted);
  // By a clock that is ahead it ends in the future; the cooldown is no longer for that.
  if (!moved || std::min(*ended, now) + cooldown <= now) return std::nullopt;
  return fmt::format("the last failover was {} {} ago, and the cooldown is {}", state.run->state == RunState::done ? "done" : "undone",
                     time::format_duration(std::chrono::duration_cast<std::chrono::seconds>(now - std::min(*ended, now))),
                     time::format_duration(cooldown));
}

std::optional<std::string> still_heard_by(const failover::Survey& survey) {
  // A primary sends something at least every half of wal_sender_timeout, and a stream that broke is seen at once.
  constexpr time::Duration recent{3'000};
  for (const failover::SideSurvey& side : survey.sides) {
    const auto& standing = side.database;
    if (standing && standing->in_recovery && standing->streams && standing->upstream_age && *standing->upstream_age < recent)
      return fmt::format("the database of {} still hears from it", side.cluster);
  }
  return std::nullopt;
}

bool says_the_same(std::string one, std::string other) {
  const auto is_of_number = [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; };
  const auto is_of_unit = [](unsigned char c) { return c == 'h' || c == 'm' || c == 's'; };
  const auto without_numbers = [&](std::string& text) {
    std::string kept;
    bool follows_number = false;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      follows_number = is_of_number(byte) || (follows_number && is_of_unit(byte));
      if (!follows_number) kept += c;
    }
    text = std::move(kept);
  };
  without_numbers(one);
  without_numbers(other);
  return one == other;
}

}  // namespace fedctl::watch
