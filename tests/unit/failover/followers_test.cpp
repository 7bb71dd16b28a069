#include "failover/followers.hpp"
#include "failover/database_fate.hpp"

#include <catch2/catch.hpp>
#include <map>

using namespace fedctl;
using namespace fedctl::failover;

namespace {

const std::vector<std::string> clusters{"tokyo", "ireland", "virginia", "sydney"};

/// Each side is at its own name; tokyo is the primary, and the others receive from whom `sources` says.
Survey survey_of(const std::map<std::string, std::string>& sources) {
  Survey result;
  for (const std::string& cluster : clusters) {
    SideSurvey side{.cluster = cluster, .addresses = {{cluster, "5432"}}};
    side.database = data::Standing{.in_recovery = cluster != "tokyo", .timeline = 1, .written = 100, .streams = true};
    if (cluster == "ireland") side.checkup.sender = data::Address{"tokyo", "5432"};
    if (const auto source = sources.find(cluster); source != sources.end()) {
      side.checkup.upstreams = {{source->second, "5432"}};
      side.checkup.sender = data::Address{source->second, "5432"};
    }
    result.sides.push_back(std::move(side));
  }
  return result;
}

Policy policy_of_four() {
  Policy result{.clusters = clusters};
  result.postgres = Postgres{};
  return result;
}

Follower follower(const Survey& survey, const std::string& cluster, const std::string& from = "tokyo") {
  for (const Follower& one : followers_of(policy_of_four(), survey, from, "ireland")) {
    if (one.cluster == cluster) return one;
  }
  FAIL("no such follower");
  return {};
}

}  // namespace

TEST_CASE("a standby of the side that is left is told to receive from the new primary") {
  const Survey survey = survey_of({{"virginia", "tokyo"}, {"sydney", "virginia"}});
  CHECK(follower(survey, "virginia").way == FollowWay::by_setting);
  CHECK(follower(survey, "virginia").problem.empty());
}

TEST_CASE("a cascade is kept, unless the standby that it hangs on is down") {
  Survey survey = survey_of({{"virginia", "tokyo"}, {"sydney", "virginia"}});
  CHECK(follower(survey, "sydney").way == FollowWay::by_upstream);
  survey.sides[2].database.reset();
  CHECK(follower(survey, "sydney").way == FollowWay::by_setting);
}

TEST_CASE("who receives from the new primary already is left alone") {
  const Survey survey = survey_of({{"virginia", "ireland"}});
  CHECK(follower(survey, "virginia").way == FollowWay::by_itself);
}

TEST_CASE("of several hosts the first counts, and the one from which it receives now") {
  Survey survey = survey_of({{"sydney", "tokyo"}});
  data::Checkup& sydney = survey.sides[3].checkup;
  sydney.upstreams.push_back({"ireland", "5432"});
  CHECK(follower(survey, "sydney").way == FollowWay::by_setting);
  sydney.sender = {"ireland", "5432"};
  CHECK(follower(survey, "sydney").way == FollowWay::by_setting);
  sydney.upstreams = {{"ireland", "5432"}, {"tokyo", "5432"}};
  CHECK(follower(survey, "sydney").way == FollowWay::by_itself);
  sydney.sender = {"tokyo", "5432"};
  CHECK(follower(survey, "sydney").way == FollowWay::by_setting);
  sydney.sender = {"virginia", "5432"};
  CHECK(follower(survey, "sydney").way == FollowWay::by_upstream);
}

TEST_CASE("a source that is none of the policy's is named, and not changed") {
  const Survey survey = survey_of({{"virginia", "db.internal"}});
  CHECK(follower(survey, "virginia").way == FollowWay::unknown);
  CHECK(follower(survey, "virginia").problem.find("db.internal:5432, which is none of the policy's") != std::string::npos);
  CHECK(follower(survey, "sydney").problem == "where its database receives from is not known");
}

TEST_CASE("with no side being left, a standby of a primary that nobody follows is told as well") {
  const Survey survey = survey_of({{"virginia", "tokyo"}});
  CHECK(follower(survey, "virginia", "").way == FollowWay::by_setting);
}

TEST_CASE("of several sources one that is the policy's is enough for a standby to be led") {
  Survey survey = survey_of({{"virginia", "elsewhere"}});
  CHECK(follower(survey, "virginia").way == FollowWay::unknown);
  survey.sides[2].checkup.upstreams = {{"elsewhere", "5432"}, {"ireland", "5432"}};
  CHECK(follower(survey, "virginia").way == FollowWay::by_setting);
  survey.sides[2].checkup.upstreams = {{"elsewhere", "5432"}, {"nowhere", "5432"}};
  CHECK(follower(survey, "virginia").way == FollowWay::unknown);
}

TEST_CASE("a standby that stays ahead of the new primary, lacks a right, or is none, is a problem") {
  Survey survey = survey_of({{"virginia", "tokyo"}, {"sydney", "tokyo"}});
  survey.sides[2].database->written = 101;
  CHECK(follower(survey, "virginia").problem.empty());
  survey.sides[1].database->streams = false;
  CHECK(follower(survey, "virginia").problem.find("received more of the log than that of ireland") != std::string::npos);
  survey.sides[2].database->in_recovery = false;
  CHECK(follower(survey, "virginia").problem == "its database is a primary of its own");
  survey.sides[3].checkup.missing_to_follow = {"ALTER SYSTEM on primary_conninfo"};
  CHECK(follower(survey, "sydney").problem.starts_with("our role lacks ALTER SYSTEM on primary_conninfo"));
}

TEST_CASE("every database of the policy has a fate, in the policy's order") {
  Survey survey = survey_of({{"virginia", "tokyo"}, {"sydney", "virginia"}});
  const auto fates = database_fates(policy_of_four(), survey, "tokyo", "ireland", RunKind::failover);
  REQUIRE(fates.size() == 4);
  CHECK(fates[0].text.starts_with("is fenced"));
  CHECK(fates[1].text == "becomes the primary");
  CHECK(fates[2].text == "receives from ireland (its primary_conninfo is set)");
  CHECK(fates[3].text == "stays with the standby that it receives from, which follows ireland");
  CHECK(!fates[3].is_problem);
  CHECK(database_fates(Policy{.clusters = clusters}, survey, "tokyo", "ireland", RunKind::failover).empty());
}

TEST_CASE("a standby that is past where the new primary left the old log cannot follow it, whatever it is told") {
  Survey survey = survey_of({{"virginia", "tokyo"}, {"sydney", "tokyo"}});
  survey.sides[1].database = data::Standing{.timeline = 2, .written = 300};
  survey.sides[2].database->written = 156;
  const auto followers = followers_of(policy_of_four(), survey, "tokyo", "ireland", 100);
  CHECK(followers[0].is_parted);
  CHECK(followers[0].problem == "it has received 56 bytes of log that ireland never got, so it must be rebuilt");
  CHECK_FALSE(followers[1].is_parted);
  CHECK(followers[1].problem.empty());
}

TEST_CASE("a standby that follows the new primary, or a new one that is not promoted yet, is not past anything") {
  Survey survey = survey_of({{"virginia", "tokyo"}});
  survey.sides[2].database->written = 156;
  CHECK_FALSE(followers_of(policy_of_four(), survey, "tokyo", "ireland", 100)[0].is_parted);
  survey.sides[1].database = data::Standing{.timeline = 2, .written = 300};
  survey.sides[2].database->timeline = 2;
  CHECK_FALSE(followers_of(policy_of_four(), survey, "tokyo", "ireland", 100)[0].is_parted);
}
