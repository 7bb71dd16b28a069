#include "failover/step.hpp"

#include "failover/policy.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

using namespace fedctl::failover;

namespace {

Policy with_everything() {
  Policy policy{.name = "shop", .name_space = "production", .clusters = {"tokyo", "ireland", "virginia"}};
  policy.postgres = Postgres{};
  policy.postgres->sides["tokyo"].stop.command = {"stop"};
  policy.postgres->sides["tokyo"].rejoin.command = {"rejoin"};
  policy.dns = Dns{};
  return policy;
}

std::vector<std::string> names_of(const Policy& policy, RunKind kind) {
  std::vector<std::string> names;
  for (const StepKind step : steps_of(policy, kind)) names.emplace_back(to_string(step));
  return names;
}

}  // namespace

TEST_CASE("a step is found by its kind and by its name") {
  for (const Step& step : step_table()) {
    CHECK(to_string(step.kind) == step.name);
    CHECK(step_kind(step.name) == step.kind);
  }
  CHECK_FALSE(step_kind("hook 0 before promote"));
  CHECK_FALSE(step_kind(""));
}

TEST_CASE("a run has the steps that its kind and its policy ask for, in order") {
  using Names = std::vector<std::string>;
  const Policy all = with_everything();
  CHECK(names_of(all, RunKind::failover) == Names{"fence", "catch-up", "promote", "roles", "ready", "dns", "verify", "follow", "record"});
  CHECK(names_of(all, RunKind::switchover) ==
        Names{"drain", "stop", "catch-up", "promote", "roles", "ready", "dns", "verify", "follow", "rejoin", "record"});
  Policy promising = all;
  promising.postgres->replication.mode = Replication::Mode::sync;
  CHECK(names_of(promising, RunKind::failover) ==
        Names{"fence", "catch-up", "promote", "roles", "ready", "dns", "verify", "follow", "synchronous", "record"});
  CHECK(names_of(promising, RunKind::switchover) ==
        Names{"drain", "stop", "catch-up", "promote", "roles", "ready", "dns", "verify", "follow", "rejoin", "synchronous", "record"});
  promising.postgres->replication.mode = Replication::Mode::sync_while_close;
  CHECK(names_of(promising, RunKind::failover) == names_of(all, RunKind::failover));
  const Policy bare{.clusters = {"tokyo", "ireland"}};
  CHECK(names_of(bare, RunKind::failover) == Names{"fence", "roles", "ready", "verify", "record"});
  CHECK(names_of(bare, RunKind::switchover) == Names{"roles", "ready", "verify", "record"});
}

TEST_CASE("every run has one step behind which it can only go on") {
  const Policy bare{.clusters = {"tokyo", "ireland"}};
  for (const Policy& policy : {with_everything(), bare}) {
    for (const RunKind kind : {RunKind::failover, RunKind::switchover}) {
      const auto steps = steps_of(policy, kind);
      const auto turning = std::ranges::count_if(steps, [&](StepKind step) { return step_of(step).turns(policy); });
      CHECK(turning == 1);
      CHECK(std::ranges::count(steps, point_of_no_return(policy)) == 1);
    }
  }
}

TEST_CASE("a run waits for no step that the others do not depend on") {
  std::map<Owing, std::vector<std::string_view>> owing;
  for (const Step& step : step_table()) owing[step.owing].push_back(step.name);
  CHECK(owing[Owing::until_done] == std::vector<std::string_view>{"dns"});
  CHECK(owing[Owing::until_standbys] == std::vector<std::string_view>{"follow", "synchronous"});
}

TEST_CASE("help tells a failover's steps as a sentence") {
  CHECK(failover_in_words() ==
        "fence the old side, take in what the standby received and measure what it lacks, promote, switch roles and scale, wait until it "
        "is ready, DNS, verify, record");
}
