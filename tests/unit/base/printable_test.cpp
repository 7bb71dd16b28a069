#include "base/printable.hpp"

#include "base/error.hpp"
#include "base/yaml.hpp"
#include "kube/object.hpp"
#include "support.hpp"

using namespace fedctl;

TEST_CASE("what steers a terminal, breaks its line or reorders it is written out") {
  CHECK(text::printable("a\x1b[31mb\a\x7f") == "a\\u001b[31mb\\u0007\\u007f");
  CHECK(text::printable("a\nb\r\tc") == "a\\nb\\r\\tc");
  CHECK(text::printable(std::string("a\0b", 3)) == "a\\u0000b");
  CHECK(text::printable("\xC2\x9B"
                        "31m") == "\\u009b31m");
  CHECK(text::printable("\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\x8F") == "\\u202e\\u2066\\u200f");
  CHECK(text::printable("\xE2\x80\xA8\xE2\x80\xA9") == "\\u2028\\u2029");
  CHECK(text::printable("tokyo\u200B-a\u00ADb\u2060") == "tokyo\\u200b-a\\u00adb\\u2060");
  CHECK(text::printable("東京 é 😀") == "東京 é 😀");
}

TEST_CASE("what is no UTF-8 becomes U+FFFD, and hides nothing that follows it") {
  const std::string mark = "\xEF\xBF\xBD";
  CHECK(text::printable("\x9b") == mark);
  CHECK(text::printable("\xC0\x9B") == mark + mark);
  CHECK(text::printable("\xE0\x80\x9B") == mark);
  CHECK(text::printable("\xED\xA0\x80") == mark);
  CHECK(text::printable("\xE2\x80") == mark);
  CHECK(text::printable("\xE2\x1b") == mark + "\\u001b");
}

TEST_CASE("a text of several lines keeps them") { CHECK(text::printable_lines("a\nb\r\tc") == "a\nb\\r\tc"); }

TEST_CASE("a long line is cut in its middle, between characters, and says by how much") {
  CHECK(text::shortened("abc", 3) == "abc");
  CHECK(text::shortened(std::string(100, 'a'), 8) == "aaaaaa...(92 more characters)...aa");
  const std::string cut = text::shortened("東東東東東東東東東東東東", 10);
  CHECK(text::printable(cut) == cut);
}

TEST_CASE("an error is one line, whatever is in it, and no longer than a person reads") {
  const Error error{Code::rejected, "no\n+ create all\x1b[2K", "a\rb:1", "to\x07kyo", "Pod a\nb", "do\tit"};
  CHECK(describe(error) == "a\\rb:1: cluster to\\u0007kyo: Pod a\\nb: no\\n+ create all\\u001b[2K; do\\tit");
  CHECK(describe({.message = std::string(100'000, 'x')}).size() < 5000);
  CHECK(kube::to_string({"", "Pod", "a\n", "b\x1b"}) == "Pod a\\n/b\\u001b");
}

TEST_CASE("YAML writes out what steers a terminal, and is read back as it was") {
  for (const std::string text : {"a\x1b[2Kb", "a\nb\x1b[2K\n", "\xC2\x9B",
                                 "a\xE2\x80\xAE"
                                 "b",
                                 "\x7f", "a\r\nb", "\xE2\x81\xA6😀"}) {
    const std::string yaml = yaml::emit(nlohmann::json{{text, {text}}});
    INFO(yaml);
    CHECK(text::printable_lines(yaml) == yaml);
    CHECK(support::json_of(yaml) == nlohmann::json{{text, {text}}});
  }
}
