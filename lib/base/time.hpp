#pragma once

#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace fedctl::time {

using Duration = std::chrono::milliseconds;
using Instant = std::chrono::system_clock::time_point;

/// Go's spelling, as kubectl takes it: "300ms", "1.5s", "2m30s", "1h"; a bare number is seconds. Nothing if it is neither.
std::optional<Duration> parse_duration(std::string_view text);

/// "5s", "2m30s", "1.5s", "40ms".
std::string format_duration(Duration duration);

/// Seconds since 1970 as an Instant; dates past the year 2200, such as certificates' 9999-12-31, come out as 2200.
Instant instant_of(std::time_t seconds);

/// RFC 3339 in UTC or with an offset, fractions of seconds dropped.
std::optional<Instant> parse_instant(std::string_view text);
std::string format_instant(Instant instant);

}  // namespace fedctl::time
