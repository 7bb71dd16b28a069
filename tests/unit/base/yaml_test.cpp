#include "base/yaml.hpp"

#include "support.hpp"

#include <fmt/format.h>
#include <random>

using namespace fedctl;
using nlohmann::json;
using support::json_of;
using support::source;

namespace {

Error error_of(const std::string& text) {
  const auto parsed = yaml::parse(source(text));
  REQUIRE_FALSE(parsed);
  return parsed.error();
}

}  // namespace

TEST_CASE("a bare scalar means what kubectl says it means") {
  const auto [text, meaning] = GENERATE(table<std::string, std::string>({
      {"yes", "true"},
      {"on", "true"},
      {"y", "true"},
      {"True", "true"},
      {"No", "false"},
      {"off", "false"},
      {"n", "false"},
      {"FALSE", "false"},
      {"0o17", "15"},
      {"017", "15"},
      {"0x1F", "31"},
      {"0b11", "3"},
      {"1_000", "1000"},
      {"1e3", "1000"},
      {".5", "0.5"},
      {"1.", "1"},
      {"1.0", "1"},
      {"+1", "1"},
      {"-0x10", "-16"},
      {"08", "8"},
      {"6.02e23", "6.02e+23"},
      {"~", "null"},
      {"null", "null"},
      {"", "null"},
      {"9007199254740993", "9007199254740993"},
      {"12345678901234567890123", "1.2345678901234568e+22"},
      {"2026-11-22", "\"2026-11-22\""},
      {"12:30:45", "\"12:30:45\""},
      {"1.2.3", "\"1.2.3\""},
      {"-", "\"-\""},
      {"<<", "\"<<\""},
      {"web", "\"web\""},
      {"0x", "\"0x\""},
      {"-9223372036854775808", "-9223372036854775808"},
      {"18446744073709551615", "1.8446744073709552e+19"},
      {"0xFFFFFFFFFFFFFFFF", "1.8446744073709552e+19"},
      {"-0xFFFFFFFFFFFFFFFF", "\"-0xFFFFFFFFFFFFFFFF\""},
      {".5_5", "0.55"},
  }));
  CAPTURE(text);
  const auto value = yaml::resolve_plain(text);
  REQUIRE(value);
  CHECK(value->dump() == meaning);
}

TEST_CASE("a number that fits 64 bits stays an integer, a larger one becomes a double") {
  CHECK(json_of("a: 9007199254740993")["a"].is_number_integer());
  CHECK(json_of("a: 12345678901234567890123")["a"].is_number_float());
}

TEST_CASE("infinity and not-a-number are errors with their place") {
  const Error error = error_of("a: 1\nb: .inf\n");
  CHECK(error.place == "input.yaml:2:4");
  CHECK_THAT(error.message, Catch::Contains(".inf"));
}

TEST_CASE("quoted scalars and !!str are strings") {
  CHECK(json_of("{a: 'yes', b: \"1\", c: !!str 017}") == R"({"a": "yes", "b": "1", "c": "017"})"_json);
}

TEST_CASE("a duplicate key is an error that names both lines") {
  const Error error = error_of("spec:\n  replicas: 1\n  paused: true\n  replicas: 2\n");
  CHECK(error.place == "input.yaml:4:3");
  CHECK_THAT(error.message, Catch::Contains("\"replicas\"") && Catch::Contains("first in line 2"));
}

TEST_CASE("duplicate keys are found inside lists") {
  const Error error = error_of("items:\n- a: 1\n- b: 1\n  c: 2\n  b: 3\n");
  CHECK(error.place == "input.yaml:5:3");
  CHECK_THAT(error.message, Catch::Contains("first in line 3"));
}

TEST_CASE("what is no YAML is one error with file, line and column") {
  const std::string text = GENERATE("a: b: c\n", "a: [1, 2\n", "a:\n  - b\n c: d\n", "a: \"unfinished\n", "a: *nowhere\n", "a: &x [*x]\n",
                                    "a: \t- b\n\tc: d\n", "a: 1\nb\n", "- a\nb: c\n");
  CAPTURE(text);
  const Error error = error_of(text);
  CHECK(error.code == Code::invalid_input);
  CHECK_THAT(error.place, Catch::StartsWith("input.yaml:"));
}

