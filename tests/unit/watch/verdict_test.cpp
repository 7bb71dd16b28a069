#include "watch/verdict.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using watch::Opinion;
using watch::Verdict;
using Evidence = Verdict::Evidence;
using failover::View;

namespace {

const time::Instant beginning{std::chrono::hours{1}};
time::Instant at(int seconds) { return beginning + std::chrono::seconds{seconds}; }

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
  CHECK(verdict.opinion(at(0)).state == Opinion::State::unknown);
  verdict.record(2, std::nullopt, at(0));
  CHECK(verdict.opinion(at(0)).state == Opinion::State::well);
}

TEST_CASE("it has failed when enough independent signals were bad often enough, counted from the first failure") {
  Verdict verdict{health(2, 3)};
  for (int second = 0; second < 3; ++second) {
    CHECK(verdict.opinion(at(second)).state != Opinion::State::failed);
    verdict.record(0, "refused", at(second));
    verdict.record(1, std::nullopt, at(second));
    verdict.record(2, "refused", at(second + 1));
  }
  const Opinion opinion = verdict.opinion(at(3));
  CHECK(opinion.state == Opinion::State::failed);
  CHECK(opinion.since == at(0));
  CHECK(opinion.problems == std::vector<std::string>{"apiServer: refused", "postgres: refused"});
}

TEST_CASE("what the host itself says needs nobody to agree, as often as any failure; silence does") {
  Verdict verdict{health(2, 3)};
  const auto fail = [&](int second, bool is_proof) {
    verdict.record(0, std::nullopt, at(second));
    verdict.record(1, std::nullopt, at(second));
    verdict.record(2, "refused", at(second), is_proof ? Evidence::proof : Evidence::silence);
    return verdict.opinion(at(second)).state;
  };
  CHECK(fail(0, true) == Opinion::State::suspect);
  CHECK(fail(1, true) == Opinion::State::suspect);
  CHECK(fail(2, false) == Opinion::State::suspect);
  CHECK(fail(3, true) == Opinion::State::suspect);
  CHECK(fail(4, true) == Opinion::State::suspect);
  CHECK(fail(5, true) == Opinion::State::failed);
  CHECK(verdict.opinion(at(5)).since == at(0));
  verdict.record(2, std::nullopt, at(6));
  CHECK(verdict.opinion(at(6)).state == Opinion::State::suspect);
}

TEST_CASE("what cannot be asked is no vote, whatever it said before, and the side is not known to be well") {
  Verdict verdict{health(2, 1)};
  verdict.record(0, "refused", at(0));
  verdict.record(1, std::nullopt, at(0));
  verdict.record(2, "refused", at(0));
  CHECK(verdict.opinion(at(0)).state == Opinion::State::failed);
  for (int second = 1; second < 9; ++second) verdict.record_unknown(2, "the Secret is gone");
  CHECK(verdict.opinion(at(9)).state == Opinion::State::suspect);
  CHECK_FALSE(verdict.is_bad(2));
  verdict.record(0, std::nullopt, at(9));
  verdict.record(0, std::nullopt, at(10));
  const Opinion opinion = verdict.opinion(at(10));
  CHECK(opinion.state == Opinion::State::unknown);
  CHECK(opinion.unknown == std::vector<std::string>{"postgres: the Secret is gone"});
  verdict.record(2, std::nullopt, at(11));
  CHECK(verdict.opinion(at(11)).state == Opinion::State::well);
}

TEST_CASE("two checks of one source are one signal") {
  Verdict verdict{health(2, 1)};
  verdict.record(0, "refused", at(0));
  verdict.record(1, "refused", at(0));
  verdict.record(2, std::nullopt, at(0));
  CHECK(verdict.opinion(at(9)).state == Opinion::State::suspect);
}

TEST_CASE("a success between failures begins the count anew") {
  Verdict verdict{health(1, 2)};
  verdict.record(0, "slow", at(0));
  verdict.record(0, std::nullopt, at(1));
  verdict.record(0, "slow", at(2));
  CHECK(verdict.opinion(at(2)).state == Opinion::State::suspect);
  CHECK(verdict.opinion(at(2)).since == at(2));
}

TEST_CASE("a bad check is good again after as many successes as it takes") {
  Verdict verdict{health(1, 1)};
  for (const std::size_t check : {1u, 2u}) verdict.record(check, std::nullopt, at(0));
  verdict.record(0, "refused", at(0));
  CHECK(verdict.opinion(at(0)).state == Opinion::State::failed);
  verdict.record(0, std::nullopt, at(1));
  CHECK(verdict.opinion(at(1)).state == Opinion::State::failed);
  verdict.record(0, std::nullopt, at(2));
  CHECK(verdict.opinion(at(2)).state == Opinion::State::well);
}

