#include "base/pointer.hpp"

#include "support.hpp"

using namespace fedctl;
using nlohmann::json;

TEST_CASE("keys are escaped in pointers, and come back as they were") {
  CHECK(pointer::below("/metadata/labels", "a/b~c") == "/metadata/labels/a~1b~0c");
  const std::vector<std::string> keys{"", "~1", "a/b", "~", "//", "0"};
  CHECK(pointer::parse(pointer::of(keys)) == keys);
}

TEST_CASE("what is no pointer is refused with the reason") {
  const auto [text, why] = GENERATE(table<std::string, std::string>({
      {"spec", "must start with '/'"},
      {"/a~b", "written ~0"},
      {"/~2", "written ~0"},
      {"/a/~", "written ~0"},
      {"/~", "written ~0"},
  }));
  CAPTURE(text);
  CHECK_FALSE(pointer::parse(text));
  CHECK_THAT(pointer::why_refused(text), Catch::Contains(why));
  CHECK(pointer::find(json{{"a", 1}}, text) == nullptr);
}

TEST_CASE("a pointer finds what is there, and nothing else") {
  const json value = R"({"a/b": [1, {"~": 2}], "s": "text"})"_json;
  CHECK(*pointer::find(value, "/a~1b/1/~0") == 2);
  CHECK(*pointer::find(value, "") == value);
  const std::string missing = GENERATE("/a", "/a~1b/2", "/a~1b/-", "/a~1b/01", "/a~1b/99999999999999999999999", "/a~1b/x", "/s/0", "/s/x");
  CAPTURE(missing);
  CHECK(pointer::find(value, missing) == nullptr);
}
