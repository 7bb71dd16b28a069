#include "failover/loss.hpp"

#include "base/json.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::failover {
namespace {

using data::Standing;

/// The highest position, and the youngest look, of several.
class Sources {
 public:
  void take(std::optional<data::Lsn> position, time::Duration age, std::string basis) {
    if (!position) return;
    age_ = age_ ? std::min(*age_, age) : age;
    take_bound(*position, std::move(basis));
  }

  /// What was written at least, whenever that was.
  void take_bound(data::Lsn position, std::string basis) {
    if (position_ && *position_ >= position) return;
    position_ = position;
    basis_ = std::move(basis);
  }

  const std::optional<data::Lsn>& position() const { return position_; }
  /// Nothing: nobody ever looked.
  const std::optional<time::Duration>& age() const { return age_; }
  const std::string& basis() const { return basis_; }

 private:
  std::optional<data::Lsn> position_;
  std::optional<time::Duration> age_;
  std::string basis_;
};

/// By how much two machines' clocks may differ, as NTP keeps them.
constexpr time::Duration clock_slack{5'000};

/// Does it have the log that the new side's primary wrote?
bool has_same_log(const SideSurvey& other, const Standing& standby) {
  return other.database && other.database->in_recovery && other.database->system_identifier == standby.system_identifier &&
         other.database->timeline == standby.timeline;
}

Sources sources_of(const Policy& policy, const State& state, const SideSurvey& old_side, const SideSurvey& new_side,
                   std::span<const SideSurvey> sides, time::Instant failed_at, time::Instant now) {
  Sources sources;
  const Standing& standby = *new_side.database;
  const auto since_failure = std::chrono::duration_cast<time::Duration>(now - failed_at);
  const auto before_failure = [&](time::Duration age) { return std::max(time::Duration{0}, age - since_failure); };
  if (state.primary && state.primary->cluster == old_side.cluster) {
    const auto at = parse_timestamp(state.primary->at).value_or(time::Instant{});
    const auto age = std::max(time::Duration{0}, std::chrono::duration_cast<time::Duration>(failed_at - at));
    // Seen in the future: by a machine whose clock is ahead, so nothing is known of when.
    const bool is_ahead = at > now + clock_slack;
    sources.take(data::parse_lsn(state.primary->lsn), is_ahead ? policy.postgres->max_look_age + time::Duration{1} : age,
                 fmt::format("{} was last seen {}", old_side.cluster, ago(state.primary->at)));
  }
  if (old_side.guard.exists())
    sources.take(data::parse_lsn(old_side.guard.lsn), before_failure(old_side.guard.age),
                 fmt::format("the guard of {} last spoke {} ago", old_side.cluster, time::format_duration(old_side.guard.age)));
  if (standby.upstream_age)
    sources.take(standby.upstream, before_failure(*standby.upstream_age),
                 fmt::format("by what {} last heard of its primary", new_side.cluster));
  // The active side may have been started again as a standby: it has what it wrote.
  if (has_same_log(old_side, standby))
    sources.take(old_side.database->written, time::Duration{0}, fmt::format("the database of {} is a standby now", old_side.cluster));
  for (const SideSurvey& other : sides) {
    const bool is_other = other.cluster != old_side.cluster && other.cluster != new_side.cluster;
    if (is_other && has_same_log(other, standby))
      sources.take_bound(other.database->written, fmt::format("the database of {} has received more", other.cluster));
  }
  return sources;
}

}  // namespace

Loss loss_of(const Policy& policy, const State& state, const SideSurvey& old_side, const SideSurvey& new_side,
             std::span<const SideSurvey> sides, time::Instant failed_at, time::Instant now) {
  Loss loss;
  if (!policy.postgres || !new_side.database) return loss;
  const Standing& standby = *new_side.database;
  const auto behind = [&](data::Lsn primary) {
    return primary > standby.written ? static_cast<std::int64_t>(primary - standby.written) : 0;
  };
  if (old_side.database && !old_side.database->in_recovery) {
    loss = {.bytes = behind(old_side.database->written), .is_exact = true, .behind = {}, .basis = "both were asked just now"};
  } else {
    const Sources sources = sources_of(policy, state, old_side, new_side, sides, failed_at, now);
    if (!sources.age()) {
      loss.basis = fmt::format("{} does not answer, and nobody looked at it before", old_side.cluster);
      return loss;
    }
    loss.basis = sources.basis();
    if (*sources.age() > policy.postgres->max_look_age) {
      loss.basis += fmt::format(", and maxLookAge is {}", time::format_duration(policy.postgres->max_look_age));
      return loss;
    }
    loss.bytes = behind(*sources.position());
  }
  if (*loss.bytes > 0) loss.behind = standby.replay_age;
  return loss;
}

std::string loss_text(const nlohmann::json& outcome) {
  const std::string least = bool_at(outcome, "lossExact") ? "" : "at least ";
  std::string text;
  if (value_at(outcome, "lostBytes").is_number_integer()) text += fmt::format(", {}{} bytes lost", least, integer_at(outcome, "lostBytes"));
  if (value_at(outcome, "lostCounted").is_number_integer())
    text += fmt::format(", {}{} counted lost", least, integer_at(outcome, "lostCounted"));
  return text;
}

}  // namespace fedctl::failover
