#include "data/standing.hpp"

#include <catch2/catch.hpp>

using namespace fedctl::data;

TEST_CASE("positions of the log are read and written as PostgreSQL does") {
  CHECK(parse_lsn("16/B374D848") == Lsn{0x16B374D848});
  CHECK(format_lsn(0x16B374D848) == "16/B374D848");
  CHECK(parse_lsn("0/0") == Lsn{0});
  for (const char* bad : {"", "16", "16/", "/1", "x/1", "1/g"}) CHECK_FALSE(parse_lsn(bad));
}

TEST_CASE("a standby follows once it has replayed what the primary had, unless it replays late on purpose") {
  const Standing primary{.timeline = 2, .written = 100};
  Standing standby{.in_recovery = true, .timeline = 2, .received_timeline = 2, .written = 100, .replayed = 100, .streams = true};
  CHECK(follows(standby, primary));
  standby.is_replay_paused = true;
  CHECK_FALSE(follows(standby, primary));
  CHECK(why_not_following(standby, primary) == "its replay is paused: pg_wal_replay_resume() ends that");
  standby.is_replay_paused = false;
  standby.replayed = 50;
  CHECK_FALSE(follows(standby, primary));
  CHECK(why_not_following(standby, primary) == "it has replayed up to 0/32, not up to 0/64");
  standby.replay_delay = fedctl::time::Duration{60'000};
  CHECK(follows(standby, primary));
  standby.written = 99;
  CHECK_FALSE(follows(standby, primary));
  CHECK(why_not_following(standby, primary) == "it has received up to 0/63, not up to 0/64");
}

TEST_CASE("a connection string is named without its password, and a bad one is not repeated") {
  CHECK(display_name("postgres://app:secret@db.example.com:6432/shop") == "db.example.com:6432/shop");
  CHECK(display_name("host=db password=secret") == "db:5432");
  const auto opened = Connection::open("postgres://app:secret@[", deadline_in(fedctl::time::Duration{100}));
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("secret") == std::string::npos);
}

TEST_CASE("a connection string that can never be used is told before anybody is asked, and is no server that is silent") {
  CHECK(problem_of_conninfo("nonsense")->code == fedctl::Code::invalid_input);
  CHECK_FALSE(problem_of_conninfo("postgres://app@db/shop"));
  const auto missing = problem_of_conninfo("host=db sslmode=verify-full sslrootcert=/no/such/file password=secret");
  REQUIRE(missing);
  CHECK(missing->message.find("/no/such/file") != std::string::npos);
  CHECK(missing->message.find("secret") == std::string::npos);
  // libpq goes on without what it does not need.
  CHECK_FALSE(problem_of_conninfo("host=db sslmode=require sslrootcert=/no/such/file"));
  CHECK_FALSE(problem_of_conninfo("host=db sslmode=verify-full sslrootcert=system"));
}
