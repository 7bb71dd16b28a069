#include "kube/quantity.hpp"

#include <array>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

namespace fedctl::kube {
namespace {

constexpr std::array<std::pair<std::string_view, long double>, 16> suffixes{{{"", 1.0L},
                                                                             {"n", 1e-9L},
                                                                             {"u", 1e-6L},
                                                                             {"m", 1e-3L},
                                                                             {"k", 1e3L},
                                                                             {"M", 1e6L},
                                                                             {"G", 1e9L},
                                                                             {"T", 1e12L},
                                                                             {"P", 1e15L},
                                                                             {"E", 1e18L},
                                                                             {"Ki", 0x1p10L},
                                                                             {"Mi", 0x1p20L},
                                                                             {"Gi", 0x1p30L},
                                                                             {"Ti", 0x1p40L},
                                                                             {"Pi", 0x1p50L},
                                                                             {"Ei", 0x1p60L}}};

}  // namespace

std::optional<long double> parse_quantity(std::string_view text) {
  const auto digits = text.find_first_not_of("+-.0123456789");
  std::string number{text.substr(0, digits)};
  std::string_view suffix = digits == std::string_view::npos ? std::string_view{} : text.substr(digits);
  // "1e3" and "1E3" are exponents, "1E" is a suffix.
  if (suffix.size() > 1 && (suffix[0] == 'e' || suffix[0] == 'E') &&
      suffix.find_first_not_of("+-0123456789", 1) == std::string_view::npos) {
    number = text;
    suffix = {};
  }
  if (number.find_first_of("0123456789") == std::string::npos) return std::nullopt;
  char* end = nullptr;
  const long double value = std::strtold(number.c_str(), &end);
  if (*end != '\0' || !std::isfinite(value)) return std::nullopt;
  for (const auto& [name, factor] : suffixes) {
    if (name == suffix) return value * factor;
  }
  return std::nullopt;
}

}  // namespace fedctl::kube
