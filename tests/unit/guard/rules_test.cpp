#include "guard/rules.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using guard::Rules;

namespace {

const Rules::Instant beginning{std::chrono::hours{1}};
Rules::Instant moment(int milliseconds) { return beginning + std::chrono::milliseconds{milliseconds}; }

/// A Lease that is there.
failover::GuardLease lease(std::int64_t fenced_by = 0) {
  failover::GuardLease there{.cluster = "tokyo", .fenced_by = fenced_by};
  there.object = nlohmann::json::object();
  return there;
}

}  // namespace

TEST_CASE("a guard that begins has a quarter of the ttl to renew, unless the host does not answer, or a failover has fenced the side") {
  Rules answered{time::Duration{6'000}, "me"};
  answered.begin(moment(0), lease());
  CHECK(answered.rest(moment(0)) == time::Duration{1'500});
  CHECK_FALSE(answered.rest(moment(1'500)));
  Rules cut_off{time::Duration{6'000}, "me"};
  cut_off.begin(moment(0), std::nullopt);
  CHECK_FALSE(cut_off.rest(moment(0)));
  Rules fenced{time::Duration{6'000}, "me"};
  fenced.begin(moment(0), lease(7));
  CHECK_FALSE(fenced.rest(moment(0)));
}

TEST_CASE("a guard that could not close its database for a third of the ttl gives the Lease up, and rests until it is fenced") {
  Rules rules{time::Duration{6'000}, "me"};
  rules.begin(moment(0), lease());
  rules.tried(moment(0), "");
  CHECK(rules.renewal(moment(1'000)).holder == "me");
  rules.tried(moment(1'000), "no answer");
  CHECK(rules.only_reads(moment(2'000)));
  const Rules::Renewal given_up = rules.renewal(moment(2'001));
  CHECK(given_up.holder.empty());
  CHECK(given_up.lease.unable == "no answer");
  CHECK(rules.renewed(given_up, lease()).is_given_up);
  CHECK(rules.rest(moment(9'000)));
  CHECK(rules.read(lease(7)));
  CHECK_FALSE(rules.rest(moment(9'000)));
}

TEST_CASE("where the log ended stays told when a look that began before the freeze comes back after it") {
  Rules rules{time::Duration{6'000}, "me"};
  rules.read(lease(7));
  rules.freezing();
  rules.frozen(moment(100), 2'000);
  CHECK(rules.acknowledges(data::Standing{.read_only = true, .written = 2'000}));
  rules.looked(moment(0), data::Standing{.written = 1'000});
  CHECK(rules.renewal(moment(0)).lease.lsn == data::format_lsn(2'000));
  CHECK(rules.renewal(moment(0)).lease.is_harmless);
}

TEST_CASE("a look that began before the database was closed does not make the guard forget that it is to be opened again") {
  Rules rules{time::Duration{6'000}, "me"};
  rules.begin(moment(0), lease());
  rules.tried(moment(0), "");
  rules.freezing();
  rules.frozen(moment(200), 2'000);
  rules.renewed(rules.renewal(moment(300)), lease());
  rules.looked(moment(100), data::Standing{});
  CHECK_FALSE(rules.wants_to_thaw(moment(400)));
  rules.looked(moment(500), data::Standing{.read_only = true});
  CHECK(rules.wants_to_thaw(moment(600)));
}

TEST_CASE("a database that was ended before a failover fenced the side is said to be harmless after all") {
  Rules rules{time::Duration{6'000}, "me"};
  rules.begin(moment(0), lease());
  CHECK_FALSE(rules.stopped());
  CHECK_FALSE(rules.is_awaited());
  CHECK(rules.read(lease(7)));
  CHECK(rules.glanced(std::nullopt) == Rules::Glance::unseen);
  CHECK(rules.is_awaited());
  CHECK(rules.stopped());
  CHECK(rules.renewal(moment(1'000)).lease.is_stopped);
  CHECK_FALSE(rules.is_awaited());
}

TEST_CASE("a Lease that was given up may be ours again as soon as it was asked for, whether or not an answer came") {
  Rules rules{time::Duration{6'000}, "me"};
  rules.begin(moment(0), lease());
  rules.tried(moment(0), "no answer");
  rules.renewed(rules.renewal(moment(0)), lease());
  rules.tried(moment(9'000), "");
  CHECK(rules.rest(moment(9'000)) == time::Duration{1'000});
  CHECK(rules.renewal(moment(9'000)).holder == "me");
  rules.renewal_failed();
  CHECK(rules.rest(moment(11'000)) == time::Duration{1'000});
  CHECK(rules.renewal(moment(11'000)).holder == "me");
  rules.renewal_failed();
  CHECK_FALSE(rules.rest(moment(12'000)));
}

TEST_CASE("a database that was about to be opened is not taken for closed when it does not answer, whatever came of it") {
  Rules rules{time::Duration{6'000}, "me"};
  rules.frozen(moment(0), 2'000);
  CHECK(rules.glanced(std::nullopt) == Rules::Glance::unseen);
  rules.thawing();
  CHECK_FALSE(rules.is_glance_enough());
  CHECK(rules.glanced(std::nullopt) == Rules::Glance::harmful);
}

TEST_CASE("what others confirm counts only where the Lease says so, for a database that takes writes and could be closed") {
  Rules rules{time::Duration{6'000}, "me", guard::Failsafe{{"ireland"}, true}};
  rules.begin(moment(0), lease());
  rules.tried(moment(0), "");
  rules.looked(moment(0), data::Standing{.written = 1'000});
  rules.renewed(rules.renewal(moment(0)), lease());
  CHECK_FALSE(rules.wants_confirmation(moment(1'500)));
  rules.others_replayed({{"ireland", 900}});
  const Rules::Renewal offers = rules.renewal(moment(100));
  CHECK(offers.lease.failsafe == std::vector<std::string>{"ireland"});
  rules.renewed(offers, lease());
  CHECK_FALSE(rules.wants_confirmation(moment(1'599)));
  CHECK(rules.wants_confirmation(moment(1'600)));
  rules.looked(moment(1'500), std::nullopt);
  CHECK_FALSE(rules.wants_confirmation(moment(1'600)));
  rules.looked(moment(0), data::Standing{.written = 1'000});
  CHECK_FALSE(rules.wants_confirmation(moment(2'001)));
  rules.tried(moment(2'000), "");
  CHECK(rules.wants_confirmation(moment(2'001)));
  rules.read(lease(7));
  CHECK_FALSE(rules.wants_confirmation(moment(2'001)));
  CHECK_FALSE(rules.confirmed(moment(1'900), moment(2'001)));
  CHECK_FALSE(rules.may_write(moment(2'001)));
}

TEST_CASE("a guard that goes on by what others confirm tells so once, opens nothing, and rests no longer than that holds") {
  Rules rules{time::Duration{6'000}, "me", guard::Failsafe{{"ireland"}, true}};
  rules.begin(moment(0), lease());
  rules.looked(moment(0), data::Standing{.written = 1'000});
  rules.others_replayed({{"ireland", 900}});
  rules.tried(moment(0), "");
  rules.renewed(rules.renewal(moment(0)), lease());
  rules.tried(moment(2'500), "");
  CHECK(rules.confirmed(moment(2'000), moment(2'600)));
  CHECK(rules.goes_on());
  CHECK_FALSE(rules.confirmed(moment(2'500), moment(2'900)));
  CHECK(rules.rest(moment(4'000)) == time::Duration{1'500});
  rules.looked(moment(3'900), data::Standing{.read_only = true, .written = 1'000});
  CHECK_FALSE(rules.wants_to_thaw(moment(4'000)));
  CHECK_FALSE(rules.rest(moment(5'500)));
  rules.freezing();
  CHECK_FALSE(rules.goes_on());
}

TEST_CASE("a guard that becomes unable looks again when it has to give the Lease up, and not when the database must be harmless") {
  Rules rules{time::Duration{5'000}, "me"};
  rules.begin(moment(0), lease());
  rules.tried(moment(20), "");
  rules.renewed(rules.renewal(moment(20)), lease());
  CHECK(rules.next_round(moment(30), moment(833)) == moment(833));
  rules.tried(moment(1'666), "no answer");
  CHECK(rules.only_reads(moment(1'666)));
  CHECK(rules.next_round(moment(1'670), moment(2'499)) == moment(1'687));
  CHECK_FALSE(rules.only_reads(moment(1'687)));
  // Whether or not the host takes that, the next one is at its time.
  CHECK(rules.next_round(moment(1'687), moment(2'499)) == moment(2'499));
}

TEST_CASE("a database that is only slow has time to be closed until a quarter of the ttl is left, and one that does not answer has not") {
  Rules rules{time::Duration{6'000}, "me"};
  rules.begin(moment(0), lease());
  rules.tried(moment(0), "");
  rules.renewed(rules.renewal(moment(0)), lease());
  CHECK(rules.patience_of_freezing(moment(1'000)) == time::Duration{1'500});
  rules.looked(moment(0), data::Standing{.written = 1'000});
  CHECK(rules.patience_of_freezing(moment(1'000)) == time::Duration{3'500});
  CHECK(rules.patience_of_freezing(moment(3'000)) == time::Duration{1'500});
  CHECK(rules.patience_of_freezing(moment(5'000)) == time::Duration{1'500});
}

TEST_CASE("the Lease is not given up while the database is being closed, however long that takes") {
  Rules rules{time::Duration{6'000}, "me"};
  rules.begin(moment(0), lease());
  rules.tried(moment(0), "");
  rules.freezing();
  CHECK(rules.renewal(moment(3'000)).holder == "me");
  rules.not_frozen(moment(3'500));
  CHECK(rules.renewal(moment(3'500)).holder.empty());
}
