#include "http/message.hpp"

#include <curl/curl.h>
#include <algorithm>
#include <chrono>
#include <memory>

namespace fedctl::http {

bool is_header_value(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

bool is_address(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> handle{curl_url(), &curl_url_cleanup};
  return curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
}

time::Instant Response::date() const {
  const std::time_t seconds = curl_getdate(header("date").c_str(), nullptr);
  return seconds < 0 ? std::chrono::system_clock::now() : time::instant_of(seconds);
}

}  // namespace fedctl::http
