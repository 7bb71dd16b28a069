#include "data/synchronous_names.hpp"

#include <catch2/catch.hpp>

using namespace fedctl::data;
using Method = SynchronousNames::Method;
using Names = std::vector<std::string>;

namespace {

SynchronousNames read(const std::string& text) {
  CAPTURE(text);
  const auto names = parse_synchronous_names(text);
  REQUIRE(names);
  return *names;
}

}  // namespace

TEST_CASE("synchronous_standby_names is read in all its forms") {
  CHECK_FALSE(read("").waits());
  CHECK_FALSE(read("  ").waits());
  const SynchronousNames plain = read("ireland, virginia");
  CHECK(plain.method == Method::first);
  CHECK(plain.count == 1);
  CHECK(plain.names == Names{"ireland", "virginia"});
  const SynchronousNames old = read("2 (a,b, c)");
  CHECK(old.count == 2);
  CHECK(old.method == Method::first);
  CHECK(read("FIRST 2 (a, b)").count == 2);
  const SynchronousNames any = read("any 1 (\"ireland-cluster\", Virginia)");
  CHECK(any.method == Method::any);
  CHECK(any.names == Names{"ireland-cluster", "Virginia"});
  CHECK(read("*").has_every());
  CHECK(read("ANY 2 (*)").count == 2);
  CHECK(read("\"say \"\"hi\"\"\"").names == Names{"say \"hi\""});
  // A number that no parenthesis follows is a name.
  CHECK(read("1, 2").names == Names{"1", "2"});
}

TEST_CASE("what PostgreSQL refuses as synchronous_standby_names is no list") {
  for (const char* bad : {"ANY 1 ()", "ANY 1 (a", "ANY (a)", "FIRST 0 (a)", "a,", ", a", "a b", "\"a", "a-b", "ANY 1 (a) b",
                          "ANY 99999999999999999999 (a)"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_synchronous_names(bad));
  }
}

TEST_CASE("names are written as they are read") {
  const SynchronousNames names{.method = Method::any, .count = 2, .names = {"ireland-cluster", "say \"hi\"", "*"}};
  CHECK(to_string(names) == "ANY 2 (\"ireland-cluster\", \"say \"\"hi\"\"\", *)");
  CHECK(read(to_string(names)).names == names.names);
  CHECK(to_string(SynchronousNames{}).empty());
}

TEST_CASE("a commit can end when as many standbys stream as it waits for, by whatever case of letters they are named") {
  CHECK(is_answered("", Names{}));
  CHECK_FALSE(is_answered("*", Names{}));
  CHECK(is_answered("*", Names{"walreceiver"}));
  CHECK(is_answered("ANY 1 (a, b)", Names{"x", "B"}));
  CHECK_FALSE(is_answered("ANY 2 (a, b)", Names{"x", "B"}));
  CHECK_FALSE(is_answered("ANY 1 (", Names{"a"}));
}
