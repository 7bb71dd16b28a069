#include "failover/store.hpp"

#include "base/file.hpp"
#include "http/loop.hpp"
#include "support.hpp"

using namespace fedctl;
using namespace fedctl::failover;

TEST_CASE("a state file is written only as it was read") {
  const support::TemporaryFolder folder;
  const auto store = make_file_store(folder.path() / "state.json");
  http::Loop loop;
  auto first = loop.run(store->load());
  auto second = loop.run(store->load());
  REQUIRE(first);
  REQUIRE(second);
  first->active = "tokyo";
  first->token = 1;
  REQUIRE(loop.run(store->save(*first)));
  const auto late = loop.run(store->save(*second));
  REQUIRE_FALSE(late);
  CHECK(late.error().code == Code::conflict);
  CHECK(loop.run(store->load())->token == 1);
  first->token = 2;
  CHECK(loop.run(store->save(*first)));
}

TEST_CASE("an empty state file is damage, and no fresh start") {
  const support::TemporaryFolder folder;
  REQUIRE(file::write_atomically(folder.path() / "state.json", ""));
  http::Loop loop;
  CHECK_FALSE(loop.run(make_file_store(folder.path() / "state.json")->load()));
}

TEST_CASE("a process finds out that another one went on with its run, undid it, or began another") {
  State ours{.active = "tokyo", .token = 3, .run = Run{.id = "a", .from = "tokyo", .to = "ireland", .token = 3, .epoch = 1}};
  State theirs = ours;
  CHECK_FALSE(is_taken_over(ours, theirs));
  theirs.primary = LastSeen{};
  CHECK_FALSE(is_taken_over(ours, theirs));
  theirs.run->epoch = 2;
  CHECK(is_taken_over(ours, theirs));
  theirs = ours;
  theirs.run->state = Run::State::aborted;
  CHECK(is_taken_over(ours, theirs));
  theirs = ours;
  theirs.token = 4;
  CHECK(is_taken_over(ours, theirs));
  theirs = ours;
  theirs.run->id = "b";
  CHECK(is_taken_over(ours, theirs));
  // A run that begins finds the one before it, which is over.
  theirs.token = 2;
  theirs.run->state = Run::State::done;
  CHECK_FALSE(is_taken_over(ours, theirs));
}

TEST_CASE("a state keeps which run made the active side what it is; an older one is taken to be its last run") {
  State state{.active = "ireland", .token = 5, .active_token = 3};
  const auto again = state_from(to_json(state));
  REQUIRE(again);
  CHECK(again->active_token == 3);
  auto document = to_json(state);
  document.erase("activeToken");
  CHECK(state_from(document)->active_token == 5);
  document["active"] = "";
  CHECK(state_from(document)->active_token == 0);
  document["activeToken"] = 6;
  const auto damaged = state_from(document);
  REQUIRE_FALSE(damaged);
  CHECK_THAT(damaged.error().message, Catch::Contains("activeToken"));
}
