#include "watch/hold_back.hpp"

#include "failover/assess.hpp"

#include <fmt/format.h>
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
  if (!moved || *ended + cooldown <= now) return std::nullopt;
  return fmt::format("the last failover was {} {} ago, and the cooldown is {}", state.run->state == RunState::done ? "done" : "undone",
                     time::format_duration(std::chrono::duration_cast<std::chrono::seconds>(now - *ended)),
                     time::format_duration(cooldown));
}

}  // namespace fedctl::watch
