#include "cli/terminal.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>

namespace fedctl::cli {
namespace {

bool wants_color() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view{term} == "dumb";
  return (no_color == nullptr || *no_color == '\0') && !dumb && is_terminal(STDOUT_FILENO);
}

/// Begins a colour in what a Style gives; no UTF-8 has this byte, so that nobody else's text can hold one.
constexpr char mark = '\xFF';
constexpr char plain = '0';

std::string_view sequence_of(char colour) {
  switch (colour) {
    case 'b': return "\x1b[1m";
    case 'f': return "\x1b[2m";
    case 'r': return "\x1b[31m";
    case 'g': return "\x1b[32m";
    case 'y': return "\x1b[33m";
    case plain: return "\x1b[0m";
    default: return "";
  }
}

winsize terminal_size() {
  winsize size{};
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 2) return size;
  }
  return {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
}

}  // namespace

std::string for_terminal(std::string_view text) {
  std::string result;
  while (true) {
    const auto next = text.find(mark);
    result += text::printable_lines(text.substr(0, next));
    if (next == std::string_view::npos) return result;
    const std::string_view sequence = next + 1 < text.size() ? sequence_of(text[next + 1]) : std::string_view{};
    result += sequence.empty() ? std::string_view{"\xEF\xBF\xBD"} : sequence;
    text.remove_prefix(next + (sequence.empty() ? 1 : 2));
  }
}

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

Style::Style(bool no_color) : on_(!no_color && wants_color()) {}

std::string Style::paint(char colour, std::string_view text) const {
  return on_ ? fmt::format("{0}{1}{2}{0}{3}", mark, colour, text, plain) : std::string{text};
}

std::string table(const std::vector<std::string>& headings, std::vector<std::vector<std::string>> rows) {
  constexpr std::size_t longest_cell = 1000;
  for (auto& row : rows) {
    for (std::string& cell : row) cell = text::shortened(cell, longest_cell);
  }
  std::vector<std::size_t> widths;
  for (const std::string& heading : headings) widths.push_back(text::width(heading));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], text::width(row[i]));
  }
  std::string result;
  const auto add = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - text::width(row[i]) + 3, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    result += line + '\n';
  };
  add(headings);
  for (const auto& row : rows) add(row);
  return result;
}

std::size_t terminal_width() { return terminal_size().ws_col; }

std::size_t terminal_height() { return terminal_size().ws_row; }

std::string clipped(std::string_view text, std::size_t columns) {
  std::string result;
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    while (i + length < text.size() && (static_cast<unsigned char>(text[i + length]) >> 6) == 2) ++length;
    const std::size_t wide = text::width(text.substr(i, length));
    if (used + wide + 1 > columns && i + length < text.size()) return result + "…";
    result += text.substr(i, length);
    used += wide;
    i += length;
  }
  return result;
}

}  // namespace fedctl::cli
