#include "base/printable.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::text {
namespace {

struct Character {
  char32_t point = 0xFFFD;
  std::size_t length = 1;
  bool valid = false;
};

bool is_continuation(unsigned char byte) { return (byte & 0xC0u) == 0x80u; }

Character character_at(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {};
  char32_t point = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size() || !is_continuation(static_cast<unsigned char>(text[i]))) return {0xFFFD, i, false};
    point = (point << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  }
  const bool is_too_long = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  if (is_too_long || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {0xFFFD, length, false};
  return {point, length, true};
}

bool is_within(char32_t point, char32_t first, char32_t last) { return point >= first && point <= last; }

/// Steers a terminal, is not seen, or changes the order of what is read.
bool is_harmful(char32_t point) {
  return point < 0x20 || is_within(point, 0x7F, 0x9F) || point == 0xAD || point == 0x61C || is_within(point, 0x200B, 0x200F) ||
         is_within(point, 0x2028, 0x202E) || is_within(point, 0x2060, 0x206F) || point == 0xFEFF || is_within(point, 0xFFFE, 0xFFFF);
}

std::string written_out(char32_t point) {
  switch (point) {
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: return fmt::format("\\u{:04x}", static_cast<unsigned>(point));
  }
}

/// How much at the beginning is ASCII that stays as it is.
std::size_t plain_length(std::string_view text, bool keeps_lines) {
  const auto is_plain = [&](char c) { return (c >= 0x20 && c < 0x7F) || (keeps_lines && (c == '\n' || c == '\t')); };
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
}

std::string cleaned(std::string_view utf8, bool keeps_lines) {
  std::string result;
  result.reserve(utf8.size());
  while (!utf8.empty()) {
    const std::size_t plain = plain_length(utf8, keeps_lines);
    result += utf8.substr(0, plain);
    utf8.remove_prefix(plain);
    if (utf8.empty()) break;
    const Character next = character_at(utf8);
    const bool is_layout = next.point == '\n' || next.point == '\t';
    if (!next.valid) {
      result += "\xEF\xBF\xBD";
    } else if (is_harmful(next.point) && !(keeps_lines && is_layout)) {
      result += written_out(next.point);
    } else {
      result += utf8.substr(0, next.length);
    }
    utf8.remove_prefix(next.length);
  }
  return result;
}

/// Where a character begins, at or before `position`.
std::size_t beginning(std::string_view text, std::size_t position) {
  while (position > 0 && position < text.size() && is_continuation(static_cast<unsigned char>(text[position]))) --position;
  return position;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](unsigned char c) { return !is_continuation(c); }));
}

}  // namespace

std::string printable(std::string_view utf8) { return cleaned(utf8, false); }

std::string printable_lines(std::string_view utf8) { return cleaned(utf8, true); }

std::string shortened(std::string_view utf8, std::size_t columns) {
  const std::string line = printable(utf8);
  // A character takes at least one byte, so that counting bytes never cuts what would fit.
  if (line.size() <= columns || characters(line) <= columns) return line;
  const std::size_t tail = beginning(line, line.size() - columns / 4);
  const std::size_t head = beginning(line, columns - columns / 4);
  const std::string_view middle = std::string_view{line}.substr(head, tail - head);
  return fmt::format("{}...({} more characters)...{}", line.substr(0, head), characters(middle), line.substr(tail));
}

}  // namespace fedctl::text
