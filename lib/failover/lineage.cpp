#include "failover/lineage.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::failover {
namespace {

/// As whom a standby receives where its primary_conninfo does not say.
constexpr std::string_view default_receiver = "walreceiver";

}  // namespace

std::optional<Lineage> lineage_of(const State& state, const SideSurvey* side, const std::string& active) {
  if (side != nullptr && side->database && !side->database->in_recovery)
    return Lineage{side->database->system_identifier, side->database->timeline, true};
  std::optional<Lineage> known;
  if (state.primary && state.primary->cluster == active) known = Lineage{state.primary->system_identifier, state.primary->timeline};
  const auto run = latest_done(state, [&](const Run& one) { return one.to == active; });
  const StepRecord* promoted = run ? run->find(StepKind::promote) : nullptr;
  const auto timeline = promoted == nullptr ? std::nullopt : promoted->evidence.read<PromoteEvidence>().timeline;
  // What was seen before it was promoted is of another history.
  if (timeline && (!known || known->timeline < *timeline)) known = Lineage{known ? known->system_identifier : "", *timeline};
  return known;
}

const SideSurvey* side_at(const data::Address& address, std::span<const SideSurvey> sides) {
  const auto found =
      std::ranges::find_if(sides, [&](const SideSurvey& one) { return std::ranges::find(one.addresses, address) != one.addresses.end(); });
  return found == sides.end() ? nullptr : &*found;
}

bool receives_from(const SideSurvey& primary, const SideSurvey& standby, std::span<const SideSurvey> sides) {
  const SideSurvey* sender = standby.checkup.sender ? side_at(*standby.checkup.sender, sides) : nullptr;
  if (sender != nullptr && sender->cluster == primary.cluster) return true;
  const bool is_cascaded = sender != nullptr && sender->database && sender->database->in_recovery;
  if (is_cascaded) return true;
  if (sender != nullptr) return false;
  const std::vector<std::string>& receivers = primary.checkup.synchronous.streaming;
  const std::string& name = standby.checkup.application_name;
  if (name.empty()) return !receivers.empty();
  const auto has_name = [&](const std::string& one) { return text::lower(one) == text::lower(name) || one == default_receiver; };
  return std::ranges::any_of(receivers, has_name);
}

bool streams_elsewhere(const SideSurvey* primary, const SideSurvey& standby, std::span<const SideSurvey> sides) {
  const bool answers = primary != nullptr && primary->database && !primary->database->in_recovery;
  return answers && standby.database && standby.database->streams && !receives_from(*primary, standby, sides);
}

bool is_comparable(const State& state, const Survey& survey, const std::string& active, const SideSurvey& standby) {
  const SideSurvey* side = survey.find(active);
  const auto lineage = lineage_of(state, side, active);
  if (lineage && standby.database && !lineage->has(*standby.database)) return false;
  return !streams_elsewhere(side, standby, survey.sides);
}

std::vector<std::string> strangers_of(const State& state, const Survey& survey, const std::string& active) {
  std::vector<std::string> found;
  const auto lineage = lineage_of(state, survey.find(active), active);
  for (const SideSurvey& side : survey.sides) {
    if (side.cluster == active || !side.database) continue;
    const data::Standing& standing = *side.database;
    if (!standing.in_recovery && standing.is_writable()) {
      found.push_back(fmt::format("the database of {} takes writes, and {} is the active side", side.cluster, active));
    } else if (standing.in_recovery && lineage && !lineage->has(standing)) {
      found.push_back(fmt::format("the database of {} is on timeline {}, and that of {} on {}, so it is no standby of it", side.cluster,
                                  standing.timeline, active, lineage->timeline));
    } else if (standing.in_recovery && streams_elsewhere(survey.find(active), side, survey.sides)) {
      found.push_back(fmt::format("the database of {} streams from another server than that of {}", side.cluster, active));
    }
  }
  return found;
}

}  // namespace fedctl::failover
