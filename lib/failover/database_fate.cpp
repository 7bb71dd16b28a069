#include "failover/database_fate.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::failover {
namespace {

std::string fate_of_old(const Policy& policy, const std::string& from, const std::string& to, RunKind kind) {
  const auto side = policy.postgres->sides.find(from);
  const bool can_rejoin = side != policy.postgres->sides.end() && side->second.rejoin;
  const std::string rejoins = can_rejoin ? fmt::format("its program makes it a standby of {}", to) : std::string{};
  if (kind == RunKind::switchover) return can_rejoin ? "takes no more writes; " + rejoins : "takes no more writes, until it is a standby";
  return "is fenced; " + (can_rejoin ? "'fedctl failover repair' makes it a standby" : std::string{"it has to be made a standby by hand"});
}

std::string fate_of(const Follower& follower, const std::string& to) {
  if (!follower.problem.empty()) return fmt::format("may not follow {}: {}", to, follower.problem);
  if (follower.way == FollowWay::by_setting) return fmt::format("receives from {} (its primary_conninfo is set)", to);
  if (follower.way == FollowWay::by_itself) return fmt::format("receives from {} already", to);
  return fmt::format("stays with the standby that it receives from, which follows {}", to);
}

}  // namespace

std::vector<DatabaseFate> database_fates(const Policy& policy, const Survey& survey, const std::string& from, const std::string& to,
                                         RunKind kind) {
  std::vector<DatabaseFate> fates;
  if (!policy.postgres) return fates;
  const std::vector<Follower> followers = followers_of(policy, survey, from, to);
  for (const std::string& cluster : policy.clusters) {
    if (cluster == from) {
      fates.push_back({cluster, fate_of_old(policy, from, to, kind)});
    } else if (cluster == to) {
      fates.push_back({cluster, "becomes the primary"});
    } else {
      const auto follower = std::ranges::find(followers, cluster, &Follower::cluster);
      fates.push_back({cluster, fate_of(*follower, to), !follower->problem.empty()});
    }
  }
  return fates;
}

}  // namespace fedctl::failover
