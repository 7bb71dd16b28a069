#include "plan/drift.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::plan {
namespace {

void keep_drift(ClusterPlan& cluster) {
  std::erase_if(cluster.changes, [](const Change& change) { return change.action == Action::remove || change.release; });
  for (Change& change : cluster.changes) {
    if (change.action == Action::create) change.note = "missing: deleted, or never applied";
    if (change.action != Action::update) continue;
    std::erase_if(change.fields, [](const FieldChange& field) { return !field.drifted; });
    if (change.fields.empty()) change.action = Action::unchanged;
  }
}

}  // namespace

Plan drift_of(Plan plan) {
  plan.host.reset();
  for (ClusterPlan& cluster : plan.clusters) keep_drift(cluster);
  return plan;
}

std::string drift_line(const Summary& summary) {
  return fmt::format("Drift: {} changed, {} missing; {} as applied, {} in conflict, {} unknown.", text::count(summary.update, "object"),
                     summary.create, summary.unchanged, summary.conflict, summary.unknown);
}

}  // namespace fedctl::plan
