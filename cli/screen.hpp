#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

namespace fedctl::cli {

/// Lines of a terminal that are drawn again in place. They are clipped to its size as it is at that moment.
class Screen {
 public:
  explicit Screen(std::FILE* stream) : stream_(stream) {}
  void draw(const std::vector<std::string>& lines);
  /// Takes what was drawn away.
  void erase();

 private:
  std::string back_to_top() const;

  std::FILE* stream_;
  std::vector<std::size_t> drawn_;  ///< The width of each line that stands there.
};

}  // namespace fedctl::cli
