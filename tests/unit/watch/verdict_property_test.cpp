#include "watch/verdict.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <set>

using namespace fedctl;
using failover::Check;
using failover::View;
using watch::Opinion;
using watch::Verdict;
using Evidence = Verdict::Evidence;

namespace {

/// A side's checks, what was said of them, and beside that what may be concluded of it by counting alone.
class Story {
 public:
  explicit Story(std::uint64_t seed)
      : random_(seed), has_other_places_(chance(50)), health_(make_health()), verdict_(health_, has_other_places_) {}

  void go_on() {
    now_ += std::chrono::milliseconds{number(0, 900)};
    const std::size_t check = static_cast<std::size_t>(number(0, static_cast<int>(health_.checks.size()) - 1));
    Seen& seen = seen_.at(check);
    switch (number(0, 9)) {
      case 0:
        verdict_.record_unknown(check, "gone");
        seen = {};
        return;
      case 1: down_ = chance(50); return verdict_.see_from("standby", down_ ? View::down : View::up);
      case 2:
      case 3:
        verdict_.record(check, std::nullopt, now_);
        seen.failures = seen.not_silent = seen.proofs = 0;
        if (++seen.successes >= health_.checks[check].success_threshold) seen.is_bad = false;
        return;
      default: fail(check, seen);
    }
  }

  Opinion opinion() const { return verdict_.opinion(now_); }
  const Verdict& verdict() const { return verdict_; }
  time::Instant now() const { return now_; }
  const failover::Health& health() const { return health_; }
  std::size_t a_check() { return static_cast<std::size_t>(number(0, static_cast<int>(health_.checks.size()) - 1)); }

  /// How many independent signals are bad: sources that answered badly are one each, and
  /// where only we look the silence of all others is one.
  std::size_t signals() const {
    std::set<std::string> names;
    const bool is_confirmed = !has_other_places_ || down_;
    bool has_silence = false;
    for (const bool silent : {false, true}) {
      for (std::size_t i = 0; i < health_.checks.size(); ++i) {
        const bool is_silent = !is_confirmed && seen_[i].not_silent < health_.checks[i].failure_threshold;
        if (!seen_[i].is_bad || is_silent != silent) continue;
        const std::string source = failover::source_of(health_.checks[i]);
        if (is_silent) has_silence = has_silence || !names.contains(source);
        if (!is_silent) names.insert(source);
      }
    }
    return names.size() + (has_silence ? 1 : 0);
  }

  bool is_proven() const {
    for (std::size_t i = 0; i < health_.checks.size(); ++i) {
      if (seen_[i].is_bad && seen_[i].proofs >= health_.checks[i].failure_threshold) return true;
    }
    return false;
  }

  /// When the first of all that fails now began to.
  time::Instant first_failure() const {
    time::Instant first = time::Instant::max();
    for (const Seen& seen : seen_) {
      if (seen.failures > 0 || seen.is_bad) first = std::min(first, seen.since);
    }
    return first;
  }

 private:
  struct Seen {
    bool is_bad = false;
    int failures = 0, successes = 0, not_silent = 0, proofs = 0;
    time::Instant since{};
  };

  void fail(std::size_t check, Seen& seen) {
    const auto evidence = static_cast<Evidence>(number(0, 2));
    verdict_.record(check, "bad", now_, evidence);
    if (seen.failures == 0 && !seen.is_bad) seen.since = now_;
    seen.successes = 0;
    ++seen.failures;
    seen.not_silent = evidence == Evidence::silence ? 0 : seen.not_silent + 1;
    seen.proofs = evidence == Evidence::proof ? seen.proofs + 1 : 0;
    if (seen.failures >= health_.checks[check].failure_threshold) seen.is_bad = true;
  }

  failover::Health make_health() {
    failover::Health health{.agree = number(1, 3), .tolerate = time::Duration{number(0, 3) * 1'000}};
    const int checks = number(1, 4);
    for (int i = 0; i < checks; ++i) {
      Check check{.kind = static_cast<Check::Kind>(number(0, 3)), .name = std::to_string(i)};
      check.failure_threshold = number(1, 3);
      check.success_threshold = number(1, 3);
      health.checks.push_back(check);
    }
    seen_.resize(health.checks.size());
    return health;
  }

  int number(int least, int most) { return std::uniform_int_distribution<int>{least, most}(random_); }
  bool chance(int percent) { return number(1, 100) <= percent; }

  std::mt19937_64 random_;
  bool has_other_places_;
  bool down_ = false;
  std::vector<Seen> seen_;
  failover::Health health_;
  Verdict verdict_;
  time::Instant now_{std::chrono::hours{1}};
};

void for_each_moment(const std::function<void(Story&)>& look) {
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    INFO("story " << seed);
    Story story{seed};
    for (int i = 0; i < 40; ++i) {
      story.go_on();
      look(story);
    }
  }
}

void require(bool holds) {
  if (!holds) FAIL();
}

}  // namespace

TEST_CASE("whatever was recorded, a side has failed only by enough independent signals, or by proof") {
  for_each_moment([](Story& story) {
    const Opinion opinion = story.opinion();
    if (opinion.state != Opinion::State::failed) return;
    const bool agree = story.signals() >= static_cast<std::size_t>(story.health().agree);
    require(agree || (story.is_proven() && opinion.is_proven));
  });
}

TEST_CASE("whatever was recorded, no side has failed before the policy's tolerate is over") {
  for_each_moment([](Story& story) {
    const Opinion opinion = story.opinion();
    if (opinion.state == Opinion::State::failed) require(story.now() >= story.first_failure() + story.health().tolerate);
    if (opinion.left.count() > 0) require(story.verdict().opinion(story.now() + opinion.left).state == Opinion::State::failed);
  });
}

TEST_CASE("whatever was recorded, a success never makes a side fail, and neither does a check that cannot be asked") {
  for_each_moment([](Story& story) {
    if (story.opinion().state == Opinion::State::failed) return;
    const std::size_t check = story.a_check();
    Verdict well = story.verdict();
    well.record(check, std::nullopt, story.now());
    require(well.opinion(story.now()).state != Opinion::State::failed);
    Verdict unknown = story.verdict();
    unknown.record_unknown(check, "gone");
    require(unknown.opinion(story.now()).state != Opinion::State::failed);
  });
}

TEST_CASE("whatever was recorded, what another place sees well makes no side fail") {
  for_each_moment([](Story& story) {
    Verdict seen_well = story.verdict();
    seen_well.see_from("standby", View::up);
    if (story.opinion().state != Opinion::State::failed) require(seen_well.opinion(story.now()).state != Opinion::State::failed);
  });
}
