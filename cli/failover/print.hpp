#pragma once

#include "cli/failover/site.hpp"
#include "cli/terminal.hpp"
#include "failover/checks.hpp"
#include "failover/engine.hpp"
#include "failover/role_compare.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::cli {

/// What a run would do, what data it would lose, and what blocks it, as text and as JSON.
std::string assessment_text(const failover::Policy& policy, const failover::Assessment& assessment, failover::RunKind kind,
                            const Style& style);
nlohmann::json to_document(const failover::Assessment& assessment);

/// How the sides are, what the checks say of the active one, who that is, whose roles differ from that, and what was done last.
std::string status_text(const failover::Policy& policy, const failover::State& state, const failover::Survey& survey,
                        const std::vector<failover::CheckResult>& checks, const std::vector<failover::RoleDifference>& differences,
                        const Style& style);
nlohmann::json status_document(const failover::Policy& policy, const failover::State& state, const failover::Survey& survey,
                               const std::vector<failover::CheckResult>& checks, const std::vector<failover::RoleDifference>& differences);

/// One line of a run that goes on.
std::string event_text(const failover::StepEvent& event);
nlohmann::json to_document(const failover::StepEvent& event);

/// "failover production/shop: tokyo-cluster -> ireland-cluster in 2.1s, token 4, 0 bytes lost"
std::string outcome_text(const failover::Policy& policy, const failover::Run& run);

/// Prints each step as it goes on, as text or as a line of JSON.
failover::OnStep step_printer(const SiteFlags& flags);

/// Prints how a run ended, or why it did not; the exit code.
int print_outcome(const failover::Site& site, const Result<failover::Run>& run, const SiteFlags& flags);

/// Shows what would be done by `show`, and asks, unless --yes; the exit code where the answer is no or `show` found that nothing is to be
/// asked, nothing where it may be done.
std::optional<int> ask_first(bool yes, const std::function<std::optional<int>()>& show);

/// What --accept-data-loss says: bytes, "unknown", or nothing. Errors: usage.
Result<std::optional<std::int64_t>> bytes_of(const std::string& text);

}  // namespace fedctl::cli
