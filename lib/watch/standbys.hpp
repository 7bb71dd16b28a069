#pragma once

#include "data/standing.hpp"
#include "exporter/metrics.hpp"
#include "failover/site.hpp"
#include "failover/state.hpp"

#include <map>
#include <optional>
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

/// How the databases of the other sides stood when they were last looked at; nothing of one that did not answer.
using Standbys = std::map<std::string, std::optional<data::Standing>>;

/// Tells the metrics the lag of those that stand by, and fences what was left behind and came back as a primary of its own while the active
/// one, which is on a later timeline, was `seen` just now.
Task<std::vector<Finding>> judge_standbys(failover::Site& site, Standbys standbys, failover::LastSeen seen, StandbyOptions options,
                                          exporter::Metrics& metrics);

}  // namespace fedctl::watch
