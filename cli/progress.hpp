#pragma once

#include "apply/apply.hpp"
#include "cli/terminal.hpp"

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace fedctl::cli {

/// Shows an apply's events on standard error: on a terminal one line a cluster, redrawn in place; elsewhere a line an event.
class Progress {
 public:
  Progress(std::vector<std::string> clusters, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void take(const apply::Event& event);

 private:
  struct Line {
    std::size_t total = 0;
    std::size_t applied = 0;
    std::string state = "waiting to begin";
    std::chrono::steady_clock::time_point spoke = {};  ///< When its last line was printed.
  };
  void print_line(const apply::Event& event);
  void redraw();
  void erase();

  std::vector<std::string> clusters_;
  std::map<std::string, Line> lines_;
  bool quiet_;
  bool in_place_;
  std::size_t drawn_ = 0;
};

}  // namespace fedctl::cli
