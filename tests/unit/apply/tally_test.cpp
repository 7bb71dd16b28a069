#include "apply/tally.hpp"

#include "support.hpp"

using namespace fedctl;
using namespace fedctl::apply;
using namespace std::chrono_literals;

namespace {

const Tally::Instant start{};
const kube::ObjectKey web{"apps", "Deployment", "production", "web"};
const kube::ObjectKey shop{"apps", "Deployment", "production", "shop"};
const kube::ObjectKey settings{"", "ConfigMap", "production", "settings"};

Event event(Event::Type type, const kube::ObjectKey& key = {}, std::string message = {}) {
  return {.type = type, .cluster = "tokyo", .key = key, .action = plan::Action::create, .message = std::move(message)};
}

/// Three changes, two of which take time.
Tally begun() {
  Tally tally;
  Event first = event(Event::Type::begun);
  first.total = 3;
  first.awaited = 2;
  tally.take(first, start);
  return tally;
}

}  // namespace

TEST_CASE("before anything happens a cluster has not begun, and its share is nothing") {
  const Tally tally;
  CHECK(tally.state() == Tally::State::not_begun);
  CHECK(tally.share() == 0);
  CHECK_FALSE(tally.time_left(start + 1h));
}

TEST_CASE("what is written and what is ready count alike") {
  Tally tally = begun();
  tally.take(event(Event::Type::applied, settings), start + 1s);
  CHECK(tally.share() == 1.0 / 5);
  tally.take(event(Event::Type::applied, web), start + 1s);
  tally.take(event(Event::Type::ready, web), start + 2s);
  CHECK(tally.share() == 3.0 / 5);
  CHECK(tally.written() == 2);
  CHECK(tally.ready() == 1);
  tally.take(event(Event::Type::ended), start + 3s);
  CHECK(tally.state() == Tally::State::done);
  CHECK(tally.share() == 1);
}

TEST_CASE("the slowest is the one that is waited for longest, with what was heard of it last") {
  Tally tally = begun();
  tally.take(event(Event::Type::applied, settings), start);
  CHECK_FALSE(tally.slowest(start + 1s));
  tally.take(event(Event::Type::applied, web), start + 1s);
  tally.take(event(Event::Type::applied, shop), start + 2s);
  tally.take(event(Event::Type::waiting, web, "1 of 5 replicas available"), start + 3s);
  const auto slowest = tally.slowest(start + 5s);
  REQUIRE(slowest);
  CHECK(slowest->key == web);
  CHECK(slowest->message == "1 of 5 replicas available");
  CHECK(slowest->waited == 4s);
  tally.take(event(Event::Type::ready, web), start + 5s);
  CHECK(tally.slowest(start + 5s)->key == shop);
  CHECK(tally.slowest(start + 5s)->message.empty());
}

TEST_CASE("the time left follows from the pace so far, and is not guessed too early") {
  Tally tally = begun();
  tally.take(event(Event::Type::applied, settings), start + 1s);
  CHECK_FALSE(tally.time_left(start + 1s));
  CHECK(tally.time_left(start + 3s) == 2s);
  tally.take(event(Event::Type::applied, web), start + 10s);
  CHECK(tally.time_left(start + 10s) == 15s);
  CHECK(tally.time_left(start + 15s) == 10s);
  CHECK_FALSE(tally.time_left(start + 60s));  // Nothing has moved for long.
  tally.take(event(Event::Type::ended), start + 61s);
  CHECK_FALSE(tally.time_left(start + 62s));
}

TEST_CASE("a cluster in which something failed has failed, and nothing is waited for any more") {
  Tally tally = begun();
  tally.take(event(Event::Type::applied, web), start);
  tally.take(event(Event::Type::not_ready, web, "time is over"), start + 5s);
  CHECK(tally.failures() == 1);
  CHECK_FALSE(tally.slowest(start + 5s));
  tally.take(event(Event::Type::ended), start + 5s);
  CHECK(tally.state() == Tally::State::failed);
  CHECK(tally.share() < 1);
}

TEST_CASE("events are told in words") {
  CHECK(describe(event(Event::Type::applied, web)) == "Deployment production/web created");
  CHECK(describe(event(Event::Type::waiting, web, "1 of 5 replicas available")) == "Deployment production/web: 1 of 5 replicas available");
  CHECK(describe(event(Event::Type::failed, settings, "refused")) == "ConfigMap production/settings failed: refused");
}
