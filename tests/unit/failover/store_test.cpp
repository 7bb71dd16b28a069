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
