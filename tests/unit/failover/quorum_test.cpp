#include "failover/quorum.hpp"

#include "failover/assess.hpp"
#include "failover/judge_synchronous.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using namespace fedctl::failover;
using Mode = Replication::Mode;

namespace {

Policy policy_of(Mode mode, int quorum = 1, std::vector<std::string> clusters = {"tokyo", "ireland", "virginia"}) {
  Policy policy{.name = "shop", .name_space = "production", .clusters = std::move(clusters)};
  policy.postgres = Postgres{.replication = {.mode = mode, .quorum = quorum}};
  policy.fencing.exec = Action{{"true"}};
  return policy;
}

SideSurvey side(const std::string& cluster, std::optional<data::Lsn> written) {
  SideSurvey result{.cluster = cluster};
  if (written)
    result.database = data::Standing{
        .in_recovery = true, .read_only = true, .system_identifier = "1", .timeline = 1, .written = *written, .is_all_read = true};
  return result;
}

/// Tokyo is gone; nothing stands for a side that does not answer.
Survey survey_of(std::optional<data::Lsn> ireland, std::optional<data::Lsn> virginia) {
  Survey survey;
  survey.sides = {side("tokyo", std::nullopt), side("ireland", ireland), side("virginia", virginia)};
  survey.clusters = survey.reachable = 3;
  return survey;
}

State proven(const std::string& names) {
  State state;
  state.synchronous = SynchronousState{.cluster = "tokyo", .seen = names, .proven = names, .at = timestamp_now()};
  return state;
}

const std::string any_one = R"(ANY 1 ("ireland", "virginia"))";
const std::string any_two = R"(ANY 2 ("ireland", "virginia"))";

std::string problem(const Policy& policy, const State& state, const Survey& survey, const std::string& to = "ireland",
                    bool is_fenced = true) {
  const auto verdict = judge_quorum(policy, state, survey, "tokyo", to, is_fenced);
  REQUIRE(verdict);
  return verdict->problem;
}

}  // namespace

TEST_CASE("a standby is known by its cluster's name, in a form that every primary takes") {
  CHECK(standby_name("ireland-cluster") == "ireland-cluster");
  CHECK(standby_name("arn:aws:eks:eu-west-1:1:cluster/Shop") == "arn_aws_eks_eu-west-1_1_cluster_shop");
  CHECK(standby_name(std::string(100, 'x')).size() == 63);
}

TEST_CASE("commits wait for as many of the other sides as the policy says") {
  CHECK(wanted_names(policy_of(Mode::sync), "tokyo") == any_one);
  CHECK(wanted_names(policy_of(Mode::sync_while_close, 2), "tokyo") == any_two);
  CHECK(wanted_names(policy_of(Mode::sync), "virginia") == R"(ANY 1 ("tokyo", "ireland"))");
  CHECK(wanted_names(policy_of(Mode::keep), "tokyo").empty());
  CHECK(wanted_names(policy_of(Mode::async), "tokyo").empty());
}

TEST_CASE("a quorum is read where R + W > N, and the promoted one has most of the log") {
  const Policy one = policy_of(Mode::sync);
  CHECK(problem(one, proven(any_one), survey_of(100, 90)).empty());
  CHECK(problem(one, proven(any_one), survey_of(100, 100)).empty());
  CHECK(problem(one, proven(any_one), survey_of(90, 100)).find("virginia has more of the log than ireland") != std::string::npos);
  CHECK(problem(one, proven(any_one), survey_of(90, 100), "virginia").empty());
  CHECK(problem(one, proven(any_one), survey_of(100, std::nullopt)).find("1 + 1 is not more than 2") != std::string::npos);
  CHECK(problem(policy_of(Mode::sync, 2), proven(any_two), survey_of(100, std::nullopt)).empty());
}

