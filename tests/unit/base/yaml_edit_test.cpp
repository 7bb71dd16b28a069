#include "base/yaml_edit.hpp"

#include "support.hpp"

using namespace fedctl;
using nlohmann::json;

namespace {

/// The text with each value at a pointer set in its document.
yaml::Edited edited(const std::string& text, const std::vector<std::pair<std::string, json>>& changes, std::size_t document = 0) {
  const yaml::Source source{.name = "input.yaml", .text = text};
  const auto parsed = yaml::parse(support::source(text));
  REQUIRE(parsed);
  const auto found =
      std::find_if(parsed->documents.begin(), parsed->documents.end(), [&](const auto& one) { return one.index == document; });
  REQUIRE(found != parsed->documents.end());
  json value = found->value;
  for (const auto& [pointer, changed] : changes) value[json::json_pointer{pointer}] = changed;
  auto result = yaml::edit(source, document, value);
  REQUIRE(result);
  return std::move(*result);
}

}  // namespace

TEST_CASE("a value is put in the place of another; comments, quotes and order stay") {
  const auto result =
      edited("# first\nb: 1   # one\na: \"x\"\nc: {d: e, f: [1, 2]} # flow\n", {{"/b", 10}, {"/a", "y"}, {"/c/f/1", "two"}});
  CHECK(result.text == "# first\nb: 10   # one\na: \"y\"\nc: {d: e, f: [1, two]} # flow\n");
  CHECK_FALSE(result.is_rewritten);
}

TEST_CASE("what is new comes behind what is there, in its form") {
  const std::string text = "metadata: {name: a}\nspec:\n  list:\n  - x: 1\n    xx: 2  # two\n  # about what comes next\nlast: 1\n";
  const auto result =
      edited(text, {{"/metadata/annotations", {{"k.io/a", "p/s token 1"}}}, {"/spec/list/-", {{"x", 3}, {"xx", {{"z", 4}}}}}});
  CHECK(
      result.text ==
      "metadata: {name: a, annotations: {k.io/a: p/s token 1}}\nspec:\n  list:\n  - x: 1\n    xx: 2  # two\n  - x: 3\n    xx:\n      z: 4\n"
      "  # about what comes next\nlast: 1\n");
}

TEST_CASE("an entry of a list whose entries stand in brackets does too") {
  CHECK(edited("a:\n- {b: 1}\n- {b: 2}\n", {{"/a/-", {{"b", "x: y"}}}}).text == "a:\n- {b: 1}\n- {b: 2}\n- {b: \"x: y\"}\n");
  CHECK(edited("a: []\nb: {}\n", {{"/a/-", 1}, {"/b/c", "d"}}).text == "a: [1]\nb: {c: d}\n");
}

TEST_CASE("a key in a map that ends the text without a line's end") {
  CHECK(edited("a:\n  b: 1", {{"/a/c", "2"}}).text == "a:\n  b: 1\n  c: \"2\"");
}

TEST_CASE("the other documents stay, and so do lines that end with CR LF") {
  const std::string text = "a: 1 # one\r\n---\r\n# second\r\na: 2\r\nb: 3\r\n---\r\na: 4\r\n";
  CHECK(edited(text, {{"/a", 5}, {"/c", 6}}, 1).text == "a: 1 # one\r\n---\r\n# second\r\na: 5\r\nb: 3\r\nc: 6\r\n---\r\na: 4\r\n");
}

TEST_CASE("places are found behind characters of several bytes and a byte order mark") {
  CHECK(edited("\xEF\xBB\xBF{ä: \"ö\", b: 1}\n", {{"/b", 2}}).text == "\xEF\xBB\xBF{ä: \"ö\", b: 2}\n");
  CHECK(edited("ä: [ü, 1] # ß\n", {{"/ä/1", 2}}).text == "ä: [ü, 2] # ß\n");
}

