#pragma once

#include "failover/policy.hpp"
#include "failover/survey.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What becomes of the standbys that a run neither leaves nor goes to: pure, from a survey.
namespace fedctl::failover {

/// How a standby comes to receive from the new primary.
enum class FollowWay {
  by_setting,   ///< Its primary_conninfo leads to a side that is no longer a source, and is set.
  by_itself,    ///< Its primary_conninfo leads to the new primary already.
  by_upstream,  ///< It receives from another standby, which follows itself: the cascade is kept.
  unknown       ///< Its primary_conninfo leads to none of the policy's sides. It may follow by itself, by a name that moves.
};
std::string_view to_string(FollowWay way);

struct Follower {
  std::string cluster;
  FollowWay way = FollowWay::unknown;
  std::string problem;     ///< Why it will not follow, or may not; empty: it will.
  bool is_parted = false;  ///< It has log that the new primary never got, and cannot follow before it is rebuilt.
};

/// Will the standby receive what it lacks of the log before anything is promoted? Its primary answers and it streams, at most as far behind
/// as the policy allows. Which of two such standbys is ahead is a matter of the moment.
bool receives_rest(const Policy& policy, const SideSurvey& primary, const SideSurvey& standby, std::span<const SideSurvey> sides);

/// All standbys of the policy but `from` and `to`, in its order. `from` may be empty: no side is being left. `fork` is where the log of
/// `to` left that of the primary before it, if it has been promoted.
std::vector<Follower> followers_of(const Policy& policy, const Survey& survey, const std::string& from, const std::string& to,
                                   std::optional<data::Lsn> fork = {});

}  // namespace fedctl::failover
