#include "watch/verdict.hpp"

#include <algorithm>
#include <chrono>

namespace fedctl::watch {
namespace {

/// Keeps the earliest of those that are one signal.
void add_signal(std::map<std::string, time::Instant>& signals, const std::string& name, time::Instant since) {
  const auto [signal, is_new] = signals.emplace(name, since);
  if (!is_new) signal->second = std::min(signal->second, since);
}

}  // namespace

Verdict::Verdict(failover::Health health, bool has_other_places)
    : health_(std::move(health)), has_other_places_(has_other_places), results_(health_.checks.size()) {}

void Verdict::record(std::size_t check, std::optional<std::string> problem, time::Instant at, Evidence evidence) {
  const failover::Check& rule = health_.checks[check];
  CheckResults& results = results_[check];
  results.asked = true;
  results.unknown.clear();
  results.proofs = problem && evidence == Evidence::proof ? results.proofs + 1 : 0;
  results.answers = problem && evidence != Evidence::silence ? results.answers + 1 : 0;
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

void Verdict::take_over(const Verdict& before, const std::function<bool(const failover::Check&)>& is_same) {
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const failover::Check& check = health_.checks[i];
    const auto old = std::ranges::find(before.health_.checks, check);
    if (old == before.health_.checks.end() || !is_same(check)) continue;
    results_[i] = before.results_[static_cast<std::size_t>(old - before.health_.checks.begin())];
  }
}

bool Verdict::is_confirmed() const {
  return !has_other_places_ || std::ranges::any_of(views_, [](const auto& one) { return one.second == failover::View::down; });
}

std::map<std::string, time::Instant> Verdict::sources() const {
  std::map<std::string, time::Instant> sources;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    if (results_[i].bad) add_signal(sources, failover::source_of(health_.checks[i]), results_[i].failing_since);
  }
  return sources;
}

std::vector<time::Instant> Verdict::signals() const {
  std::map<std::string, time::Instant> signals;
  if (is_confirmed()) {
    signals = sources();
  } else {
    for (std::size_t i = 0; i < results_.size(); ++i) {
      if (results_[i].bad && !is_silent(i)) add_signal(signals, failover::source_of(health_.checks[i]), results_[i].failing_since);
    }
    const auto answered = signals;
    for (std::size_t i = 0; i < results_.size(); ++i) {
      if (!results_[i].bad || !is_silent(i)) continue;
      const std::string source = failover::source_of(health_.checks[i]);
      add_signal(signals, answered.contains(source) ? source : "silence", results_[i].failing_since);
    }
  }
  std::vector<time::Instant> since;
  for (const auto& [name, first] : signals) since.push_back(first);
  return since;
}

std::optional<time::Instant> Verdict::proven_since() const {
  std::optional<time::Instant> proven;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const CheckResults& results = results_[i];
    if (!results.bad || results.proofs < health_.checks[i].failure_threshold) continue;
    proven = std::min(proven.value_or(results.failing_since), results.failing_since);
  }
  return proven;
}

Opinion Verdict::opinion(time::Instant now) const {
  Opinion opinion{.state = Opinion::State::well, .since = time::Instant::max()};
  opinion.is_complete = true;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const CheckResults& results = results_[i];
    opinion.is_complete = opinion.is_complete && results.asked;
    if (!results.unknown.empty()) opinion.unknown.push_back(health_.checks[i].name + ": " + results.unknown);
    if (results.failures == 0 && !results.bad) continue;
    opinion.state = Opinion::State::suspect;
    opinion.since = std::min(opinion.since, results.failing_since);
    opinion.problems.push_back(health_.checks[i].name + ": " + results.problem);
  }
  if (opinion.state == Opinion::State::well && (!opinion.is_complete || !opinion.unknown.empty())) opinion.state = Opinion::State::unknown;
  const auto wanted = static_cast<std::size_t>(std::max(1, health_.agree));
  std::vector<time::Instant> since = signals();
  const auto proven = proven_since();
  opinion.is_proven = proven && since.size() < wanted;
  if (proven) since.insert(since.end(), wanted, *proven);
  opinion.lacks_place = since.size() < wanted && sources().size() >= wanted;
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
