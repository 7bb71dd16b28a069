#pragma once

#include "base/task.hpp"
#include "failover/site.hpp"

#include <functional>
#include <memory>
#include <string>

namespace fedctl::guard {

/// Stands beside a guard: while its side is the active one, commits wait for the standbys as the policy says, and with syncWhileClose no
/// longer do when too few are near. What the state promises is taken back before, so while the state cannot be written they go on waiting.
class SynchronousKeeper {
 public:
  using Tell = std::function<void(const std::string&)>;
  SynchronousKeeper(failover::Site& site, std::string side, Tell tell);
  ~SynchronousKeeper();
  SynchronousKeeper(const SynchronousKeeper&) = delete;
  SynchronousKeeper& operator=(const SynchronousKeeper&) = delete;

  /// Until the loop is interrupted; at once where the policy says nothing of it.
  Task<Done> keep();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedctl::guard
