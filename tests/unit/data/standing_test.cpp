#include "data/standing.hpp"

#include <catch2/catch.hpp>

using namespace fedctl::data;

TEST_CASE("positions of the log are read and written as PostgreSQL does") {
  CHECK(parse_lsn("16/B374D848") == Lsn{0x16B374D848});
  CHECK(format_lsn(0x16B374D848) == "16/B374D848");
  CHECK(parse_lsn("0/0") == Lsn{0});
  for (const char* bad : {"", "16", "16/", "/1", "x/1", "1/g"}) CHECK_FALSE(parse_lsn(bad));
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
