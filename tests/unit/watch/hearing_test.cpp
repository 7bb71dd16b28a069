#include "watch/hearing.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using failover::View;
using watch::Hearing;

namespace {

std::optional<data::Standing> hears(int milliseconds) {
  data::Standing standing{.in_recovery = true, .streams = true};
  standing.upstream_age = time::Duration{milliseconds};
  return standing;
}

std::optional<data::Standing> deaf() { return data::Standing{.in_recovery = true}; }

Hearing used_to(int milliseconds) {
  Hearing hearing;
  for (int look = 0; look < 10; ++look) hearing.note(hears(look % 2 == 0 ? milliseconds : milliseconds / 2), true);
  return hearing;
}

}  // namespace

TEST_CASE("a standby whose stream has broken sees its primary down, and one that hears it sees it up") {
  Hearing hearing;
  CHECK(hearing.view() == View::unknown);
  hearing.note(hears(100), true);
  CHECK(hearing.view() == View::up);
  hearing.note(deaf(), false);
  CHECK(hearing.view() == View::down);
  hearing.note(std::nullopt, false);
  CHECK(hearing.view() == View::unknown);
  hearing.note(data::Standing{}, false);
  CHECK(hearing.view() == View::unknown);
}

TEST_CASE("how long a silence means something is learned while the primary is well") {
  Hearing busy = used_to(400);
  busy.note(hears(2'900), false);
  CHECK(busy.view() == View::up);
  busy.note(hears(3'100), false);
  CHECK(busy.view() == View::down);
  Hearing idle = used_to(9'000);
  idle.note(hears(20'000), false);
  CHECK(idle.view() == View::unknown);
  idle.note(hears(28'000), false);
  CHECK(idle.view() == View::down);
  Hearing idler = used_to(29'000);
  idler.note(hears(33'000), false);
  CHECK(idler.view() == View::unknown);
  idler.note(hears(34'000), false);
  CHECK(idler.view() == View::down);
}

TEST_CASE("of who was seldom looked at only a silence that no stream has is known") {
  Hearing hearing;
  hearing.note(hears(100), true);
  hearing.note(hears(20'000), false);
  CHECK(hearing.view() == View::unknown);
  hearing.note(hears(33'001), false);
  CHECK(hearing.view() == View::down);
}

TEST_CASE("a silence that began before the checks failed is no usual one") {
  Hearing hearing = used_to(400);
  for (const int age : {1'000, 2'000, 3'000, 4'000}) hearing.note(hears(age), true);
  hearing.note(hears(5'000), false);
  CHECK(hearing.view() == View::down);
}

TEST_CASE("one that had no stream for long while the primary was well tells nothing") {
  Hearing hearing;
  hearing.note(deaf(), true);
  CHECK(hearing.view() == View::down);
  for (int look = 0; look < 60; ++look) hearing.note(deaf(), true);
  hearing.note(deaf(), false);
  CHECK(hearing.view() == View::unknown);
  hearing.note(hears(100), false);
  hearing.note(deaf(), false);
  CHECK(hearing.view() == View::down);
}

TEST_CASE("a standby that replays nothing is known to stand still from the answer to one look to the beginning of the last one") {
  const auto moment = [](int milliseconds) { return Hearing::Instant{} + std::chrono::milliseconds{milliseconds}; };
  const data::Standing before{.in_recovery = true, .replayed = 100};
  const data::Standing after{.in_recovery = true, .replayed = 200};
  Hearing hearing;
  CHECK(hearing.still() == time::Duration{0});
  hearing.note(before, true, {moment(1'000), moment(1'500)});
  CHECK(hearing.still() == time::Duration{0});
  hearing.note(before, false, {moment(3'000), moment(4'000)});
  CHECK(hearing.still() == time::Duration{1'500});
  hearing.note(std::nullopt, false, {moment(5'000), moment(6'000)});
  CHECK(hearing.still() == time::Duration{1'500});
  hearing.note(before, false, {moment(7'000), moment(7'100)});
  CHECK(hearing.still() == time::Duration{5'500});
  hearing.note(after, false, {moment(8'000), moment(8'100)});
  CHECK(hearing.still() == time::Duration{0});
}
