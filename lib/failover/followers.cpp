#include "failover/followers.hpp"

#include "base/text.hpp"
#include "data/role.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::failover {
namespace {

bool leads_to(const std::vector<data::Address>& upstreams, const SideSurvey& side) {
  return std::ranges::any_of(side.addresses, [&](const data::Address& address) { return std::ranges::count(upstreams, address) > 0; });
}

FollowWay way_of(const Survey& survey, const SideSurvey& standby, const std::string& from, const std::string& to) {
  const std::vector<data::Address>& upstreams = standby.checkup.upstreams;
  if (leads_to(upstreams, *survey.find(to))) return FollowWay::by_itself;
  FollowWay way = FollowWay::unknown;
  for (const SideSurvey& side : survey.sides) {
    if (side.cluster == standby.cluster || !leads_to(upstreams, side)) continue;
    const bool is_source = side.cluster != from && side.database && side.database->in_recovery;
    if (is_source) return FollowWay::by_upstream;
    way = FollowWay::by_setting;
  }
  return way;
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

bool receives_rest(const Policy& policy, const SideSurvey& primary, const SideSurvey& standby) {
  const auto &source = primary.database, &copy = standby.database;
  if (!source || source->in_recovery || !copy || !copy->in_recovery || !copy->streams || copy->timeline != source->timeline) return false;
  return source->written <= copy->written || source->written - copy->written <= static_cast<data::Lsn>(policy.postgres->max_lag_bytes);
}

std::vector<Follower> followers_of(const Policy& policy, const Survey& survey, const std::string& from, const std::string& to,
                                   std::optional<data::Lsn> fork) {
  std::vector<Follower> followers;
  if (!policy.postgres) return followers;
  const SideSurvey* old = survey.find(from);
  const SideSurvey& promoted = *survey.find(to);
  const bool is_given_rest = old != nullptr && receives_rest(policy, *old, promoted);
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
