#include "kube/micro_time.hpp"

#include <fmt/format.h>
#include <chrono>

namespace fedctl::kube {

std::string format_micro_time(time::Instant instant) {
  std::string text = time::format_instant(std::chrono::floor<std::chrono::seconds>(instant));
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(instant.time_since_epoch()).count() % 1'000'000;
  if (text.ends_with('Z')) text.insert(text.size() - 1, fmt::format(".{:06}", microseconds));
  return text;
}

}  // namespace fedctl::kube
