#pragma once

#include "failover/guard_lease.hpp"
#include "failover/site.hpp"
#include "failover/state.hpp"

#include <memory>
#include <optional>
#include <string>

namespace fedctl::watch {

/// Looks at the active side's database again and again over one session, so that when it is gone it is known where its log was shortly
/// before. Looks ten times a second, or as often as the round trip allows where that takes longer.
class Sampler {
 public:
  Sampler(failover::Site& site, std::string cluster);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  /// Until `stop`; the task must be waited for before this is destroyed.
  Task<Done> run();
  void stop();

  /// Looks how the side's guard is: what is seen from now on has it. For a while at most.
  Task<Done> look_at_guard(time::Duration patience);

  /// How the guard was when it was last looked at, if it was.
  const std::optional<failover::GuardLease>& guard() const;

  /// The last that was seen.
  const std::optional<failover::LastSeen>& seen() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Does a look tell something that the one that was kept does not: another position or count, or a renewal of the guard?
bool is_news(const failover::LastSeen& seen, const std::optional<failover::LastSeen>& kept);

}  // namespace fedctl::watch
