#include "guard/rules.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using guard::Rules;

namespace {

const Rules::Instant start{std::chrono::hours{1}};
Rules::Instant at(int milliseconds) { return start + std::chrono::milliseconds{milliseconds}; }

/// A Lease that is there.
failover::GuardLease lease(std::int64_t fenced_by = 0) {
  failover::GuardLease there{.cluster = "tokyo", .fenced_by = fenced_by};
  there.object = nlohmann::json::object();
  return there;
}

}  // namespace

TEST_CASE("a guard that begins has a quarter of the ttl to renew, unless the host does not answer, or a failover has fenced the side") {
  Rules answered{time::Duration{6'000}, "me"};
  answered.begin(at(0), lease());
  CHECK(answered.rest(at(0)) == time::Duration{1'500});
  CHECK_FALSE(answered.rest(at(1'500)));
  Rules cut_off{time::Duration{6'000}, "me"};
  cut_off.begin(at(0), std::nullopt);
  CHECK_FALSE(cut_off.rest(at(0)));
  Rules fenced{time::Duration{6'000}, "me"};
  fenced.begin(at(0), lease(7));
  CHECK_FALSE(fenced.rest(at(0)));
}

TEST_CASE("a guard that could not close its database for a third of the ttl gives the Lease up, and rests until it is fenced") {
  Rules rules{time::Duration{6'000}, "me"};
  rules.begin(at(0), lease());
  rules.tried(at(0), "");
  CHECK(rules.renewal(at(1'000)).holder == "me");
  rules.tried(at(1'000), "no answer");
  CHECK(rules.only_reads(at(2'000)));
  const Rules::Renewal given_up = rules.renewal(at(2'001));
  CHECK(given_up.holder.empty());
  CHECK(given_up.lease.unable == "no answer");
  CHECK(rules.renewed(given_up, lease()).is_given_up);
  CHECK(rules.rest(at(9'000)));
  CHECK(rules.read(lease(7)));
  CHECK_FALSE(rules.rest(at(9'000)));
}

TEST_CASE("where the log ended stays told when a look that began before the freeze comes back after it") {
  Rules rules{time::Duration{6'000}, "me"};
  rules.read(lease(7));
  rules.freezing();
  rules.frozen(at(100), 2'000);
  CHECK(rules.acknowledges(data::Standing{.read_only = true, .written = 2'000}));
  rules.looked(at(0), data::Standing{.written = 1'000});
  CHECK(rules.renewal(at(0)).lease.lsn == data::format_lsn(2'000));
  CHECK(rules.renewal(at(0)).lease.is_harmless);
}

TEST_CASE("a look that began before the database was closed does not make the guard forget that it is to be opened again") {
  Rules rules{time::Duration{6'000}, "me"};
  rules.begin(at(0), lease());
  rules.tried(at(0), "");
  rules.freezing();
  rules.frozen(at(200), 2'000);
  rules.renewed(rules.renewal(at(300)), lease());
  rules.looked(at(100), data::Standing{});
  CHECK_FALSE(rules.wants_to_thaw(at(400)));
  rules.looked(at(500), data::Standing{.read_only = true});
  CHECK(rules.wants_to_thaw(at(600)));
}

TEST_CASE("a database that was ended before a failover fenced the side is said to be harmless after all") {
  Rules rules{time::Duration{6'000}, "me"};
  rules.begin(at(0), lease());
  CHECK_FALSE(rules.stopped());
  CHECK_FALSE(rules.is_awaited());
  CHECK(rules.read(lease(7)));
  CHECK(rules.glanced(std::nullopt) == Rules::Glance::unseen);
  CHECK(rules.is_awaited());
  CHECK(rules.stopped());
  CHECK(rules.renewal(at(1'000)).lease.is_stopped);
  CHECK_FALSE(rules.is_awaited());
}
