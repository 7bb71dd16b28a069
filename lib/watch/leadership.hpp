#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "base/task_group.hpp"
#include "failover/candidacy.hpp"
#include "http/loop.hpp"

#include <functional>
#include <memory>

namespace fedctl::watch {

/// Does this process decide for a policy? Stands for that all the time, beside all that is watched.
class Leadership {
 public:
  /// Called after each try, with why it failed, if it did.
  using OnTry = std::function<void(const Result<Done>&)>;

  Leadership(http::Loop& loop, std::unique_ptr<failover::Candidacy> candidacy, OnTry on_try);
  Leadership(const Leadership&) = delete;
  Leadership& operator=(const Leadership&) = delete;

  /// From now on until `end`.
  void begin() { tasks_.start(keep()); }

  /// Nobody else can decide at this moment. To be asked before anything that only one may do.
  bool is_ours() const { return candidacy_->is_ours(); }

  /// Ends it and gives it back, within a second. Blocks; for what does not run on the loop. Once.
  void end();

 private:
  Task<Done> keep();
  Task<Done> stop();
  Task<Done> give_back();

  http::Loop& loop_;
  std::unique_ptr<failover::Candidacy> candidacy_;
  OnTry on_try_;
  bool is_ending_ = false;
  bool is_given_back_ = false;
  TaskGroup tasks_;
};

}  // namespace fedctl::watch
