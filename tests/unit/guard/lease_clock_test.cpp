#include "guard/lease_clock.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using guard::LeaseClock;

namespace {

const LeaseClock::Instant start{std::chrono::hours{1}};
LeaseClock::Instant instant(int milliseconds) { return start + std::chrono::milliseconds{milliseconds}; }

}  // namespace

TEST_CASE("nothing may be written before the first renewal") {
  const LeaseClock clock{time::Duration{6'000}};
  CHECK_FALSE(clock.may_write(start));
}

TEST_CASE("writes are let in until half of the ttl before its end, counted from when the renewal was sent") {
  LeaseClock clock{time::Duration{6'000}};
  clock.renewed(instant(0));
  CHECK(clock.may_write(instant(2'999)));
  CHECK_FALSE(clock.may_write(instant(3'000)));
  CHECK(clock.ends_at() == instant(6'000));
  clock.renewed(instant(1'000));
  CHECK(clock.may_write(instant(3'999)));
}

TEST_CASE("an answer that comes late does not take time away, and a fence takes all of it") {
  LeaseClock clock{time::Duration{6'000}};
  clock.renewed(instant(2'000));
  clock.renewed(instant(1'000));
  CHECK(clock.ends_at() == instant(8'000));
  clock.revoke();
  CHECK_FALSE(clock.may_write(instant(2'001)));
}

TEST_CASE("trying, freezing and stopping, each as long as it may take, end by the end of the ttl") {
  const LeaseClock clock{time::Duration{6'000}};
  LeaseClock renewed{time::Duration{6'000}};
  renewed.renewed(instant(0));
  CHECK(renewed.freeze_at() + clock.patience() + clock.patience() <= renewed.ends_at());
  CHECK(renewed.freeze_at() + clock.glance() + clock.patience() < renewed.ends_at());
}