TEST_CASE("what stands before << and differs from it is told, for kubectl reads it differently; two << are refused") {
  const auto parsed = yaml::parse(source("base: &base {k: 2, same: 1}\none:\n  k: 1\n  same: 1\n  !!merge <<: *base\n"));
  REQUIRE(parsed);
  CHECK(parsed->documents[0].value["one"] == R"({"k": 1, "same": 1})"_json);
  REQUIRE(parsed->warnings.size() == 1);
  CHECK_THAT(parsed->warnings[0], Catch::StartsWith("input.yaml:5:15: \"k\" stands before '<<'"));
  const Error error = error_of("a:\n  <<: {b: 1}\n  <<: {c: 1}\n");
  CHECK(error.place == "input.yaml:3:3");
  CHECK_THAT(error.message, Catch::Contains("stands twice"));
}

TEST_CASE("<< merges maps, and what stands in the map itself wins") {
  const json value = json_of("base: &base {a: 1, b: 2}\nother: &other {c: 3}\none: {<<: *base, b: 5}\ntwo: {<<: [*base, *other], d: 4}\n");
  CHECK(value["one"] == R"({"a": 1, "b": 5})"_json);
  CHECK(value["two"] == R"({"a": 1, "b": 2, "c": 3, "d": 4})"_json);
}

TEST_CASE("a small file whose aliases expand to gigabytes is refused") {
  std::string text = "a0: &a0 [" + std::string(100, 'x') + "]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 9; ++k) text += before + ", ";
    text += before + "]\n";
  }
  CHECK_THAT(error_of(text).message, Catch::Contains("64 MiB"));
}

