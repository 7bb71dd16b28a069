#pragma once

#include "drill/write_gap.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace fedctl::drill {

/// Writes to every side's database every 100 ms, each from a thread and over a session of its own, until it is taken down. What it writes
/// leaves nothing behind.
class Prober {
 public:
  /// `connections`: a connection string by side.
  explicit Prober(const std::map<std::string, std::string>& connections);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  /// Every try so far, in no order.
  std::vector<Write> writes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedctl::drill
