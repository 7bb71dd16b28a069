#include "base/yaml.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace fedctl::yaml {
namespace {

using nlohmann::json;

template <std::size_t Size>
bool is_one_of(std::string_view text, const std::array<std::string_view, Size>& words) {
  return std::ranges::find(words, text) != words.end();
}

constexpr std::array<std::string_view, 11> truths{"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
constexpr std::array<std::string_view, 11> falsehoods{"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> nulls{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 12> not_finite{".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf", "+.INF",
                                                      "-.inf", "-.Inf", "-.INF", ".nan",  ".NaN",  ".NAN"};

/// Go's strconv.ParseInt(text, 0, 64), and without a sign ParseUint: the prefix tells the base, a leading 0 means octal. What needs the
/// 64th bit becomes a float, as it does in kubectl.
std::optional<json> parse_integer(std::string_view text) {
  bool negative = false;
  const bool has_sign = !text.empty() && (text.front() == '+' || text.front() == '-');
  if (has_sign) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 1 && text.front() == '0') {
    const char mark = static_cast<char>(std::tolower(static_cast<unsigned char>(text[1])));
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    text.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  std::uint64_t magnitude = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (magnitude > most && !has_sign) return json(static_cast<double>(magnitude));
  if (magnitude > most + (negative ? 1 : 0)) return std::nullopt;
  return json(negative ? static_cast<std::int64_t>(~magnitude + 1) : static_cast<std::int64_t>(magnitude));
}

/// go-yaml's pattern: [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
  const auto skip_digits = [&text] {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(digits);
    return digits;
  };
  const auto skip_sign = [&text] {
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  };
  skip_sign();
  const std::size_t whole = skip_digits();
  std::size_t fraction = 0;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    fraction = skip_digits();
  }
  if (whole + fraction == 0) return false;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  skip_sign();
  return skip_digits() > 0 && text.empty();
}

/// A whole number that fits is an integer, as it is after kubectl's way through JSON text.
std::optional<json> from_double(const std::string& text) {
  const double value = std::strtod(text.c_str(), nullptr);
  if (!std::isfinite(value)) return json(text);
  constexpr double limit = 9223372036854775808.0;
  if (value == std::floor(value) && value >= -limit && value < limit) return json(static_cast<std::int64_t>(value));
  return json(value);
}

}  // namespace

std::optional<json> resolve_plain(std::string_view scalar) {
  if (is_one_of(scalar, nulls)) return json(nullptr);
  if (is_one_of(scalar, truths)) return json(true);
  if (is_one_of(scalar, falsehoods)) return json(false);
  if (is_one_of(scalar, not_finite)) return std::nullopt;
  const char first = scalar.front();
  const bool numeric = std::isdigit(static_cast<unsigned char>(first)) != 0 || first == '+' || first == '-' || first == '.';
  if (!numeric) return json(std::string{scalar});
  std::string plain{scalar};
  std::erase(plain, '_');
  if (const auto integer = parse_integer(plain)) return *integer;
  if (looks_like_float(plain)) return from_double(plain);
  return json(std::string{scalar});
}

}  // namespace fedctl::yaml