TEST_CASE("what nests too deeply is refused at the level that is too deep, whatever comes after it") {
  std::string lists;
  std::string maps;
  for (int i = 0; i < 100'000; ++i) lists += "- ";
  for (int i = 0; i < 100'000; ++i) maps += "{a: ";
  const auto [text, place] = GENERATE_COPY(table<std::string, std::string>({
      {std::string(100'000, '['), "input.yaml:1:1001"},
      {lists, "input.yaml:1:2001"},
      {maps, "input.yaml:1:4001"},
      {"a: 1\n---\n" + std::string(16'000, '['), "input.yaml:3:1001"},
  }));
  const Error error = error_of(text);
  CHECK(error.place == place);
  CHECK_THAT(error.message, Catch::Contains("nested more than 1000 levels"));
  CHECK(yaml::parse(source(std::string(1000, '[') + std::string(1000, ']'))));
}

TEST_CASE("aliases do not nest more deeply than may be written") {
  std::string text = "- &a0 x\n";
  for (int i = 1; i < 5; ++i) text += fmt::format("- &a{} {}*a{}{}\n", i, std::string(400, '['), i - 1, std::string(400, ']'));
  const Error error = error_of(text);
  CHECK(error.place == "input.yaml:4:407");
  CHECK_THAT(error.message, Catch::Contains("nested more than 1000 levels"));
}

TEST_CASE("anchors within anchors are counted, for every one keeps a copy") {
  std::string text;
  for (int i = 0; i < 900; ++i) text += fmt::format("[&a{} ", i);
  text += "\"" + std::string(200'000, 'x') + "\"" + std::string(900, ']');
  CHECK_THAT(error_of(text).message, Catch::Contains("64 MiB"));
}

TEST_CASE("what aliases stand for is counted over all documents of a file") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "---\n- &a " + std::string(500'000, 'x') + "\n- *a\n";
  CHECK_THAT(error_of(text).message, Catch::Contains("64 MiB"));
}

TEST_CASE("documents are split at --- and ..., empty ones are left out") {
  const auto parsed = yaml::parse(source("# nothing\n---\na: 1\n...\n---\n---\nb: 2\n"));
  REQUIRE(parsed);
  REQUIRE(parsed->documents.size() == 2);
  CHECK(parsed->documents[0].value == R"({"a": 1})"_json);
  CHECK(parsed->documents[1].value == R"({"b": 2})"_json);
}

TEST_CASE("a byte order mark and CRLF line ends change nothing") {
  CHECK(json_of("\xEF\xBB\xBF"
                "a: x\r\nb: |\r\n  one\r\n  two\r\n") == R"({"a": "x", "b": "one\ntwo\n"})"_json);
}

TEST_CASE("JSON is read too, characters beyond the basic plane included") {
  CHECK(json_of(R"({"a": "\ud83d\ude00 \u00e9", "b": [1, null, true]})") == R"({"a": "😀 é", "b": [1, null, true]})"_json);
}

TEST_CASE("escapes of two units are those of JSON alone: between single quotes and in blocks they are text") {
  const auto good = yaml::parse(
      source("{\"a\": \"\\ud83d\\ude00\"}\n---\nb: '\\ud83d\\ude00'\n---\n{c: '\\ud83d\\ude00'}\n---\nd: |\n  \"\\ud83d\\ude00\"\n"
             "---\n{\"e\": \"\\\\ud83d\\\"\\ud83d\\ude00\"}\n"));
  INFO((good ? "" : describe(good.error())));
  REQUIRE(good);
  REQUIRE(good->documents.size() == 5);
  CHECK(good->documents[0].value["a"] == "😀");
  CHECK(good->documents[1].value["b"] == "\\ud83d\\ude00");
  CHECK(good->documents[2].value["c"] == "\\ud83d\\ude00");
  CHECK(good->documents[3].value["d"] == "\"\\ud83d\\ude00\"\n");
  CHECK(good->documents[4].value["e"] == "\\ud83d\"😀");
}

TEST_CASE("JSON documents may stand back to back, as jq and kubectl print them, and each knows its place") {
  const std::string text =
      "{\"a\": \"é }{\"}{\"b\": 1}\n{\n  \"c\": {\"d\": 2}\n}  {\"e\": 3}\n---\nf: 4\n---\n{\"g\": 5} {\"h\": \"\\ud83d\\ude00\"}\n";
  const support::TemporaryFolder folder;
  const auto path = folder.write("input.json", text);
  const bool is_kept = GENERATE(true, false);
  const auto parsed =
      is_kept ? yaml::parse(source(text)) : yaml::parse(std::make_shared<const yaml::Source>(yaml::Source{"input.yaml", "", path}));
  INFO((parsed ? "" : describe(parsed.error())));
  if (!is_kept) {
    // Escapes of two units need the text.
    CHECK(parsed.error().place == "input.yaml:8:19");
    return;
  }
  REQUIRE(parsed);
  REQUIRE(parsed->documents.size() == 7);
  CHECK(parsed->documents[0].value == json{{"a", "é }{"}});
  CHECK(parsed->documents[6].value == json{{"h", "😀"}});
  CHECK(yaml::place_of(parsed->documents[1]) == "input.yaml:1:14");
  CHECK(yaml::place_of(parsed->documents[1], "/b") == "input.yaml:1:15");
  CHECK(yaml::place_of(parsed->documents[2], "/c/d") == "input.yaml:3:9");
  CHECK(yaml::place_of(parsed->documents[3]) == "input.yaml:4:4");
  CHECK(yaml::place_of(parsed->documents[4], "/f") == "input.yaml:6:1");
}

TEST_CASE("ten thousand JSON documents back to back are read one after the other") {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += fmt::format("{{\"a\": {}}}{}", i, i % 3 == 0 ? "\n" : "");
  const auto parsed = yaml::parse(source(text));
  REQUIRE(parsed);
  REQUIRE(parsed->documents.size() == 10'000);
  CHECK(parsed->documents.back().value == json{{"a", 9'999}});
}

TEST_CASE("only JSON documents stand back to back") {
  const std::string text = GENERATE("{a: 1}, {b: 2}\n", "{a: 1}}\n", "[1]{b: 2}\n", "x\n{b: 2}\n", "{a: 1}\n[2]\n");
  CAPTURE(text);
  CHECK_THAT(error_of(text).message, Catch::Contains("no YAML"));
}

TEST_CASE("a bare n or y as a key is read as kubectl reads it, with a warning") {
  const auto parsed = yaml::parse(source("n: 1\n"));
  REQUIRE(parsed);
  CHECK(parsed->documents.front().value == R"({"false": 1})"_json);
  REQUIRE(parsed->warnings.size() == 1);
  CHECK_THAT(parsed->warnings.front(), Catch::StartsWith("input.yaml:1:1"));
}

TEST_CASE("text that is no UTF-8, or no text, is an error at its own line and column") {
  const auto [text, place] = GENERATE(table<std::string, std::string>({{"a: \"\xff\xfe\"\n", "input.yaml:1:5"},
                                                                       {"a: b\n# \u00e9\nc: caf\xe9\n", "input.yaml:3:7"},
                                                                       {std::string(70'000, '\n') + "a: \x01\n", "input.yaml:70001:4"},
                                                                       {"{\"a\": 1}{\"b\":\n \"\xe9\"}", "input.yaml:2:4"}}));
  const support::TemporaryFolder folder;
  CHECK(error_of(text).place == place);
  const auto kept_apart = std::make_shared<const yaml::Source>(yaml::Source{"input.yaml", "", folder.write("input.yaml", text)});
  CHECK(yaml::parse(kept_apart).error().place == place);
}

TEST_CASE("place_of finds values in any document, or their nearest ancestor") {
  const auto parsed = yaml::parse(source("a: 1\n---\nspec:\n  list:\n  - name: x\n  - name: y\n    value: 1\n"));
  REQUIRE(parsed);
  const yaml::Document& second = parsed->documents[1];
  CHECK(yaml::place_of(second) == "input.yaml:3:1");
  CHECK(yaml::place_of(second, "/spec/list/1/value") == "input.yaml:7:5");
  CHECK(yaml::place_of(second, "/spec/list/1/missing/below") == "input.yaml:6:5");
}

TEST_CASE("every value of every document has its place: that of its key, or its own in a list") {
  const std::string text =
      "kind: List\n---\nmetadata: {items: [1]}\nitems:\n- a: {items: [x, y]}\n- [1, [2]]\n- text\n-\n- &anchor {b: 1}\n- *anchor\nother: "
      "[1, 2]\n"
      "---\n{\"items\": [{\"a\": 1}, {}], \"kind\": \"List\"}\n";
  const auto parsed = yaml::parse(source(text));
  REQUIRE(parsed);
  const auto place = [&](std::size_t document, const std::string& pointer) { return yaml::place_of(parsed->documents[document], pointer); };
  CHECK(place(0, "/items/0") == "input.yaml:1:1");
  CHECK(place(1, "/metadata/items/0") == "input.yaml:3:20");
  CHECK(place(1, "/items/0/a/items/1") == "input.yaml:5:18");
  CHECK(place(1, "/items/1/1/0") == "input.yaml:6:8");
  CHECK(place(1, "/items/2") == "input.yaml:7:3");
  CHECK(place(1, "/items/3") == "input.yaml:8:2");
  CHECK(place(1, "/items/4/b") == "input.yaml:9:12");
  CHECK(place(1, "/items/5/b") == "input.yaml:10:3");
  CHECK(place(1, "/items/6") == "input.yaml:4:1");
  CHECK(place(1, "/items/01") == place(1, "/items/1"));
  CHECK(place(1, "/other/1") == "input.yaml:11:12");
  CHECK(place(2, "/items/1") == "input.yaml:13:22");
}

TEST_CASE("all places of a source are found in one reading of it") {
  const support::TemporaryFolder folder;
  const auto path = folder.write("big.yaml", "a: 1\nb: 2\n");
  const auto parsed = yaml::parse(std::make_shared<const yaml::Source>(yaml::Source{"big.yaml", "", path}));
  REQUIRE(parsed);
  CHECK(yaml::place_of(parsed->documents[0], "/a") == "big.yaml:1:1");
  std::filesystem::remove(path);
  CHECK(yaml::place_of(parsed->documents[0], "/b") == "big.yaml:2:1");
}

TEST_CASE("a key with a tilde or a slash has its place, and what is no pointer has that of the document") {
  const auto parsed = yaml::parse(source("a:\n  x~2/y: 1\n"));
  REQUIRE(parsed);
  CHECK(yaml::place_of(parsed->documents[0], "/a/x~02~1y") == "input.yaml:2:3");
  CHECK(yaml::place_of(parsed->documents[0], "/a/x~2") == "input.yaml:1:1");
  CHECK(error_of("a~b:\n  c~: 1\n  c~: 2\n").place == "input.yaml:3:3");
}

TEST_CASE("a file that is not kept is read as it is parsed, and again for places") {
  const support::TemporaryFolder folder;
  const auto path = folder.write("big.yaml", "a: 1\n---\nspec:\n  name: x\n");
  const auto parsed = yaml::parse(std::make_shared<const yaml::Source>(yaml::Source{"big.yaml", "", path}));
  REQUIRE(parsed);
  REQUIRE(parsed->documents.size() == 2);
  CHECK(yaml::place_of(parsed->documents[1], "/spec/name") == "big.yaml:4:3");
  folder.write("big.yaml", "a: 1\n---\nspec: {name: x, name: y}\n");
  CHECK(yaml::parse(std::make_shared<const yaml::Source>(yaml::Source{"big.yaml", "", path})).error().place == "big.yaml:3:17");
  const auto missing = yaml::parse(std::make_shared<const yaml::Source>(yaml::Source{"none.yaml", "", "/nonexistent/none.yaml"}));
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().message, Catch::Contains("cannot be read"));
}

TEST_CASE("what emit writes is read back as the same, strings that look like something else included") {
  const std::string text = GENERATE("yes", "1e3", "0x1F", "null", "~", "", " leading", "trailing ", "a: b", "a #b", "- a", "? x", "x:", "'",
                                    "\"", "\\", "two\nlines", "two\nlines\n", "\n", "\n\nx", "keep\n\n", "  indented\nless", "tab\tinside",
                                    "a\t\nb", "line \nblank", "\x01", "\x7f", "é", "東京", "\xC2\x85", "\xE2\x80\xA8x", "\xEF\xBB\xBFx",
                                    "*a", "&a", "!x", "%x", "@x", "`x", "{", "[", "]", "#", "|", ">", "=", "<<", "...", "---", "--- a",
                                    "2026-11-22", "12:30", ".inf", "1_0", "+", "-", ".", "0b", "\r\n", "a\r\nb", ", x");
  CAPTURE(text);
  const json value{{"key", text}, {text.empty() ? "k" : text, {text, json{{"nested", text}}}}};
  CHECK(json_of(yaml::emit(value)) == value);
}

TEST_CASE("emit and parse agree on random values") {
  std::minstd_rand random{GENERATE(1u, 2u, 3u, 4u, 5u)};
  const std::string alphabet = " \n\t\"'\\:#-?[]{}&*!|>%@`,=<~.0123456789xeyYnNotrufalse_+/";
  const auto any_string = [&] {
    std::string text;
    for (std::size_t n = random() % 9; n > 0; --n) text += alphabet[random() % alphabet.size()];
    return text;
  };
  std::function<json(int)> any_value = [&](int depth) -> json {
    switch (random() % (depth > 0 ? 8 : 6)) {
      case 0: return any_string();
      case 1: return static_cast<std::int64_t>(random()) - 1'000'000;
      case 2: return static_cast<double>(random()) / 7.0;
      case 3: return random() % 2 == 0;
      case 4: return nullptr;
      case 5: return random() % 2 == 0 ? json::array() : json::object();
      case 6: {
        json list = json::array();
        for (std::size_t n = random() % 4; n > 0; --n) list.push_back(any_value(depth - 1));
        return list;
      }
      default: {
        json map = json::object();
        for (std::size_t n = random() % 4; n > 0; --n) map[any_string()] = any_value(depth - 1);
        return map;
      }
    }
  };
  for (int i = 0; i < 400; ++i) {
    const json value{{"root", any_value(4)}};
    const std::string text = yaml::emit(value);
    CAPTURE(text);
    REQUIRE(json_of(text) == value);
  }
}

TEST_CASE("bytes that are no UTF-8 are replaced where a value is emitted") {
  const json value{{"root", {"caf\xE9", "\xE9\x7F", std::string{"\xE9\xC2\x85", 3}}}};
  CHECK_NOTHROW(json_of(yaml::emit(value)));
}

TEST_CASE("characters that YAML readers refuse or drop are escaped where a value is emitted") {
  const std::string special = GENERATE("\x7F", "\xC2\x80", "\xC2\x84", "\xC2\x85", "\xC2\x9F", "\xE2\x80\xA8", "\xE2\x80\xA9",
                                       "\xEF\xBB\xBF", "\xEF\xBF\xBE", "\xEF\xBF\xBF");
  const json value{{"a" + special, {special, "x" + special + "\xF0\x9F\x98\x80", special + "\nb\n", "b\n" + special}}};
  const std::string text = yaml::emit(value);
  CAPTURE(text);
  CHECK(text.find(special) == std::string::npos);
  CHECK(json_of(text) == value);
}
