#include "base/json.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace fedctl {
namespace {

using nlohmann::json;

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST_CASE("JSON is parsed up to the deepest nesting, and refused beyond it") {
  CHECK_FALSE(parse_json(nested(deepest_nesting)).is_discarded());
  CHECK(parse_json(nested(deepest_nesting + 1)).is_discarded());
  CHECK(parse_json(nested(1'000'000)).is_discarded());
  CHECK(parse_json(std::string(1'000'000, '[')).is_discarded());
  CHECK(parse_json(R"({"a":)").is_discarded());
}

TEST_CASE("brackets inside of strings do not nest") {
  const std::string text = R"({"a": "\")" + std::string(5000, '[') + R"(\\"})";
  const json parsed = parse_json(text);
  REQUIRE_FALSE(parsed.is_discarded());
  CHECK(string_at(parsed, "a").size() == 5002);
}

TEST_CASE("many small lists beside each other are not deep") {
  std::string text = "[";
  for (int i = 0; i < 5000; ++i) text += "[],";
  CHECK_FALSE(parse_json(text + "[]]").is_discarded());
}

TEST_CASE("a value of another type than asked for counts as missing") {
  for (const json& object : {json(), json(5), json("text"), json::array({1}), json{{"key", json()}}, json{{"other", 1}}}) {
    CAPTURE(object.dump());
    CHECK(value_at(object, "key").is_null());
    CHECK(value_at(object, "key", "deeper", "still").is_null());
    CHECK(string_at(object, "key").empty());
    CHECK(bool_at(object, "key", true));
    CHECK(integer_at(object, "key", 7) == 7);
    CHECK(map_at(object, "key") == json::object());
    CHECK(list_at(object, "key") == json::array());
  }
  const json object{{"list", json::array()}, {"yes", "true"}, {"number", 1.5}, {"huge", 18446744073709551615u}};
  CHECK_FALSE(bool_at(object, "yes"));
  CHECK(integer_at(object, "number", 3) == 3);
  CHECK(integer_at(object, "huge", 3) == 3);
  CHECK(map_at(object, "list") == json::object());
}

TEST_CASE("what is there is found") {
  const json object = json::parse(R"({"a": {"b": {"c": "x"}}, "yes": true, "n": -3, "l": [1]})");
  CHECK(value_at(object, "a", "b", "c") == "x");
  CHECK(string_at(map_at(map_at(object, "a"), "b"), "c") == "x");
  CHECK(bool_at(object, "yes"));
  CHECK(integer_at(object, "n") == -3);
  CHECK(list_at(object, "l").size() == 1);
}

TEST_CASE("text that is not UTF-8 is written with replacement characters") {
  CHECK(to_text(json{{"a", "caf\xe9"}}) == "{\"a\":\"caf\xef\xbf\xbd\"}");
}

TEST_CASE("JSON of more values than any answer has is refused before it takes memory for them") {
  std::string many = "[0";
  for (std::size_t i = 0; i < most_values; ++i) many += ",0";
  CHECK(parse_json(many + "]").is_discarded());
  CHECK_FALSE(parse_json("[\"" + std::string(most_values, ',') + "\"]").is_discarded());
}

}  // namespace
}  // namespace fedctl