TEST_CASE("a standby of another history is no part of a quorum, whatever position it names") {
  const Policy one = policy_of(Mode::sync);
  Survey survey = survey_of(1'000, 100);
  survey.sides[1].database->timeline = 2;
  // Which of the two is the primary's nobody knows.
  CHECK(problem(one, proven(any_one), survey, "virginia").find("0 could be read (not ireland, virginia)") != std::string::npos);
  State state = proven(any_two);
  state.primary = LastSeen{"tokyo", "1", 1, "0/64", "", timestamp_now()};
  const Policy both = policy_of(Mode::sync, 2);
  CHECK(problem(both, state, survey, "virginia").empty());
  CHECK(problem(both, state, survey, "ireland").find("the database of ireland is on timeline 2, and that of virginia on 1") !=
        std::string::npos);
  CHECK(quorum_of(state, survey, "tokyo")->most_advanced == "virginia");
}

TEST_CASE("all quorums of up to five standbys: one that is read has a commit that was confirmed, exactly where R + W > N") {
  for (unsigned n = 1; n <= 5; ++n) {
    for (unsigned w = 1; w <= n; ++w) {
      for (unsigned r = 1; r <= n; ++r) {
        bool always_meets = true;
        for (unsigned confirming = 0; confirming < 1U << n; ++confirming) {
          if (static_cast<unsigned>(__builtin_popcount(confirming)) != w) continue;
          for (unsigned read = 0; read < 1U << n; ++read) {
            const bool has_size = static_cast<unsigned>(__builtin_popcount(read)) == r;
            if (has_size && (read & confirming) == 0) always_meets = false;
          }
        }
        const Quorum quorum{.standbys = n, .confirming = w, .read = r};
        CAPTURE(n, w, r);
        CHECK(quorum.is_read() == always_meets);
      }
    }
  }
}

TEST_CASE("what is not proven of this very primary promises nothing") {
  const Policy one = policy_of(Mode::sync);
  CHECK(problem(one, {}, survey_of(100, 100)).find("it is not proven") != std::string::npos);
  State other = proven(any_one);
  other.synchronous->cluster = "ireland";
  CHECK(problem(one, other, survey_of(100, 100)).find("it is not proven") != std::string::npos);
  // Of every standby nobody knows how many there are.
  CHECK(problem(one, proven("*"), survey_of(100, 100)).find("it is not proven") != std::string::npos);
  CHECK_FALSE(judge_quorum(policy_of(Mode::keep), proven(any_one), survey_of(100, 100), "tokyo", "ireland", true));
  // While it is not in force, this mode is as good as asynchronous.
  CHECK_FALSE(judge_quorum(policy_of(Mode::sync_while_close), {}, survey_of(100, 100), "tokyo", "ireland", true));
  CHECK(judge_quorum(policy_of(Mode::sync_while_close), proven(any_one), survey_of(100, 100), "tokyo", "ireland", true));
}

TEST_CASE("a standby that was started and still reads its own log is not read yet") {
  Survey survey = survey_of(100, 90);
  survey.sides[1].database->is_all_read = false;
  CHECK(problem(policy_of(Mode::sync), proven(any_one), survey, "virginia").find("(not ireland)") != std::string::npos);
}

TEST_CASE("a primary that is not fenced may go on acknowledging as long as a standby receives from it") {
  Survey survey = survey_of(100, 90);
  CHECK(problem(policy_of(Mode::sync), proven(any_one), survey, "ireland", false).empty());
  survey.sides[2].database->streams = true;
  CHECK(problem(policy_of(Mode::sync), proven(any_one), survey, "ireland", false).find("is not fenced") != std::string::npos);
  CHECK(problem(policy_of(Mode::sync), proven(any_one), survey, "ireland", true).empty());
}

TEST_CASE("with a quorum the loss is exactly nothing, however old the last look is; without one the run is refused") {
  const Policy one = policy_of(Mode::sync);
  State state = proven(any_one);
  state.primary = LastSeen{"tokyo", "1", 1, "0/FFFF", "", "2026-01-01T00:00:00.000Z"};
  const Assessment held = assess(one, state, survey_of(100, 90), {});
  CHECK(held.blockers.empty());
  REQUIRE(held.loss);
  CHECK(held.loss->bytes == 0);
  CHECK(held.loss->is_exact);
  CHECK(held.loss->basis == "1 of 2 standbys had each commit on disk before tokyo acknowledged it, 2 were read, and none has more");
  const Assessment refused = assess(one, state, survey_of(100, std::nullopt), {});
  REQUIRE(refused.blockers.size() == 1);
  CHECK(refused.blockers[0].message.starts_with("the quorum cannot be read: "));
  CHECK(refused.blockers[0].lifted_by == "--accept-data-loss unknown");
  RunOptions accepting;
  accepting.accept_data_loss = any_loss;
  CHECK(assess(one, state, survey_of(100, std::nullopt), accepting).blockers.empty());
}

TEST_CASE("the new primary waits only for standbys that answer when it is promoted") {
  Survey survey = survey_of(100, 90);
  const auto plan = [&](Mode mode, const State& state = {}) {
    return plan_synchronous(policy_of(mode), state, survey, "tokyo", "ireland");
  };
  data::Synchronous& own = survey.sides[1].checkup.synchronous;
  CHECK_FALSE(plan(Mode::keep).changes());
  CHECK(promotion_text(plan(Mode::keep)).empty());
  own.names = "*";
  CHECK(plan(Mode::keep).now.empty());
  CHECK(plan(Mode::keep).changes());
  CHECK(plan(Mode::keep).later == "*");
  CHECK(plan(Mode::async).later.empty());
  CHECK(plan(Mode::async).changes());
  CHECK(plan(Mode::sync).later == R"(ANY 1 ("tokyo", "virginia"))");
  CHECK(plan(Mode::sync_while_close).later.empty());
  // At once where no commit can hang: a standby that receives from it already.
  own.streaming = {"walreceiver"};
  CHECK_FALSE(plan(Mode::keep).changes());
  CHECK(plan(Mode::keep).later.empty());
  own.streaming = {"virginia"};
  CHECK(plan(Mode::sync).now == R"(ANY 1 ("tokyo", "virginia"))");
}

TEST_CASE("what was in force on the old primary goes along, by what it says or was seen to have") {
  Survey survey = survey_of(100, 90);
  State state;
  state.synchronous = SynchronousState{.cluster = "tokyo", .seen = "ANY 1 (s1, s2)"};
  CHECK(plan_synchronous(policy_of(Mode::keep), state, survey, "tokyo", "ireland").later == "ANY 1 (s1, s2)");
  survey.sides[0].database = data::Standing{.system_identifier = "1", .timeline = 1, .written = 100};
  survey.sides[0].checkup.synchronous.names = "s1";
  CHECK(plan_synchronous(policy_of(Mode::keep), state, survey, "tokyo", "ireland").later == "s1");
  survey.sides[1].checkup.synchronous.names = "s3";
  CHECK(plan_synchronous(policy_of(Mode::keep), state, survey, "tokyo", "ireland").later == "s3");
}

TEST_CASE("a look at the primary keeps what it has, and takes back what it has no more") {
  Survey survey = survey_of(100, 90);
  survey.sides[0].database = data::Standing{.system_identifier = "1", .timeline = 1, .written = 100};
  data::Synchronous& own = survey.sides[0].checkup.synchronous;
  own.commit = "on";
  State state;
  remember_synchronous(state, survey, "tokyo");
  CHECK_FALSE(state.synchronous);
  own.names = any_one;
  remember_synchronous(state, survey, "tokyo");
  CHECK(state.synchronous->seen == any_one);
  CHECK(state.synchronous->proven.empty());
  state = proven(any_one);
  remember_synchronous(state, survey, "tokyo");
  CHECK(state.synchronous->proven == any_one);
  own.commit = "off";
  remember_synchronous(state, survey, "tokyo");
  CHECK(state.synchronous->proven.empty());
  state = proven(any_two);
  own.commit = "on";
  remember_synchronous(state, survey, "tokyo");
  CHECK(state.synchronous->proven.empty());
}

TEST_CASE("a name that receivers at several addresses give themselves takes the promise back") {
  Survey survey = survey_of(100, 90);
  survey.sides[0].database = data::Standing{.system_identifier = "1", .timeline = 1, .written = 100};
  data::Synchronous& own = survey.sides[0].checkup.synchronous;
  own.commit = "on";
  own.names = any_one;
  State state = proven(any_one);
  own.shared = {"pg_receivewal"};
  remember_synchronous(state, survey, "tokyo");
  CHECK(state.synchronous->proven == any_one);
  own.shared = {"ireland"};
  remember_synchronous(state, survey, "tokyo");
  CHECK(state.synchronous->proven.empty());
}

TEST_CASE("a promotion whose commits would hang is refused where our role may not change that") {
  Survey survey = survey_of(100, 90);
  survey.sides[1].checkup.synchronous.names = "*";
  CHECK(judge_synchronous(policy_of(Mode::keep), {}, survey, "tokyo", "ireland").blockers.empty());
  survey.sides[1].checkup.missing_to_synchronize = {"ALTER SYSTEM on synchronous_standby_names"};
  const Judgement judged = judge_synchronous(policy_of(Mode::keep), {}, survey, "tokyo", "ireland");
  REQUIRE(judged.blockers.size() == 1);
  CHECK(judged.blockers[0].message.find("commits on ireland would hang") != std::string::npos);
}

TEST_CASE("a primary that does not wait as it should, and a standby that it cannot tell, are warned of") {
  Survey survey = survey_of(100, 90);
  survey.sides[0].database = data::Standing{.system_identifier = "1", .timeline = 1, .written = 100};
  survey.sides[1].checkup.upstreams = {{"tokyo", "5432"}};
  survey.sides[1].checkup.application_name = "ireland";
  survey.sides[2].checkup.upstreams = {{"tokyo", "5432"}};
  const Judgement judged = judge_synchronous(policy_of(Mode::sync), {}, survey, "tokyo", "ireland");
  REQUIRE(judged.warnings.size() == 2);
  CHECK(judged.warnings[0].find("are not proven to wait") != std::string::npos);
  CHECK(judged.warnings[1].find("the standby of virginia gives none as its application_name, not virginia") != std::string::npos);
  CHECK(judge_synchronous(policy_of(Mode::keep), {}, survey, "tokyo", "ireland").warnings.empty());
}
