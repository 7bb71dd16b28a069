#include "base/encoding.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/gate.hpp"
#include "base/spill.hpp"
#include "base/task.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

#include "support.hpp"

#include <sys/stat.h>
#include <algorithm>

using namespace fedctl;

TEST_CASE("an error is described in one line: place, cluster, object, message, hint") {
  const Error error{Code::rejected, "no", "a.yaml:1:2", "tokyo", "Deployment p/web", "do this"};
  CHECK(describe(error) == "a.yaml:1:2: cluster tokyo: Deployment p/web: no; do this");
}

TEST_CASE("base64 goes there and back, and what is none is refused") {
  const std::string text = GENERATE("", "a", "ab", "abc", std::string("\0\xff", 2));
  CHECK(encoding::from_base64(encoding::to_base64(text)) == text);
  CHECK_FALSE(encoding::from_base64("no base64!"));
  CHECK_FALSE(encoding::from_base64("abc"));
  CHECK(encoding::from_base64("YW\nJj") == "abc");
}

TEST_CASE("sha256 is SHA-256") { CHECK(encoding::sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); }

TEST_CASE("UTF-8 is told from what only looks like it") {
  CHECK(encoding::is_utf8("é東😀"));
  CHECK_FALSE(encoding::is_utf8("\xC0\x80"));      // overlong
  CHECK_FALSE(encoding::is_utf8("\xED\xA0\x80"));  // a surrogate
  CHECK_FALSE(encoding::is_utf8("\xE6\x9D"));      // cut
}

TEST_CASE("durations are written as in Go") {
  using std::chrono::milliseconds;
  CHECK(time::parse_duration("1.5s") == milliseconds{1500});
  CHECK(time::parse_duration("2m30s") == milliseconds{150'000});
  CHECK(time::parse_duration("30") == milliseconds{30'000});
  for (const char* bad : {"", "x", "5 s", "-1s", "1x", "s"}) CHECK_FALSE(time::parse_duration(bad));
  CHECK(time::format_duration(milliseconds{150'000}) == "2m30s");
  CHECK(time::format_duration(milliseconds{40}) == "40ms");
}

TEST_CASE("RFC 3339 instants are read with their offset") {
  CHECK(time::parse_instant("2026-11-22T12:30:45Z") == time::parse_instant("2026-11-22T21:30:45.123+09:00"));
  CHECK(time::format_instant(*time::parse_instant("2026-11-22T12:30:45Z")) == "2026-11-22T12:30:45Z");
  for (const char* text : {"yesterday", "2026-11-22T12:30:45", "2026-13-22T12:30:45Z", "2026-11-22T24:30:45Z", "2026-11-22T12:30:45 09:00",
                           "2026-11-22T12:30:45+09:00x", "2026-11-22T12:30:45+0900"})
    CHECK_FALSE(time::parse_instant(text));
}

TEST_CASE("instants and durations that no clock can hold are bounded or refused") {
  for (const char* text : {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "-999-01-01T00:00:00Z"}) {
    CAPTURE(text);
    const auto instant = time::parse_instant(text);
    REQUIRE(instant);
    CHECK(*instant >= time::instant_of(-8520336000));
    CHECK(*instant <= time::instant_of(7258118400));
  }
  CHECK_FALSE(time::parse_duration("99999999999999999999999999"));
  CHECK_FALSE(time::parse_duration("99999999999999999999999999h"));
}

TEST_CASE("the nearest word is guessed only when it is near") {
  const std::vector<std::string> words{"deployments", "services"};
  CHECK(text::nearest("deploymnets", words) == "deployments");
  CHECK_FALSE(text::nearest("ingresses", words));
  // Two letters that changed places are one slip.
  CHECK(text::nearest("abdc", std::vector<std::string>{"abcd"}) == "abcd");
  CHECK(text::nearest("badc", std::vector<std::string>{"abcd"}) == "abcd");
  CHECK(text::did_you_mean("servces", words) == ", did you mean 'services'?");
}

TEST_CASE("East Asian characters are two columns wide") { CHECK(text::width("東京 a") == 6); }

TEST_CASE("a file is replaced in one step, with the mode asked for") {
  const support::TemporaryFolder folder;
  const auto path = folder.path() / "new" / "secret.json";
  REQUIRE(file::write_atomically(path, "one", file::privately));
  REQUIRE(file::write_atomically(path, "two", file::privately));
  CHECK(file::read(path) == "two");
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(std::distance(std::filesystem::directory_iterator{path.parent_path()}, {}) == 1);
}

TEST_CASE("a file that is not there is an error with the system's reason") {
  const auto content = file::read("/nowhere/at/all");
  REQUIRE_FALSE(content);
  CHECK_THAT(content.error().message, Catch::Contains("/nowhere/at/all") && Catch::Contains("No such file"));
}

TEST_CASE("a turnstile lets so many through at once, first come, first served, however many leave at once") {
  constexpr int many = 100'000;
  Turnstile turnstile{2};
  Gate gate;
  int inside = 0;
  int most = 0;
  std::vector<int> order;
  const auto go = [&](int number) -> Task<Done> {
    co_await turnstile.turn();
    order.push_back(number);
    most = std::max(most, ++inside);
    co_await gate.passage();
    --inside;
    turnstile.leave();
    co_return Done{};
  };
  std::vector<Task<Done>> tasks;
  for (int i = 0; i < many; ++i) {
    tasks.push_back(go(i));
    tasks.back().start();
  }
  CHECK(order == std::vector<int>{0, 1});
  gate.open();
  CHECK(most == 2);
  CHECK(order.size() == many);
  CHECK(std::ranges::is_sorted(order));
}

TEST_CASE("what is put aside comes back as it was") {
  const auto spill = Spill::create();
  REQUIRE(spill);
  const std::string binary("a\0b", 3);
  const auto first = spill->put(binary);
  const auto second = spill->put("");
  const auto third = spill->put(std::string(100'000, 'x'));
  CHECK(spill->get(*first) == binary);
  CHECK(spill->get(*second).empty());
  CHECK(spill->get(*third) == std::string(100'000, 'x'));
}

TEST_CASE("each occurrence is replaced once, and what replaces it is not looked at again") {
  const auto replaced = [](std::string in, std::string_view from, std::string_view to) {
    text::replace_all(in, from, to);
    return in;
  };
  CHECK(replaced("a-b-c", "-", "--") == "a--b--c");
  CHECK(replaced("aaaa", "aa", "a") == "aa");
  CHECK(replaced("abc", "x", "y") == "abc");
  CHECK(replaced("abc", "", "y") == "abc");
  CHECK(replaced("abab", "ab", "") == "");
}

TEST_CASE("replacing in a long text takes as long as the text is") {
  // Were the rest moved at each occurrence, this would take an hour.
  std::string text;
  for (int i = 0; i < 4'000'000; ++i) text += "token";
  text::replace_all(text, "token", "(hidden)");
  CHECK(text.size() == 4'000'000 * 8);
}
