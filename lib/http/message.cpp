#include "http/message.hpp"

#include <curl/curl.h>
#include <algorithm>
#include <chrono>

namespace fedctl::http {

bool is_header_value(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

time::Instant Response::date() const {
  const std::time_t seconds = curl_getdate(header("date").c_str(), nullptr);
  return seconds < 0 ? std::chrono::system_clock::now() : time::instant_of(seconds);
}

}  // namespace fedctl::http
