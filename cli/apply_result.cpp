#include "cli/apply_result.hpp"

#include "base/text.hpp"
#include "cli/common.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::cli {

using apply::ClusterResult;
using nlohmann::json;
using Outcome = ClusterResult::Outcome;

std::string result_table(const std::vector<ClusterResult>& results) {
  std::vector<std::string> headings{"CLUSTER", "OUTCOME", "CREATED", "UPDATED", "DELETED", "UNCHANGED", "SKIPPED", "READY"};
  const bool went_back = std::ranges::any_of(results, [](const ClusterResult& result) { return result.restored > 0; });
  if (went_back) headings.emplace_back("RESTORED");
  std::vector<std::vector<std::string>> rows;
  for (const ClusterResult& result : results) {
    rows.push_back({result.cluster, std::string{to_string(result.outcome)}, std::to_string(result.created), std::to_string(result.updated),
                    std::to_string(result.deleted), std::to_string(result.unchanged), std::to_string(result.skipped),
                    result.waited_for == 0 ? "-" : fmt::format("{}/{}", result.ready, result.waited_for)});
    if (went_back) rows.back().push_back(std::to_string(result.restored));
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
                        {"unchanged", result.unchanged},
                        {"restored", result.restored},
                        {"skipped", result.skipped},
                        {"ready", result.ready},
                        {"waitedFor", result.waited_for},
                        {"errors", std::move(errors)}});
  }
  return {{"type", "result"}, {"apiVersion", "fedctl.io/v1alpha1"}, {"kind", "ApplyResult"}, {"clusters", std::move(clusters)}};
}

int exit_of(const std::vector<ClusterResult>& results, const std::vector<Error>& errors, const plan::Plan& plan) {
  const auto has = [&](Outcome outcome) { return static_cast<std::size_t>(std::ranges::count(results, outcome, &ClusterResult::outcome)); };
  if (has(Outcome::interrupted) > 0) return exit_interrupted;
  const auto bad = static_cast<std::size_t>(std::ranges::count_if(results, apply::is_failing));
  if (bad == results.size() && bad > 0) return exit_error;
  if (bad > 0 || has(Outcome::held) > 0 || plan.summary().unknown > 0 || !errors.empty() || !plan.errors.empty()) return exit_partial;
  return plan.summary().conflict > 0 ? exit_refused : exit_done;
}

void say_where_it_stands(const std::vector<ClusterResult>& results) {
  std::size_t skipped = 0;
  for (const ClusterResult& result : results) skipped += result.skipped;
  say(fmt::format("interrupted: what was sent is done, {} not begun; run the same apply again to go on\n", text::count(skipped, "change")));
}

}  // namespace fedctl::cli
