#include "failover/followers.hpp"

#include "base/text.hpp"
#include "data/role.hpp"
#include "failover/lineage.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::failover {
namespace {

/// Where a standby receives from, and where it would after a restart: of several addresses it takes the first that answers.
std::vector<data::Address> sources_of(const data::Checkup& standby) {
  std::vector<data::Address> sources;
  if (standby.sender) sources.push_back(*standby.sender);
  if (!standby.upstreams.empty()) sources.push_back(standby.upstreams.front());
  return sources;
}

/// What is at an address, after a run from `from` to `to`.
FollowWay way_to(const data::Address& address, const Survey& survey, const std::string& from, const std::string& to) {
  const auto side = std::ranges::find_if(
      survey.sides, [&](const SideSurvey& one) { return std::ranges::find(one.addresses, address) != one.addresses.end(); });
  if (side == survey.sides.end()) return FollowWay::unknown;
  if (side->cluster == to) return FollowWay::by_itself;
  const bool is_source = side->cluster != from && side->database && side->database->in_recovery;
  return is_source ? FollowWay::by_upstream : FollowWay::by_setting;
}

/// One that may receive from one of the policy's sides, though from an address first that is not known, is one of their standbys.
bool names_side(const SideSurvey& standby, const Survey& survey) {
  return standby.checkup.upstreams.size() > 1 && std::ranges::any_of(standby.checkup.upstreams, [&](const data::Address& address) {
           return side_at(address, survey.sides) != nullptr;
         });
}

FollowWay way_of(const Survey& survey, const SideSurvey& standby, const std::string& from, const std::string& to) {
  std::vector<FollowWay> ways;
  for (const data::Address& address : sources_of(standby.checkup)) ways.push_back(way_to(address, survey, from, to));
  // One that receives from the right server, and would not after a restart, is led there as well.
  for (const FollowWay way : {FollowWay::by_setting, FollowWay::unknown, FollowWay::by_upstream, FollowWay::by_itself}) {
    if (std::ranges::find(ways, way) == ways.end()) continue;
    return way == FollowWay::unknown && names_side(standby, survey) ? FollowWay::by_setting : way;
  }
  return FollowWay::unknown;
}

/// Why it cannot follow whatever it is told: it has what the primary has not.
std::string excess_of(const SideSurvey& standby, const SideSurvey& primary, std::optional<data::Lsn> fork) {
  const bool has_fork = fork && primary.database && !primary.database->in_recovery;
  const auto excess = has_fork ? data::parted(*standby.database, *primary.database, *fork) : std::nullopt;
  if (!excess) return {};
  return fmt::format("it has received {} bytes of log that {} never got, so it must be rebuilt", *excess, primary.cluster);
}

std::string problem_of(const SideSurvey& standby, const SideSurvey& primary, FollowWay way, bool is_given_rest) {
  if (!standby.database)
    return "its database cannot be asked: " + (standby.database_problem ? standby.database_problem->message : std::string{"no answer"});
  if (!standby.database->in_recovery) return "its database is a primary of its own";
  const bool is_ahead =
      !is_given_rest && primary.database && primary.database->in_recovery && standby.database->written > primary.database->written;
  if (is_ahead) return fmt::format("its database has received more of the log than that of {}", primary.cluster);
  if (way == FollowWay::by_setting && !standby.checkup.missing_to_follow.empty())
    return fmt::format("our role lacks {}: {}", text::listed(standby.checkup.missing_to_follow), data::how_to_grant);
  if (way != FollowWay::unknown) return {};
  if (standby.checkup.upstreams.empty()) return "where its database receives from is not known";
  std::vector<std::string> names;
  for (const data::Address& address : standby.checkup.upstreams) names.push_back(data::to_string(address));
  return fmt::format("its database receives from {}, which is none of the policy's; if that is one of them, give that side its `address`",
                     text::join(names, ", "));
}

}  // namespace

std::string_view to_string(FollowWay way) {
  switch (way) {
    case FollowWay::by_setting: return "primary_conninfo";
    case FollowWay::by_itself: return "by-itself";
    case FollowWay::by_upstream: return "cascade";
    case FollowWay::unknown: break;
  }
  return "unknown";
}

bool receives_rest(const Policy& policy, const SideSurvey& primary, const SideSurvey& standby, std::span<const SideSurvey> sides) {
  const auto &source = primary.database, &copy = standby.database;
  if (!source || source->in_recovery || !copy || !copy->in_recovery || !copy->streams || copy->timeline != source->timeline) return false;
  if (!receives_from(primary, standby, sides)) return false;
  return source->written <= copy->written || source->written - copy->written <= static_cast<data::Lsn>(policy.postgres->max_lag_bytes);
}

std::vector<Follower> followers_of(const Policy& policy, const Survey& survey, const std::string& from, const std::string& to,
                                   std::optional<data::Lsn> fork) {
  std::vector<Follower> followers;
  if (!policy.postgres) return followers;
  const SideSurvey* old = survey.find(from);
  const SideSurvey& promoted = *survey.find(to);
  const bool is_given_rest = old != nullptr && receives_rest(policy, *old, promoted, survey.sides);
  for (const SideSurvey& side : survey.sides) {
    if (side.cluster == from || side.cluster == to) continue;
    const FollowWay way = side.database ? way_of(survey, side, from, to) : FollowWay::unknown;
    std::string problem = side.database && side.database->in_recovery ? excess_of(side, promoted, fork) : std::string{};
    const bool is_parted = !problem.empty();
    if (!is_parted) problem = problem_of(side, promoted, way, is_given_rest);
    followers.push_back({.cluster = side.cluster, .way = way, .problem = std::move(problem), .is_parted = is_parted});
  }
  return followers;
}

}  // namespace fedctl::failover
