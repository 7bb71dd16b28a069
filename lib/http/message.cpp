#include "http/message.hpp"

#include <curl/curl.h>
#include <chrono>

namespace fedctl::http {

time::Instant Response::date() const {
  const std::time_t seconds = curl_getdate(header("date").c_str(), nullptr);
  return seconds < 0 ? std::chrono::system_clock::now() : time::instant_of(seconds);
}

}  // namespace fedctl::http
