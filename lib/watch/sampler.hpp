#pragma once

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

  /// The last that was seen.
  const std::optional<failover::LastSeen>& seen() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedctl::watch
