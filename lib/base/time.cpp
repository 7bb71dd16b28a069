#include "base/time.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <utility>

namespace fedctl::time {
namespace {

/// Takes a number such as "1.5" off the front of `text`.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (problem != std::errc{} || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<double> take_unit(std::string_view& text) {
  constexpr std::array<std::pair<std::string_view, double>, 4> units{{{"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}}};
  for (const auto& [name, milliseconds] : units) {
    if (text.starts_with(name)) {
      text.remove_prefix(name.size());
      return milliseconds;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr double longest = 3.6e6 * 24 * 366 * 100;
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    if (text.empty() && total == 0) {
      if (*number * 1e3 > longest) return std::nullopt;
      return Duration{static_cast<Duration::rep>(*number * 1e3)};
    }
    const auto unit = take_unit(text);
    if (!unit) return std::nullopt;
    total += *number * *unit;
    if (total > longest) return std::nullopt;
  }
  return Duration{static_cast<Duration::rep>(total)};
}

std::string format_duration(Duration duration) {
  const auto milliseconds = duration.count();
  if (milliseconds < 1000) return fmt::format("{}ms", milliseconds);
  if (milliseconds < 60'000) {
    return milliseconds % 1000 == 0 ? fmt::format("{}s", milliseconds / 1000)
                                    : fmt::format("{:.1f}s", static_cast<double>(milliseconds) / 1000);
  }
  const auto seconds = milliseconds / 1000;
  std::string result;
  if (seconds >= 3600) result += fmt::format("{}h", seconds / 3600);
  if (seconds % 3600 >= 60) result += fmt::format("{}m", seconds % 3600 / 60);
  if (seconds % 60 != 0) result += fmt::format("{}s", seconds % 60);
  return result;
}

Instant instant_of(std::time_t seconds) {
  // The clock's nanoseconds last from 1677 to 2262.
  constexpr std::time_t year_1700 = -8520336000;
  constexpr std::time_t year_2200 = 7258118400;
  return std::chrono::system_clock::from_time_t(std::clamp(seconds, year_1700, year_2200));
}

std::optional<Instant> parse_instant(std::string_view text) {
  std::tm parts{};
  int offset_hours = 0;
  int offset_minutes = 0;
  int used = 0;
  const std::string copy{text};
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min,
                  &parts.tm_sec, &used) != 6) {
    return std::nullopt;
  }
  std::string_view rest = std::string_view{copy}.substr(static_cast<std::size_t>(used));
  if (rest.starts_with('.')) rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
  if (rest != "Z" && rest != "z") {
    const bool has_sign = rest.starts_with('+') || rest.starts_with('-');
    const bool is_read = std::sscanf(std::string{rest}.c_str(), "%3d:%2d%n", &offset_hours, &offset_minutes, &used) == 2;
    if (!has_sign || !is_read || rest.size() != 6 || used != 6) return std::nullopt;
    if (rest.starts_with('-')) offset_minutes = -offset_minutes;
  }
  const bool is_date = parts.tm_mon >= 1 && parts.tm_mon <= 12 && parts.tm_mday >= 1 && parts.tm_mday <= 31;
  const bool is_time =
      parts.tm_hour >= 0 && parts.tm_hour <= 23 && parts.tm_min >= 0 && parts.tm_min <= 59 && parts.tm_sec >= 0 && parts.tm_sec <= 60;
  if (!is_date || !is_time) return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return instant_of(timegm(&parts)) - std::chrono::hours{offset_hours} - std::chrono::minutes{offset_minutes};
}

std::string format_instant(Instant instant) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(instant);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                     parts.tm_min, parts.tm_sec);
}

}  // namespace fedctl::time
