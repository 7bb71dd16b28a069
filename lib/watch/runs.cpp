#include "watch/runs.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <string_view>

namespace fedctl::watch {
namespace {

/// Runs that watch began carry this before their reason.
constexpr std::string_view reason_mark = "watch: ";

/// A watch that settles what is owed has other things to do, and tries again soon.
constexpr time::Duration time_for_standbys{2'000};

}  // namespace

bool is_of_watch(const failover::Run& run) { return run.reason.starts_with(reason_mark); }

Runs::Runs(failover::Site& site, failover::RoleOptions roles, exporter::Metrics& metrics, Tell tell)
    : site_(site), roles_(roles), metrics_(metrics), tell_(std::move(tell)) {}

Result<void> Runs::fail_over(const std::string& active, const Opinion& opinion) {
  tell_(WatchEvent::Type::begun, fmt::format("{} has failed: {}", active, text::join(opinion.problems, "; ")));
  failover::EngineOptions options{.roles = roles_};
  options.run.from = active;
  options.run.reason = std::string{reason_mark} + text::join(opinion.problems, "; ");
  options.run.failed_at = opinion.since;
  options.run.by_itself = true;
  failover::Engine engine{site_, options, step_listener()};
  return conclude(engine.start());
}

Result<void> Runs::resume(const failover::Run& run, Tells tells) {
  if (tells == Tells::beginning) tell_(WatchEvent::Type::begun, fmt::format("going on with the failover to {}", run.to));
  failover::Engine engine{site_, {.roles = roles_}, step_listener()};
  return conclude(engine.resume());
}

Result<void> Runs::settle() {
  failover::Engine engine{site_, {.roles = roles_, .follow_patience = time_for_standbys}, step_listener()};
  const auto settled = engine.settle();
  if (!settled) return Failure{settled.error()};
  tell_(WatchEvent::Type::done, "nothing is owed any more");
  return {};
}

failover::OnStep Runs::step_listener() const {
  return [this](const failover::StepEvent& event) {
    using Step = failover::StepEvent::Type;
    if (event.type == Step::begun) return;
    tell_(WatchEvent::Type::step, fmt::format("{} {}{}{}", event.step, to_string(event.type), event.text.empty() ? "" : ": ", event.text));
  };
}

Result<void> Runs::conclude(const Result<failover::Run>& run) {
  metrics_.count("fedctl_failover_runs_total", {{"policy", site_.policy.full_name()}, {"outcome", run ? "done" : "failed"}});
  if (!run) return Failure{run.error()};
  tell_(WatchEvent::Type::done, outcome_of(*run));
  return {};
}

}  // namespace fedctl::watch
