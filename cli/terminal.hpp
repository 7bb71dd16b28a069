#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fedctl::cli {

/// Colours, or none: for standard output that is no terminal, NO_COLOR, --no-color and TERM=dumb.
class Style {
 public:
  explicit Style(bool no_color);
  std::string bold(std::string_view text) const { return paint("1", text); }
  std::string faint(std::string_view text) const { return paint("2", text); }
  std::string red(std::string_view text) const { return paint("31", text); }
  std::string green(std::string_view text) const { return paint("32", text); }
  std::string yellow(std::string_view text) const { return paint("33", text); }

 private:
  std::string paint(std::string_view code, std::string_view text) const;
  bool on_;
};

/// Rows under headings, columns as wide as their widest cell, as kubectl prints them. Cells must hold no colours.
std::string table(const std::vector<std::string>& headings, const std::vector<std::vector<std::string>>& rows);

bool is_terminal(int descriptor);

/// Columns of the terminal at standard output or error; 80 where unknown.
std::size_t terminal_width();
/// Its rows; 24 where unknown.
std::size_t terminal_height();

/// The text, cut to `columns` with an ellipsis where it is longer.
std::string clipped(std::string_view text, std::size_t columns);

}  // namespace fedctl::cli
