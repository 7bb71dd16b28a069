#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fedctl::cli {

/// Characters of what a server says that are shown to a person, in a table or a report; the rest is cut off.
constexpr std::size_t longest_message = 4000;

/// What a person is given: all that would steer the terminal is written out, apart from line ends, tabs and the colours of a Style.
std::string for_terminal(std::string_view text);

/// Colours, or none: for standard output that is no terminal, NO_COLOR, --no-color and TERM=dumb.
class Style {
 public:
  explicit Style(bool no_color);
  std::string bold(std::string_view text) const { return paint('b', text); }
  std::string faint(std::string_view text) const { return paint('f', text); }
  std::string red(std::string_view text) const { return paint('r', text); }
  std::string green(std::string_view text) const { return paint('g', text); }
  std::string yellow(std::string_view text) const { return paint('y', text); }

 private:
  std::string paint(char colour, std::string_view text) const;
  bool on_;
};

/// Rows under headings, columns as wide as their widest cell, as kubectl prints them. Each cell becomes a printable line, without colours.
std::string table(const std::vector<std::string>& headings, std::vector<std::vector<std::string>> rows);

bool is_terminal(int descriptor);

/// Columns of the terminal at standard output or error; 80 where unknown.
std::size_t terminal_width();
/// Its rows; 24 where unknown.
std::size_t terminal_height();

/// The text, cut to `columns` with an ellipsis where it is longer.
std::string clipped(std::string_view text, std::size_t columns);

}  // namespace fedctl::cli