TEST_CASE("what is tolerated is waited out from the moment that enough signals fail") {
  failover::Health rule = health(2, 1);
  rule.tolerate = std::chrono::seconds{30};
  Verdict verdict{rule};
  verdict.record(0, "refused", at(0));
  verdict.record(2, "refused", at(10));
  const Opinion opinion = verdict.opinion(at(15));
  CHECK(opinion.state == Opinion::State::suspect);
  CHECK(opinion.left == std::chrono::seconds{25});
  CHECK(verdict.opinion(at(39)).state == Opinion::State::suspect);
  CHECK(verdict.opinion(at(40)).state == Opinion::State::failed);
}

TEST_CASE("silence of several checks over our way is one signal, until another place sees the side down too") {
  Verdict verdict{health(2, 1), true};
  verdict.record(0, "timeout", at(0));
  verdict.record(1, std::nullopt, at(0));
  verdict.record(2, "timeout", at(1));
  CHECK(verdict.opinion(at(9)).state == Opinion::State::suspect);
  CHECK(verdict.opinion(at(9)).lacks_place);
  verdict.see_from("ireland", View::up);
  verdict.see_from("guard", View::unknown);
  CHECK(verdict.opinion(at(9)).state == Opinion::State::suspect);
  verdict.see_from("ireland", View::down);
  const Opinion opinion = verdict.opinion(at(9));
  CHECK(opinion.state == Opinion::State::failed);
  CHECK(opinion.since == at(0));
  CHECK_FALSE(opinion.lacks_place);
  CHECK_FALSE(opinion.is_proven);
  verdict.see_from("ireland", View::up);
  CHECK(verdict.opinion(at(10)).state == Opinion::State::suspect);
}

TEST_CASE("another place makes no second signal of one source") {
  Verdict verdict{health(2, 1), true};
  verdict.record(0, std::nullopt, at(0));
  verdict.record(1, std::nullopt, at(0));
  verdict.record(2, "timeout", at(0));
  verdict.see_from("ireland", View::down);
  CHECK(verdict.opinion(at(9)).state == Opinion::State::suspect);
  CHECK_FALSE(verdict.opinion(at(9)).lacks_place);
}

TEST_CASE("what the side answers itself is a signal of its own, and a proof needs no other place") {
  Verdict answered{health(2, 1), true};
  answered.record(0, "timeout", at(0));
  answered.record(1, std::nullopt, at(0));
  answered.record(2, "its database takes no writes", at(0), Evidence::answer);
  CHECK(answered.opinion(at(0)).state == Opinion::State::failed);
  Verdict proven{health(2, 1), true};
  proven.record(0, std::nullopt, at(0));
  proven.record(1, std::nullopt, at(0));
  proven.record(2, "refused", at(0), Evidence::proof);
  CHECK(proven.opinion(at(0)).state == Opinion::State::failed);
  CHECK(proven.opinion(at(0)).is_proven);
}

TEST_CASE("an answer counts as one only where all failures that make the check bad were answers") {
  Verdict verdict{health(2, 2), true};
  verdict.record(0, "timeout", at(0));
  verdict.record(0, "timeout", at(1));
  verdict.record(1, std::nullopt, at(0));
  verdict.record(2, "timeout", at(0));
  verdict.record(2, "503", at(1), Evidence::answer);
  CHECK(verdict.opinion(at(1)).lacks_place);
  verdict.record(2, "503", at(2), Evidence::answer);
  CHECK(verdict.opinion(at(2)).state == Opinion::State::failed);
}

TEST_CASE("with a changed policy the checks that did not change go on where they were") {
  Verdict before{health(2, 3)};
  for (int second = 0; second < 2; ++second) {
    for (const std::size_t check : {0u, 1u, 2u}) before.record(check, "timeout", at(second));
  }
  failover::Health changed = health(2, 3);
  changed.tolerate = std::chrono::seconds{1};
  changed.checks[0].interval = std::chrono::seconds{1};
  changed.checks.erase(changed.checks.begin() + 1);
  Verdict after{changed};
  after.take_over(before, [](const failover::Check&) { return true; });
  after.record(0, "timeout", at(2));
  after.record(1, "timeout", at(2));
  CHECK_FALSE(after.is_bad(0));
  CHECK(after.is_bad(1));
  Verdict elsewhere{changed};
  elsewhere.take_over(before, [](const failover::Check& check) { return check.kind != failover::Check::Kind::postgres; });
  elsewhere.record(1, "timeout", at(2));
  CHECK_FALSE(elsewhere.is_bad(1));
}
