#include "plan/plan.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::plan {

std::string_view to_string(Action action) {
  switch (action) {
    case Action::create: return "create";
    case Action::update: return "update";
    case Action::remove: return "delete";
    case Action::unchanged: return "unchanged";
    case Action::conflict: return "conflict";
    case Action::unknown: break;
  }
  return "unknown";
}

std::string_view to_string(ClusterStatus status) {
  switch (status) {
    case ClusterStatus::ok: return "ok";
    case ClusterStatus::unknown: return "unknown";
    case ClusterStatus::error: break;
  }
  return "error";
}

Summary summary_of(const ClusterPlan& cluster) {
  Summary summary;
  for (const Change& change : cluster.changes) {
    switch (change.action) {
      case Action::create: ++summary.create; break;
      case Action::update: ++summary.update; break;
      case Action::remove: ++summary.remove; break;
      case Action::unchanged: ++summary.unchanged; break;
      case Action::conflict: ++summary.conflict; break;
      case Action::unknown: ++summary.unknown; break;
    }
  }
  return summary;
}

Summary Plan::summary() const {
  Summary total;
  std::vector<Summary> parts;
  if (host) parts.push_back(summary_of(*host));
  for (const ClusterPlan& cluster : clusters) parts.push_back(summary_of(cluster));
  for (const Summary& part : parts) {
    total.create += part.create;
    total.update += part.update;
    total.remove += part.remove;
    total.unchanged += part.unchanged;
    total.conflict += part.conflict;
    total.unknown += part.unknown;
  }
  return total;
}

std::size_t Plan::clusters_with(ClusterStatus status) const {
  return static_cast<std::size_t>(std::ranges::count(clusters, status, &ClusterPlan::status));
}

std::string summary_line(const Summary& summary) {
  return fmt::format("Plan: {} to create, {} to update, {} to delete; {} unchanged, {} in conflict, {} unknown.", summary.create,
                     summary.update, summary.remove, summary.unchanged, summary.conflict, summary.unknown);
}

}  // namespace fedctl::plan
