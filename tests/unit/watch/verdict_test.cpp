#include "watch/verdict.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using watch::Opinion;
using watch::Verdict;
using State = Opinion::State;

namespace {

const time::Instant start{std::chrono::hours{1}};
time::Instant at(int seconds) { return start + std::chrono::seconds{seconds}; }

failover::Health health(int agree, int threshold) {
  failover::Health health{.agree = agree};
  for (const auto kind : {failover::Check::Kind::api_server, failover::Check::Kind::workload, failover::Check::Kind::postgres}) {
    failover::Check check{.kind = kind, .name = std::string{failover::to_string(kind)}};
    check.failure_threshold = threshold;
    health.checks.push_back(check);
  }
  return health;
}

}  // namespace

TEST_CASE("a side is unknown until every check was asked, then well") {
  Verdict verdict{health(2, 3)};
  verdict.record(0, std::nullopt, at(0));
  verdict.record(1, std::nullopt, at(0));
  CHECK(verdict.opinion(at(0)).state == State::unknown);
  verdict.record(2, std::nullopt, at(0));
  CHECK(verdict.opinion(at(0)).state == State::well);
}

TEST_CASE("it has failed when enough independent signals were bad often enough, counted from the first failure") {
  Verdict verdict{health(2, 3)};
  for (int second = 0; second < 3; ++second) {
    CHECK(verdict.opinion(at(second)).state != State::failed);
    verdict.record(0, "refused", at(second));
    verdict.record(1, std::nullopt, at(second));
    verdict.record(2, "refused", at(second + 1));
  }
  const Opinion opinion = verdict.opinion(at(3));
  CHECK(opinion.state == State::failed);
  CHECK(opinion.since == at(0));
  CHECK(opinion.problems == std::vector<std::string>{"apiServer: refused", "postgres: refused"});
}

TEST_CASE("what the host itself says needs nobody to agree, as often as any failure; silence does") {
  Verdict verdict{health(2, 3)};
  const auto fail = [&](int second, bool is_proof) {
    verdict.record(0, std::nullopt, at(second));
    verdict.record(1, std::nullopt, at(second));
    verdict.record(2, "refused", at(second), is_proof);
    return verdict.opinion(at(second)).state;
  };
  CHECK(fail(0, true) == State::suspect);
  CHECK(fail(1, true) == State::suspect);
  CHECK(fail(2, false) == State::suspect);
  CHECK(fail(3, true) == State::suspect);
  CHECK(fail(4, true) == State::suspect);
  CHECK(fail(5, true) == State::failed);
  CHECK(verdict.opinion(at(5)).since == at(0));
  verdict.record(2, std::nullopt, at(6));
  CHECK(verdict.opinion(at(6)).state == State::suspect);
}

TEST_CASE("what cannot be asked is no vote, whatever it said before, and the side is not known to be well") {
  Verdict verdict{health(2, 1)};
  verdict.record(0, "refused", at(0));
  verdict.record(1, std::nullopt, at(0));
  verdict.record(2, "refused", at(0));
  CHECK(verdict.opinion(at(0)).state == State::failed);
  for (int second = 1; second < 9; ++second) verdict.record_unknown(2, "the Secret is gone");
  CHECK(verdict.opinion(at(9)).state == State::suspect);
  CHECK_FALSE(verdict.is_bad(2));
  verdict.record(0, std::nullopt, at(9));
  verdict.record(0, std::nullopt, at(10));
  const Opinion opinion = verdict.opinion(at(10));
  CHECK(opinion.state == State::unknown);
  CHECK(opinion.unknown == std::vector<std::string>{"postgres: the Secret is gone"});
  verdict.record(2, std::nullopt, at(11));
  CHECK(verdict.opinion(at(11)).state == State::well);
}

TEST_CASE("two checks of one source are one signal") {
  Verdict verdict{health(2, 1)};
  verdict.record(0, "refused", at(0));
  verdict.record(1, "refused", at(0));
  verdict.record(2, std::nullopt, at(0));
  CHECK(verdict.opinion(at(9)).state == State::suspect);
}

TEST_CASE("a success between failures begins the count anew") {
  Verdict verdict{health(1, 2)};
  verdict.record(0, "slow", at(0));
  verdict.record(0, std::nullopt, at(1));
  verdict.record(0, "slow", at(2));
  CHECK(verdict.opinion(at(2)).state == State::suspect);
  CHECK(verdict.opinion(at(2)).since == at(2));
}

TEST_CASE("a bad check is good again after as many successes as it takes") {
  Verdict verdict{health(1, 1)};
  for (const std::size_t check : {1u, 2u}) verdict.record(check, std::nullopt, at(0));
  verdict.record(0, "refused", at(0));
  CHECK(verdict.opinion(at(0)).state == State::failed);
  verdict.record(0, std::nullopt, at(1));
  CHECK(verdict.opinion(at(1)).state == State::failed);
  verdict.record(0, std::nullopt, at(2));
  CHECK(verdict.opinion(at(2)).state == State::well);
}

TEST_CASE("what is tolerated is waited out from the moment that enough signals fail") {
  failover::Health rule = health(2, 1);
  rule.tolerate = std::chrono::seconds{30};
  Verdict verdict{rule};
  verdict.record(0, "refused", at(0));
  verdict.record(2, "refused", at(10));
  const Opinion opinion = verdict.opinion(at(15));
  CHECK(opinion.state == State::suspect);
  CHECK(opinion.left == std::chrono::seconds{25});
  CHECK(verdict.opinion(at(39)).state == State::suspect);
  CHECK(verdict.opinion(at(40)).state == State::failed);
}
