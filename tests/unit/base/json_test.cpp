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

TEST_CASE("an object that names a key twice is refused, wherever it is") {
  const std::string text = GENERATE(R"({"a": 1, "a": 1})", R"([{"b": {"a": {}, "c": 2, "a": []}}])", R"({"items": [{"x": 1, "x": 2}]})",
                                    R"({"a": 1, "\u0061": 2})", R"({"items": [], "items": []})");
  CAPTURE(text);
  CHECK(parse_json(text).is_discarded());
  CHECK(parse_json(text, "items", [](const json&) { return true; }).is_discarded());
  CHECK_FALSE(parse_json(R"({"a": {"a": {"b": 1}}, "b": [{"a": 1}, {"a": 1}]})").is_discarded());
}

TEST_CASE("the items of a list that are not kept leave no trace, and its other values stay") {
  const auto keep = [](const json& item) { return item.value("n", 0) % 2 == 1; };
  const std::string text =
      R"({"first": [{"n": 2}], "items": [{"n": 1}, {"n": 2, "in": {"n": 4}}, {"n": 3, "in": [{"n": 4}]}, 4], "z": {"n": 2}})";
  CHECK(parse_json(text, "items", keep) ==
        json::parse(R"({"first": [{"n": 2}], "items": [{"n": 1}, {"n": 3, "in": [{"n": 4}]}, 4], "z": {"n": 2}})"));
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

TEST_CASE("of a list only the items that are worth it stay, and all else is as it stands") {
  const std::string text =
      R"({"kind": "L", "items": [{"a": 1}, {"a": [{}, {"b": null}]}, 3, [], {"a": 2.5, "items": [{"a": 1}]}], "more": {"x": [{"a": 1}]},
    "n": -7, "u": 18446744073709551615, "t": true, "s": "é\n", "k": 2})";
  CHECK(parse_json(text, "items", [](const json&) { return true; }) == json::parse(text));
  CHECK(parse_json(text, "none", [](const json&) { return false; }) == json::parse(text));
  json without_first = json::parse(text);
  without_first["items"].erase(0);
  CHECK(parse_json(text, "items", [](const json& item) { return value_at(item, "a") != 1; }) == without_first);
  for (const char* other : {"[{\"items\": [{}]}]", "3", "\"a\"", "{\"items\": {\"a\": {}}}", "{}", "[]"}) {
    CHECK(parse_json(other, "items", [](const json&) { return false; }) == json::parse(other));
  }
  for (const char* broken :
       {"", "{", "{\"items\": [{}, }", "{} {}", "[1e999]", "\"\xff\"", "{\"items\": [{}]", "{\"items\": [{}], \"items\": []}"}) {
    CHECK(parse_json(broken, "items", [](const json&) { return true; }).is_discarded());
  }
}

TEST_CASE("a list takes as long as it is, not the square of that") {
  // With a look at all items at the end of each this would take an hour.
  std::string text = "{\"items\": [";
  for (int i = 0; i < 500'000; ++i) text += i == 0 ? "{}" : ",{}";
  text += "]}";
  std::size_t items = 0;
  const json all = parse_json(text, "items", [&](const json&) { return ++items % 2 == 0; });
  CHECK(items == 500'000);
  CHECK(list_at(all, "items").size() == 250'000);
}

}  // namespace
}  // namespace fedctl
