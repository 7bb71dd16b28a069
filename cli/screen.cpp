#include "cli/screen.hpp"

#include "cli/terminal.hpp"

#include <fmt/format.h>

namespace fedctl::cli {

void Screen::draw(const std::vector<std::string>& lines) {
  const std::size_t width = terminal_width() - 1;
  const std::size_t room = terminal_height() - 1;
  const bool all_fit = lines.size() <= room;
  const std::size_t shown = all_fit ? lines.size() : room - 1;
  // In one write, so that nothing flickers.
  std::string text = drawn_ > 0 ? fmt::format("\x1b[{}A\r", drawn_) : std::string{};
  for (std::size_t i = 0; i < shown; ++i) text += fmt::format("{}\x1b[K\n", clipped(lines[i], width));
  if (!all_fit) text += clipped(fmt::format("... {} more lines", lines.size() - shown), width) + "\x1b[K\n";
  text += "\x1b[J";
  drawn_ = shown + (all_fit ? 0 : 1);
  std::fwrite(text.data(), 1, text.size(), stream_);
  std::fflush(stream_);
}

void Screen::erase() {
  if (drawn_ > 0) fmt::print(stream_, "\x1b[{}A\r\x1b[J", drawn_);
  std::fflush(stream_);
  drawn_ = 0;
}

}  // namespace fedctl::cli
