#include "failover/candidacy.hpp"

#include "failover/store.hpp"
#include "failover/survey.hpp"
#include "failover/term.hpp"
#include "http/loop.hpp"
#include "support.hpp"

using namespace fedctl;
using namespace fedctl::failover;

TEST_CASE("a Lease is ours for as long as it lasts after its renewal was sent, and no longer") {
  const Term::Instant start{std::chrono::hours{1}};
  Term term{std::chrono::seconds{10}};
  CHECK_FALSE(term.is_ours(start));
  term.renewed(start);
  CHECK(term.is_ours(start + std::chrono::milliseconds{9'999}));
  CHECK_FALSE(term.is_ours(start + std::chrono::seconds{10}));
  term.renewed(start + std::chrono::seconds{5});
  term.renewed(start);
  CHECK(term.is_ours(start + std::chrono::seconds{14}));
  term.end();
  CHECK_FALSE(term.is_ours(start + std::chrono::seconds{5}));
  CHECK(term.pace() * 4 <= std::chrono::seconds{10});
}

TEST_CASE("of two that stand for a lock of a state file one has it, and the other gets it as soon as it is given back") {
  const support::TemporaryFolder folder;
  const auto store = make_file_store(folder.path() / "state.json");
  http::Loop loop;
  const auto first = store->stand("watch", std::chrono::seconds{10});
  const auto second = store->stand("watch", std::chrono::seconds{10});
  REQUIRE(loop.run(first->ask()));
  CHECK(first->is_ours());
  const auto refused = loop.run(second->ask());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::conflict);
  CHECK_FALSE(second->is_ours());
  REQUIRE(loop.run(first->ask()));
  loop.run(first->give_back());
  CHECK_FALSE(first->is_ours());
  REQUIRE(loop.run(second->ask()));
  CHECK(second->is_ours());
}

TEST_CASE("a look is older than another by the log alone, whatever the clocks say") {
  LastSeen kept{.cluster = "tokyo", .system_identifier = "7", .timeline = 2, .lsn = "1/10", .at = "2026-01-01T00:00:00Z"};
  LastSeen look = kept;
  look.at = "2025-01-01T00:00:00Z";
  CHECK_FALSE(is_older(look, kept));
  look.lsn = "0/FFFFFFFF";
  CHECK(is_older(look, kept));
  CHECK_FALSE(is_older(kept, look));
  look.timeline = 3;
  CHECK_FALSE(is_older(look, kept));
  look.timeline = 1;
  CHECK(is_older(look, kept));
  look.system_identifier = "8";
  CHECK_FALSE(is_older(look, kept));
  look.cluster = "ireland";
  CHECK_FALSE(is_older(look, kept));
}
