#include "watch/hold_back.hpp"

#include <catch2/catch.hpp>
#include <chrono>

using namespace fedctl;
using failover::Run;
using failover::State;

namespace {

const time::Instant start = *failover::parse_timestamp("2026-01-01T00:00:00Z");
const failover::Policy policy{.name = "shop", .name_space = "production", .clusters = {"tokyo", "ireland"}};

std::string reason(const State& state, std::chrono::seconds later = std::chrono::seconds{0}) {
  return watch::held_back_by(policy, state, "tokyo", std::chrono::minutes{10}, start + later).value_or("");
}

}  // namespace

TEST_CASE("while a standby still hears from the primary, a refused connection is our way's") {
  failover::Survey survey;
  failover::SideSurvey side{.cluster = "ireland"};
  side.database = data::Standing{.in_recovery = true, .streams = true};
  side.database->upstream_age = time::Duration{100};
  survey.sides = {side};
  CHECK(watch::still_heard_by(survey) == "the database of ireland still hears from it");
  survey.sides[0].database->upstream_age = time::Duration{60'000};
  CHECK_FALSE(watch::still_heard_by(survey));
  survey.sides[0].database->upstream_age = time::Duration{100};
  survey.sides[0].database->streams = false;
  CHECK_FALSE(watch::still_heard_by(survey));
}

TEST_CASE("a failover is held back by the switch, by a run, and for a while after one that was done or undone") {
  State state{.active = "tokyo"};
  CHECK(reason(state).empty());
  state.pause = failover::Pause{"alice@laptop", "", "upgrade"};
  CHECK(reason(state) == "it is paused by alice@laptop some time ago: upgrade");
  state.pause.reset();
  state.run = Run{.id = "a", .from = "ireland", .to = "tokyo"};
  CHECK(reason(state) == "a run of somebody else's was not finished");
  state.run->ended_at = "2026-01-01T00:00:00Z";
  for (const Run::State how : {Run::State::done, Run::State::aborted}) {
    state.run->state = how;
    CHECK_FALSE(reason(state, std::chrono::seconds{599}).empty());
    CHECK(reason(state, std::chrono::seconds{600}).empty());
  }
  CHECK(reason(state, std::chrono::seconds{60}) == "the last failover was undone 1m ago, and the cooldown is 10m");
  state.run->state = Run::State::refused;
  CHECK(reason(state).empty());
  state.active = "ireland";
  CHECK(reason(state) == "ireland is active by now");
}

TEST_CASE("a reason whose numbers go on is the same reason") {
  const std::string first = "the last failover was done 4m42s ago, and the cooldown is 10m";
  CHECK(watch::says_the_same(first, "the last failover was done 5m ago, and the cooldown is 10m"));
  CHECK(watch::says_the_same("ireland lacks 1.5s of log", "ireland lacks 300ms of log"));
  CHECK_FALSE(watch::says_the_same(first, "the last failover was undone 5m ago, and the cooldown is 10m"));
  CHECK_FALSE(watch::says_the_same("", first));
}
