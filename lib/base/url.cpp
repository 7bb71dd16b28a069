#include "base/url.hpp"

#include <algorithm>

namespace fedctl::url {
namespace {

/// Where the host and what stands before it ("user:password@host:port") begin and end.
struct Authority {
  std::size_t begin;
  std::size_t end;
};

Authority authority_of(std::string_view url) {
  const auto scheme = url.find("://");
  std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  // "http:///host" is no URL, but libcurl and people take it for one.
  while (begin < url.size() && url[begin] == '/') ++begin;
  return {begin, std::min(url.find_first_of("/?#", begin), url.size())};
}

}  // namespace

bool is_http(std::string_view url) { return url.starts_with("http://") || url.starts_with("https://"); }

std::string without_password(std::string_view url) {
  const Authority authority = authority_of(url);
  const auto colon = url.find(':', authority.begin);
  if (colon == std::string_view::npos || colon >= authority.end) return std::string{url};
  auto at = url.substr(0, authority.end).rfind('@');
  // A password with a slash in it makes this no URL, but a message about that must not show it either.
  const std::string_view port = url.substr(colon + 1, authority.end - colon - 1);
  if (at == std::string_view::npos && port.find_first_not_of("0123456789") != std::string_view::npos) at = url.find('@', authority.end);
  if (at == std::string_view::npos || at < colon) return std::string{url};
  return std::string{url.substr(0, colon)} + ":(hidden)" + std::string{url.substr(at)};
}

std::string without_passwords(std::string_view text) {
  constexpr std::string_view ends{" \t\r\n\"'`<>,;"};
  std::string shown;
  while (true) {
    const auto mark = text.find("://");
    if (mark == std::string_view::npos) return shown + std::string{text};
    const auto before = text.substr(0, mark).find_last_of(ends);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::size_t end = std::min(text.find_first_of(ends, mark), text.size());
    shown += std::string{text.substr(0, begin)} + without_password(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
}

std::string origin_of(std::string_view url) { return std::string{url.substr(0, authority_of(url).end)}; }

std::string path_of(std::string_view url) { return std::string{url.substr(authority_of(url).end)}; }

}  // namespace fedctl::url
