#include "guard/close_rule.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace fedctl;
using namespace fedctl::guard;
using Wish = CloseRule::Wish;

namespace {

CloseRule::Instant at(int seconds) { return CloseRule::Instant{} + std::chrono::seconds{1'000 + seconds}; }
constexpr time::Duration ten_seconds{10'000};

}  // namespace

TEST_CASE("commits wait as soon as enough standbys are near, and no longer once too few have been for a while") {
  CloseRule rule{1, true, ten_seconds};
  CHECK(rule.judge(0, false, false, at(0)) == Wish::none);
  CHECK(rule.judge(1, false, false, at(1)) == Wish::wait);
  CHECK(rule.judge(1, true, false, at(2)) == Wish::none);
  CHECK(rule.judge(0, true, false, at(3)) == Wish::none);
  CHECK(rule.judge(0, true, false, at(12)) == Wish::none);
  CHECK(rule.judge(0, true, false, at(13)) == Wish::give_up);
  // After that they must stay near for as long.
  CHECK(rule.judge(1, false, false, at(14)) == Wish::none);
  CHECK(rule.judge(1, false, false, at(23)) == Wish::none);
  CHECK(rule.judge(1, false, false, at(24)) == Wish::wait);
}

TEST_CASE("a moment of being near begins the while anew") {
  CloseRule rule{2, true, ten_seconds};
  CHECK(rule.judge(1, true, false, at(0)) == Wish::none);
  CHECK(rule.judge(2, true, false, at(9)) == Wish::none);
  CHECK(rule.judge(1, true, false, at(10)) == Wish::none);
  CHECK(rule.judge(1, true, false, at(19)) == Wish::none);
  CHECK(rule.judge(1, true, false, at(20)) == Wish::give_up);
}

TEST_CASE("a standby that is near and confirms nothing counts as far") {
  CloseRule rule{1, true, ten_seconds};
  CHECK(rule.judge(1, true, false, at(0)) == Wish::none);
  CHECK(rule.judge(1, true, true, at(1)) == Wish::none);
  CHECK(rule.judge(1, true, true, at(11)) == Wish::give_up);
}

TEST_CASE("a policy that is always synchronous never gives up, whatever happens") {
  CloseRule rule{1, false, time::Duration{0}};
  std::mt19937 random{7};
  bool waits = false;
  for (int second = 0; second < 10'000; ++second) {
    const Wish wish = rule.judge(random() % 3, waits, random() % 4 == 0, at(second));
    REQUIRE(wish != Wish::give_up);
    if (wish == Wish::wait) waits = true;
  }
}

TEST_CASE("in random histories it is given up only after too few were near for the whole while") {
  std::mt19937 random{11};
  CloseRule rule{2, true, ten_seconds};
  bool waits = false;
  int last_close = -1;
  for (int second = 0; second < 100'000; ++second) {
    const bool is_bad_time = (second / 40) % 2 == 1;
    const std::size_t close = is_bad_time ? random() % 3 : 2;
    if (close >= 2) last_close = second;
    const Wish wish = rule.judge(close, waits, false, at(second));
    if (wish == Wish::give_up) {
      REQUIRE(waits);
      REQUIRE(second - last_close >= 10);
      waits = false;
    }
    if (wish == Wish::wait) {
      REQUIRE(close >= 2);
      waits = true;
    }
  }
}
