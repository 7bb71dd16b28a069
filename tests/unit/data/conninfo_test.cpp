#include "data/conninfo.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using data::Address;
using Addresses = std::vector<Address>;

TEST_CASE("a connection string leads to its hosts, whichever way it is written") {
  CHECK(*data::addresses_of("postgres://u:p@DB.Example.com:6432/shop?sslmode=require") == Addresses{{"db.example.com", "6432"}});
  CHECK(*data::addresses_of("user=u host='db.example.com'") == Addresses{{"db.example.com", "5432"}});
  CHECK(*data::addresses_of("hostaddr=10.0.0.1 port=1") == Addresses{{"10.0.0.1", "1"}});
  CHECK(*data::addresses_of("postgres://u@[::1]:7/d") == Addresses{{"::1", "7"}});
  CHECK(*data::addresses_of("host=/var/run/PG") == Addresses{{"/var/run/PG", "5432"}});
  CHECK(data::addresses_of("")->empty());
}

TEST_CASE("each of several hosts has its port, or the one that stands for all") {
  CHECK(*data::addresses_of("host=a,b port=1,2") == Addresses{{"a", "1"}, {"b", "2"}});
  CHECK(*data::addresses_of("host=a,b port=1") == Addresses{{"a", "1"}, {"b", "1"}});
  CHECK(*data::addresses_of("postgres://a,b:2/d") == Addresses{{"a", "5432"}, {"b", "2"}});
}

TEST_CASE("a connection string that leads elsewhere keeps all else that it says") {
  const auto led = data::led_to(R"(user=rep password='p\'w \\x' hostaddr=10.0.0.1 host=old port=1 sslmode=verify-full)", {"new", "2"});
  const auto keywords = *data::keywords_of(*led);
  CHECK(keywords == std::map<std::string, std::string>{
                        {"host", "new"}, {"password", R"(p'w \x)"}, {"port", "2"}, {"sslmode", "verify-full"}, {"user", "rep"}});
}

TEST_CASE("of several hosts the one that a connection string is led to comes first, and the others stay") {
  CHECK(*data::addresses_of(*data::led_to("host=a,b,c port=1,2,3 user=u", {"b", "2"})) == Addresses{{"b", "2"}, {"a", "1"}, {"c", "3"}});
  const auto numeric = data::keywords_of(*data::led_to("host=a,b port=1,2 hostaddr=10.0.0.1,10.0.0.2", {"b", "2"}));
  CHECK(numeric->at("hostaddr") == "10.0.0.2,10.0.0.1");
  const auto added = data::keywords_of(*data::led_to("host=a,b port=1,2 hostaddr=10.0.0.1,10.0.0.2", {"new", "3"}));
  CHECK(added->at("host") == "new,a,b");
  CHECK(added->at("hostaddr") == ",10.0.0.1,10.0.0.2");
  CHECK(*data::addresses_of(*data::led_to("host=a,b port=1", {"new", "2"})) == Addresses{{"new", "2"}, {"a", "1"}, {"b", "1"}});
}

TEST_CASE("what is no connection string is refused without a word of it") {
  for (const char* text : {"postgres://u:secret@[host/x", "password='secret", "secret"}) {
    const auto keywords = data::keywords_of(text);
    REQUIRE(!keywords);
    CHECK(keywords.error().code == Code::invalid_input);
    CHECK(keywords.error().message.find("secret") == std::string::npos);
    CHECK(!data::led_to(text, {"new", "2"}));
  }
}

TEST_CASE("a keyword is added to a connection string, or put in the place of the one that it has") {
  const auto named = data::with_keyword("host=db user=rep application_name=old", "application_name", "ireland-cluster");
  CHECK((*data::keywords_of(*named))["application_name"] == "ireland-cluster");
  CHECK((*data::keywords_of(*named))["host"] == "db");
  CHECK((*data::keywords_of(*data::with_keyword("host=db", "application_name", "it's")))["application_name"] == "it's");
  CHECK(!data::with_keyword("nonsense", "application_name", "x"));
}
