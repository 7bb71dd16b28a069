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
  std::FILE* stream_;
  std::size_t drawn_ = 0;
};

}  // namespace fedctl::cli
