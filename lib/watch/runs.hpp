#pragma once

#include "exporter/metrics.hpp"
#include "failover/engine.hpp"
#include "watch/event.hpp"
#include "watch/verdict.hpp"

#include <functional>
#include <string>

namespace fedctl::watch {

/// Was it begun by a watch? Then another one goes on with it.
bool is_of_watch(const failover::Run& run);

/// The runs that a watch makes, each told step by step. All block.
class Runs {
 public:
  using Tell = std::function<void(WatchEvent::Type, std::string)>;
  Runs(failover::Site& site, failover::RoleOptions roles, exporter::Metrics& metrics, Tell tell);

  /// Fails over from `active`. Errors: what the run was refused for, or failed with.
  Result<void> fail_over(const std::string& active, const Opinion& opinion);

  /// Goes on with a run that a watch began and did not finish, and tells so, or only what its steps do. Errors: likewise.
  enum class Tells { beginning, steps };
  Result<void> resume(const failover::Run& run, Tells tells);

  /// Tries what the last run owes again. Errors: of the step.
  Result<void> settle();

 private:
  failover::OnStep step_listener() const;
  Result<void> conclude(const Result<failover::Run>& run);

  failover::Site& site_;
  failover::RoleOptions roles_;
  exporter::Metrics& metrics_;
  Tell tell_;
};

}  // namespace fedctl::watch
