#include "watch/policy_change.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;

TEST_CASE("what was changed in a policy is told in short") {
  failover::Policy before;
  before.spec = {{"rto", "1m"}, {"health", {{"agree", 2}}}};
  failover::Policy after = before;
  after.spec["health"]["agree"] = 3;
  CHECK(watch::change_text(before, after) == "spec.health.agree: 2 -> 3");
  for (const char* field : {"a", "b", "c", "d", "e"}) after.spec[field] = 1;
  const std::string text = watch::change_text(before, after);
  CHECK(text.find("; and 2 more") != std::string::npos);
}

TEST_CASE("a check of the database says the same only of the same database") {
  failover::Policy before;
  before.postgres = failover::Postgres{};
  before.postgres->sides["tokyo"].connection.environment = "TOKYO";
  failover::Policy after = before;
  failover::Check check{.kind = failover::Check::Kind::postgres};
  CHECK(watch::says_the_same(check, before, after, "tokyo"));
  after.postgres->sides["tokyo"].connection.environment = "OTHER";
  CHECK_FALSE(watch::says_the_same(check, before, after, "tokyo"));
  check.kind = failover::Check::Kind::api_server;
  CHECK(watch::says_the_same(check, before, after, "tokyo"));
}
