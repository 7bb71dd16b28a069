#include "base/url.hpp"

#include "support.hpp"

using namespace fedctl;

TEST_CASE("a URL is shown without its password") {
  CHECK(url::without_password("https://user:pw@host:6443/path") == "https://user:(hidden)@host:6443/path");
  CHECK(url::without_password("user:p@w@host") == "user:(hidden)@host");
  CHECK(url::without_password("http://user:p/w@host") == "http://user:(hidden)@host");
  CHECK(url::without_password("socks5://:pw@[::1]:1080") == "socks5://:(hidden)@[::1]:1080");
  CHECK(url::without_password("http:///user:pw@host") == "http:///user:(hidden)@host");
  for (const std::string same : {"https://host:6443/a@b", "https://user@host:1", "https://[::1]:6443", "host", "https://host/a:b@c", ""})
    CHECK(url::without_password(same) == same);
}

TEST_CASE("URLs within a text are shown without their passwords") {
  CHECK(url::without_passwords("Unsupported proxy scheme for 'gopher://u:p@h'") == "Unsupported proxy scheme for 'gopher://u:(hidden)@h'");
  CHECK(url::without_passwords("a http://u:p@h, then https://v:q@i/x") == "a http://u:(hidden)@h, then https://v:(hidden)@i/x");
  CHECK(url::without_passwords("no :// here and http://h:80/") == "no :// here and http://h:80/");
}

TEST_CASE("a URL is its origin and its path") {
  CHECK(url::origin_of("https://chat.example.com/hook/secret?a=b") == "https://chat.example.com");
  CHECK(url::path_of("https://chat.example.com/hook/secret?a=b") == "/hook/secret?a=b");
  CHECK(url::path_of("https://chat.example.com?a=b") == "?a=b");
  CHECK(url::path_of("https://chat.example.com") == "");
}
