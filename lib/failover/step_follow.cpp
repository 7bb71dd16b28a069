#include "failover/assess.hpp"
#include "failover/followers.hpp"
#include "failover/side_database.hpp"
#include "failover/step_synchronous.hpp"
#include "failover/steps.hpp"
#include "failover/take_survey.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <vector>

namespace fedctl::failover {
namespace {

constexpr time::Duration time_to_tell{10'000};
constexpr time::Duration time_to_look{3'000};
/// While nobody serves the application yet.
constexpr time::Duration time_to_lead{2'000};
constexpr time::Duration between_follow_looks{100};

/// The standby receives from the new primary from now on.
Result<Done> point(StepContext& context, const std::string& cluster, const data::Address& address, time::Duration patience) {
  http::Loop& loop = *context.site.loop;
  const auto standby = database_of(context.site, cluster);
  const auto primary = database_of(context.site, context.run.to);
  for (Database* const database : {standby.get(), primary.get()}) {
    if (auto found = loop.run(database->find()); !found) return found;
  }
  if (auto ours = context.confirm(); !ours) return Failure{ours.error()};
  return loop.run(standby->follow(*primary, address, patience));
}

/// Waits until each of them follows; what keeps the others is left in `problems`, by cluster.
Result<void> wait_for(StepContext& context, std::map<std::string, std::string>& problems, time::Duration patience) {
  Site& site = context.site;
  const auto primary = site.loop->run(look_at_database(site, context.run.to, time_to_tell));
  if (!primary) return Failure{in_cluster(primary.error(), context.run.to)};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    for (auto one = problems.begin(); one != problems.end();) {
      const auto standing = site.loop->run(look_at_database(site, one->first, time_to_tell));
      one->second = standing ? data::why_not_following(*standing, *primary) : standing.error().message;
      one = standing && data::follows(*standing, *primary) ? problems.erase(one) : std::next(one);
    }
    if (problems.empty() || std::chrono::steady_clock::now() >= deadline) return {};
    if (auto paused = pause(*site.loop, between_follow_looks); !paused) return paused;
  }
}

/// The standbys that the promotion led to the new primary.
std::vector<std::string> led_by_promotion(const Run& run) {
  const StepRecord* promoted = run.find(StepKind::promote);
  return promoted == nullptr ? std::vector<std::string>{} : promoted->evidence.read<PromoteEvidence>().led;
}

}  // namespace

std::vector<std::string> lead_standbys(StepContext& context, std::optional<data::Lsn> fork) {
  const Run& run = context.run;
  const Survey found = context.site.loop->run(survey_databases(context.site, run.from, time_to_lead));
  std::vector<std::string> led;
  for (const Follower& follower : followers_of(context.site.policy, found, run.from, run.to, fork)) {
    const SideSurvey& side = *found.find(follower.cluster);
    const std::vector<data::Address>& addresses = found.find(run.to)->addresses;
    const bool can_lead = side.database && side.database->in_recovery && follower.way == FollowWay::by_setting && !follower.is_parted;
    if (!can_lead || addresses.empty()) continue;
    if (point(context, follower.cluster, addresses.front(), time_to_lead)) led.push_back(follower.cluster);
  }
  return led;
}

Result<FollowEvidence> follow(StepContext& context, const std::vector<std::string>& clusters) {
  Site& site = context.site;
  // The policy may have lost its database since this was owed.
  if (!site.policy.postgres) return FollowEvidence{};
  const Survey found = site.loop->run(survey_databases(site, "", time_to_look));
  if (site.loop->interrupted()) return Failure{{Code::cancelled, "interrupted"}};
  const SideSurvey& primary = *found.find(context.run.to);
  std::map<std::string, std::string> stuck;
  std::map<std::string, std::string> awaited;
  FollowEvidence evidence;
  const std::vector<std::string> led = led_by_promotion(context.run);
  for (const Follower& follower : followers_of(site.policy, found, context.run.from, context.run.to, fork_of(context.run))) {
    const std::string& cluster = follower.cluster;
    if (std::ranges::find(clusters, cluster) == clusters.end()) continue;
    const SideSurvey& side = *found.find(cluster);
    if (!side.database || !side.database->in_recovery || follower.is_parted) {
      stuck[cluster] = follower.problem;
      continue;
    }
    const bool was_led = std::ranges::find(led, cluster) != led.end();
    evidence.ways[cluster] = to_string(was_led ? FollowWay::by_setting : follower.way);
    awaited[cluster] = follower.problem;
    if (follower.way != FollowWay::by_setting || primary.addresses.empty()) continue;
    if (auto pointed = point(context, cluster, primary.addresses.front(), time_to_tell); !pointed) {
      if (pointed.error().code == Code::cancelled || pointed.error().code == Code::conflict) return Failure{pointed.error()};
      stuck[cluster] = pointed.error().message;
      awaited.erase(cluster);
    }
  }
  const time::Duration patience = context.options.follow_patience.value_or(site.policy.postgres->catch_up_timeout);
  if (auto waited = wait_for(context, awaited, patience); !waited) return Failure{waited.error()};
  stuck.merge(awaited);
  carry_synchronous(context);
  if (stuck.empty()) return evidence;
  std::string message;
  for (const auto& [cluster, problem] : stuck)
    message += fmt::format("{}the database of {} does not follow {}: {}", message.empty() ? "" : "; ", cluster, context.run.to, problem);
  return Failure{{.code = Code::timeout, .message = message, .hint = "mend its replication; 'fedctl failover repair' tries again"}};
}

Result<FollowEvidence> follow_all(StepContext& context) { return follow(context, context.site.policy.clusters); }

}  // namespace fedctl::failover
