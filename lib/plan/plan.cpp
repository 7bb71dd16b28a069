#include "plan/plan.hpp"

#include "base/text.hpp"
#include "plan/shared_errors.hpp"

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

void make_unknown(Change& change, Code reason, std::string note) {
  change.action = Action::unknown;
  change.reason = reason;
  change.note = std::move(note);
  change.checked = false;
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

namespace {

/// With `unexplained` only of those that no error says more of.
std::map<Code, std::size_t> reasons_in(const Plan& plan, bool unexplained) {
  std::map<Code, std::size_t> reasons;
  const auto count = [&](const ClusterPlan& cluster) {
    for (const Change& change : cluster.changes) {
      const bool counts = change.action == Action::unknown && !(unexplained && is_explained(cluster, change));
      if (counts) ++reasons[change.reason.value_or(Code::internal)];
    }
  };
  if (plan.host) count(*plan.host);
  std::ranges::for_each(plan.clusters, count);
  return reasons;
}

}  // namespace

std::map<Code, std::size_t> Plan::unknown_reasons() const { return reasons_in(*this, false); }

std::string summary_line(const Summary& summary) {
  return fmt::format("Plan: {} to create, {} to update, {} to delete; {} unchanged, {} in conflict, {} unknown.", summary.create,
                     summary.update, summary.remove, summary.unchanged, summary.conflict, summary.unknown);
}

std::string unknown_line(const Plan& plan) {
  std::vector<std::string> parts;
  for (const auto& [reason, count] : reasons_in(plan, true)) parts.push_back(fmt::format("{} {}", count, to_string(reason)));
  return parts.empty() ? std::string{} : fmt::format("Unknown: {}.", text::join(parts, ", "));
}

}  // namespace fedctl::plan
