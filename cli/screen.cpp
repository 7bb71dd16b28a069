#include "cli/screen.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::cli {
namespace {

/// Rows that lines take which were clipped to a terminal that has since become narrower, and wrapped them.
std::size_t rows_of(const std::vector<std::size_t>& widths, std::size_t columns) {
  std::size_t rows = 0;
  for (const std::size_t width : widths) rows += std::max<std::size_t>(1, (width + columns - 1) / columns);
  return rows;
}

}  // namespace

void Screen::draw(const std::vector<std::string>& lines) {
  const std::size_t width = terminal_width() - 1;
  const std::size_t room = terminal_height() - 1;
  const bool all_fit = lines.size() <= room;
  const std::size_t shown = all_fit ? lines.size() : room - 1;
  // In one write, so that nothing flickers.
  std::string output = back_to_top();
  drawn_.clear();
  const auto add = [&](std::string_view line) {
    const std::string shortened = clipped(text::printable(line), width);
    output += shortened + "\x1b[K\n";
    drawn_.push_back(text::width(shortened));
  };
  for (std::size_t i = 0; i < shown; ++i) add(lines[i]);
  if (!all_fit) add(fmt::format("... {} more lines", lines.size() - shown));
  output += "\x1b[J";
  std::fwrite(output.data(), 1, output.size(), stream_);
  std::fflush(stream_);
}

void Screen::erase() {
  if (!drawn_.empty()) fmt::print(stream_, "{}\x1b[J", back_to_top());
  std::fflush(stream_);
  drawn_.clear();
}

std::string Screen::back_to_top() const {
  return drawn_.empty() ? std::string{} : fmt::format("\x1b[{}A\r", rows_of(drawn_, terminal_width()));
}

}  // namespace fedctl::cli
