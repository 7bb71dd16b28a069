#pragma once

#include "apply/tally.hpp"
#include "cli/screen.hpp"
#include "http/loop.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace fedctl::cli {

/// Shows an apply's events on standard error: on a terminal one line a cluster with a bar, drawn again in place as time goes on;
/// elsewhere a line an event.
class Progress {
 public:
  /// Quiet: it only listens. Draws while `loop` runs.
  Progress(http::Loop& loop, std::vector<std::string> clusters, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void take(const apply::Event& event);

 private:
  using Instant = apply::Tally::Instant;
  struct Cluster {
    std::string name;
    apply::Tally tally = {};
    Instant spoke = {};  ///< When its last line was printed.
  };
  void print_line(const apply::Event& event, Cluster& cluster, Instant now) const;
  std::vector<std::string> lines(Instant now) const;
  std::vector<std::string> lines_of_many(Instant now, std::size_t rows) const;
  std::string line_of(const Cluster& cluster, Instant now) const;
  std::string sum(Instant now) const;

  http::Loop& loop_;
  std::vector<Cluster> clusters_;
  std::size_t longest_name_ = 0;
  bool quiet_;
  bool in_place_;
  std::string wave_;
  Screen screen_;
};

}  // namespace fedctl::cli
