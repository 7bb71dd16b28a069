#pragma once

#include "failover/policy.hpp"
#include "failover/state.hpp"
#include "failover/survey.hpp"

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>

/// What of the old primary's log the new one lacks: pure, from a survey.
namespace fedctl::failover {

struct Loss {
  std::optional<std::int64_t> bytes;     ///< Nothing: nobody knows.
  bool is_exact = false;                 ///< The primary itself says it now. Else it is at least so much.
  std::optional<time::Duration> behind;  ///< How old the new one's last commit is, where it is behind at all.
  std::string basis;                     ///< How it is known: "both were asked just now", "tokyo-cluster was last seen 12s ago".
};

/// From the primary, if it answers; else from the highest position that anybody saw: the last look at it, its guard, the standby itself, or
/// another one among `sides`. Where the youngest of these, not counting what others received, is older than the policy's maxLookAge at
/// `failed_at`, nothing is known: too much may have been written since. All but the survey is by the clock that says `now`.
Loss loss_of(const Policy& policy, const State& state, const SideSurvey& old_side, const SideSurvey& new_side,
             std::span<const SideSurvey> sides, time::Instant failed_at, time::Instant now = std::chrono::system_clock::now());

/// ", 431 bytes lost, 12 counted lost" of a run's outcome, each with "at least" where it is not exact; "" where it has none.
std::string loss_text(const nlohmann::json& outcome);

}  // namespace fedctl::failover
