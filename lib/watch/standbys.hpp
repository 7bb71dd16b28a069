#pragma once

#include "exporter/metrics.hpp"
#include "failover/site.hpp"
#include "failover/state.hpp"

#include <string>
#include <vector>

namespace fedctl::watch {

/// Something about a side that is not the active one.
struct Finding {
  bool was_fenced = false;  ///< It came back as a primary, and takes no more writes; else it could not be made so.
  std::string text;
};

struct StandbyOptions {
  time::Duration patience{3'000};
  bool fences = true;
};

/// Looks at the sides that stand by: tells the metrics their lag, and fences what was left behind and came back as a primary of its own
/// while the active one, which is on a later timeline, was `seen` just now.
Task<std::vector<Finding>> look_at_standbys(failover::Site& site, failover::LastSeen seen, StandbyOptions options,
                                            exporter::Metrics& metrics);

}  // namespace fedctl::watch
