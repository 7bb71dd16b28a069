#include "watch/verdict.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace fedctl::watch {

Verdict::Verdict(failover::Health health) : health_(std::move(health)), results_(health_.checks.size()) {}

void Verdict::record(std::size_t check, std::optional<std::string> problem, time::Instant at, bool is_proof) {
  const failover::Check& rule = health_.checks[check];
  CheckResults& results = results_[check];
  results.asked = true;
  results.unknown.clear();
  results.proofs = problem && is_proof ? results.proofs + 1 : 0;
  if (problem) {
    if (results.failures == 0 && !results.bad) results.failing_since = at;
    results.successes = 0;
    ++results.failures;
    results.problem = std::move(*problem);
    if (results.failures >= rule.failure_threshold) results.bad = true;
  } else {
    results.failures = 0;
    ++results.successes;
    if (results.successes >= rule.success_threshold) results.bad = false;
  }
}

void Verdict::record_unknown(std::size_t check, std::string problem) { results_[check] = {.asked = true, .unknown = std::move(problem)}; }

Opinion Verdict::opinion(time::Instant now) const {
  Opinion opinion{.state = Opinion::State::well, .since = time::Instant::max()};
  std::map<std::string, time::Instant> signals;
  bool all_asked = true;
  std::optional<time::Instant> proven;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const CheckResults& results = results_[i];
    all_asked = all_asked && results.asked;
    if (!results.unknown.empty()) opinion.unknown.push_back(health_.checks[i].name + ": " + results.unknown);
    if (results.failures == 0 && !results.bad) continue;
    opinion.state = Opinion::State::suspect;
    opinion.since = std::min(opinion.since, results.failing_since);
    opinion.problems.push_back(health_.checks[i].name + ": " + results.problem);
    if (!results.bad) continue;
    const bool is_proven = results.proofs >= health_.checks[i].failure_threshold;
    if (is_proven) proven = std::min(proven.value_or(results.failing_since), results.failing_since);
    const auto [signal, is_new] = signals.emplace(failover::source_of(health_.checks[i]), results.failing_since);
    if (!is_new) signal->second = std::min(signal->second, results.failing_since);
  }
  opinion.is_complete = all_asked;
  if (opinion.state == Opinion::State::well && (!all_asked || !opinion.unknown.empty())) opinion.state = Opinion::State::unknown;
  const auto wanted = static_cast<std::size_t>(std::max(1, health_.agree));
  std::vector<time::Instant> since;
  for (const auto& [source, first] : signals) since.push_back(first);
  opinion.is_proven = proven && since.size() < wanted;
  if (proven) since.insert(since.end(), wanted, *proven);
  if (since.size() < wanted) return opinion;
  std::ranges::sort(since);
  const auto agreed = since[wanted - 1];
  opinion.left = std::chrono::duration_cast<time::Duration>(agreed + health_.tolerate - now);
  if (opinion.left.count() <= 0) {
    opinion.state = Opinion::State::failed;
    opinion.left = {};
  }
  return opinion;
}

}  // namespace fedctl::watch
