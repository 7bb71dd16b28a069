#include "cli/apply_result.hpp"

#include "base/text.hpp"
#include "cli/common.hpp"
#include "cli/print_plan.hpp"
#include "plan/shared_errors.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>

namespace fedctl::cli {

using apply::ClusterResult;
using nlohmann::json;
using Outcome = ClusterResult::Outcome;

std::string result_table(const std::vector<ClusterResult>& results) {
  std::vector<std::string> headings{"CLUSTER", "OUTCOME", "CREATED", "UPDATED", "DELETED", "UNCHANGED", "SKIPPED", "READY"};
  const bool went_back = std::ranges::any_of(results, [](const ClusterResult& result) { return result.restored > 0; });
  if (went_back) headings.emplace_back("RESTORED");
  const bool is_going = std::ranges::any_of(results, [](const ClusterResult& result) { return result.deleting > 0; });
  if (is_going) headings.emplace_back("DELETING");
  std::vector<std::vector<std::string>> rows;
  for (const ClusterResult& result : results) {
    rows.push_back({result.cluster, std::string{to_string(result.outcome)}, std::to_string(result.created), std::to_string(result.updated),
                    std::to_string(result.deleted), std::to_string(result.unchanged), std::to_string(result.skipped),
                    result.waited_for == 0 ? "-" : fmt::format("{}/{}", result.ready, result.waited_for)});
    if (went_back) rows.back().push_back(std::to_string(result.restored));
    if (is_going) rows.back().push_back(std::to_string(result.deleting));
  }
  return table(headings, rows);
}

json result_json(const std::vector<ClusterResult>& results) {
  json clusters = json::array();
  for (const ClusterResult& result : results) {
    json errors = json::array();
    for (const Error& error : result.errors)
      errors.push_back({{"code", to_string(error.code)}, {"object", error.object}, {"message", error.message}});
    clusters.push_back({{"name", result.cluster},
                        {"outcome", to_string(result.outcome)},
                        {"created", result.created},
                        {"updated", result.updated},
                        {"deleted", result.deleted},
                        {"deleting", result.deleting},
                        {"unchanged", result.unchanged},
                        {"restored", result.restored},
                        {"skipped", result.skipped},
                        {"uncertain", result.uncertain},
                        {"ready", result.ready},
                        {"waitedFor", result.waited_for},
                        {"errors", std::move(errors)}});
  }
  return {{"type", "result"}, {"apiVersion", "fedctl.io/v1alpha1"}, {"kind", "ApplyResult"}, {"clusters", std::move(clusters)}};
}

std::string question_of_apply(const plan::Plan& plan) {
  const std::size_t clusters = plan.clusters_with(plan::ClusterStatus::ok) + (plan.host ? 1 : 0);
  return fmt::format("Apply this to {}?", text::count(clusters, "cluster"));
}

std::string question_of_delete(const plan::Plan& plan) {
  std::size_t objects = 0;
  std::size_t let_go = 0;
  std::size_t clusters = 0;
  std::set<std::string> namespaces;
  for (const plan::ClusterPlan* cluster : parts_of(plan)) {
    const std::size_t before = objects + let_go;
    for (const plan::Change& change : cluster->changes) {
      if (change.release) ++let_go;
      if (change.action != plan::Action::remove) continue;
      ++objects;
      if (change.key.kind == "Namespace" && change.key.group.empty()) namespaces.insert(change.key.name);
    }
    if (objects + let_go > before) ++clusters;
  }
  std::string what = text::count(objects, "object");
  if (!namespaces.empty())
    what += fmt::format(", {} with all in {},", text::count(namespaces.size(), "namespace"), namespaces.size() == 1 ? "it" : "them");
  if (let_go > 0) what += fmt::format(" and leave {} running as nobody's,", text::count(let_go, "object"));
  return fmt::format("Delete {} from {}?", what, text::count(clusters, "cluster"));
}

void say_errors(const std::vector<ClusterResult>& results, const plan::Plan& plan, bool was_shown) {
  std::set<std::string> shown;
  for (const plan::ClusterPlan& cluster : plan.clusters) {
    for (const Error& error : cluster.errors) shown.insert(describe(in_cluster(error, cluster.name)));
  }
  std::vector<std::vector<Error>> left;
  for (const ClusterResult& result : results) {
    left.push_back(result.errors);
    std::erase_if(left.back(),
                  [&](const Error& error) { return was_shown && shown.contains(describe(in_cluster(error, result.cluster))); });
  }
  std::vector<plan::ClusterErrors> clusters;
  for (std::size_t i = 0; i < results.size(); ++i) clusters.push_back({results[i].cluster, left[i]});
  for (const Error& error : plan::shared_errors(clusters, results.size())) say(fmt::format("error: {}\n", describe(error)));
}

int exit_of(const std::vector<ClusterResult>& results, const std::vector<Error>& errors, const plan::Plan& plan) {
  const auto has = [&](Outcome outcome) { return static_cast<std::size_t>(std::ranges::count(results, outcome, &ClusterResult::outcome)); };
  if (has(Outcome::interrupted) > 0) return exit_interrupted;
  const auto bad = static_cast<std::size_t>(std::ranges::count_if(results, apply::is_failing));
  const bool is_there = std::ranges::any_of(results, apply::left_something);
  if (bad == results.size() && bad > 0 && has(Outcome::partial) == 0 && !is_there) return exit_error;
  if (bad > 0 || has(Outcome::held) > 0 || plan.summary().unknown > 0 || !errors.empty() || !plan.errors.empty()) return exit_partial;
  return plan.summary().conflict > 0 ? exit_refused : exit_done;
}

void say_where_it_stands(const std::vector<ClusterResult>& results) {
  std::size_t skipped = 0;
  for (const ClusterResult& result : results) skipped += result.skipped;
  say(fmt::format("interrupted: what was sent is done, {} not begun; run the same apply again to go on\n", text::count(skipped, "change")));
}

}  // namespace fedctl::cli