TEST_CASE("a block of text, an empty value and a list as far to the left as its key are replaced") {
  CHECK(edited("a: |\n  one\n  two\nb: 1\n", {{"/a", "x"}}).text == "a: x\nb: 1\n");
  CHECK(edited("a:\nb: 1\n", {{"/a", "x"}}).text == "a: x\nb: 1\n");
  CHECK(edited("a:\n- 1\n- 2\nb: 1\n", {{"/a", json::array({3})}}).text == "a:\n- 3\nb: 1\n");
  const json last = json::parse(R"([{"name": "z"}])");
  CHECK(edited("a:\n- {name: x}\n- {name: z}\nb: 1\n", {{"/a", last}}).text == "a:\n  [{name: z}]\nb: 1\n");
}

TEST_CASE("an entry, or a key, that is gone takes its own lines along, and none of the others' comments") {
  const std::string list =
      "a:\n- path: /one  # first\n  value: 1\n- path: /two  # second\n  value: 2\n# third is next\n- path: /three  # third\n";
  const json kept = json::parse(R"([{"path": "/one", "value": 1}, {"path": "/three"}, {"path": "/four"}])");
  const auto result = edited(list, {{"/a", kept}});
  CHECK(result.text == "a:\n- path: /one  # first\n  value: 1\n# third is next\n- path: /three  # third\n- path: /four\n");
  CHECK_FALSE(result.is_rewritten);
  const std::string map =
      "env:\n- name: ROLE  # note\n  valueFrom: # why\n    configMapKeyRef: {name: a}  # where\n- name: X # x\n  value: z\n";
  const json changed = json::parse(R"([{"name": "ROLE", "value": "standby"}, {"name": "X", "value": "z"}])");
  CHECK(edited(map, {{"/env", changed}}).text == "env:\n- name: ROLE  # note\n  value: standby\n- name: X # x\n  value: z\n");
  const auto ends = edited("- name: a\n  op: b\n- name: c", {{"", json::parse(R"([{"name": "a"}])")}});
  CHECK(ends.text == "- name: a\n");
}

TEST_CASE("what had comments and is put in one line counts as written anew") {
  CHECK(edited("a:\n- path: /one # gone\n- path: /two # gone too\n", {{"/a", json::parse(R"([{"path": "/two"}])")}}).is_rewritten);
  CHECK_FALSE(edited("a:\n- path: /one\n- path: /two\n", {{"/a", json::parse(R"([{"path": "/two"}])")}}).is_rewritten);
}

TEST_CASE("JSON stays JSON") {
  const std::string text = "{\n  \"a\": {\"b\": 1},\n  \"c\": [\"d\"]\n}\n";
  const auto result = edited(text, {{"/a/e", "f"}, {"/c/-", {{"g", true}}}});
  CHECK(result.text == "{\n  \"a\": {\"b\": 1, \"e\": \"f\"},\n  \"c\": [\"d\", {\"g\": true}]\n}\n");
  CHECK_FALSE(parse_json(result.text).is_discarded());
  CHECK(edited("{\"a\": 1}{\"a\": 2}", {{"/a", 3}}, 1).text == "{\"a\": 1}{\"a\": 3}");
}

TEST_CASE("a document with aliases is written anew where nothing else will do, and the others stay") {
  const auto result = edited("# first\na: 1\n---\nx: &x {b: 1} # gone\nxx: *x\n---\n# last\na: 2\n", {{"/xx/b", 2}}, 1);
  CHECK(result.is_rewritten);
  CHECK(result.text == "# first\na: 1\n---\nx:\n  b: 1\nxx:\n  b: 2\n---\n# last\na: 2\n");
  CHECK_FALSE(edited("x: &x {b: 1}\nxx: *x\nz: 1 # stays\n", {{"/z", 2}}).is_rewritten);
}

TEST_CASE("a document that is not there is an error") {
  const yaml::Source source{.name = "input.yaml", .text = "a: 1\n"};
  CHECK_FALSE(yaml::edit(source, 1, 2));
}
