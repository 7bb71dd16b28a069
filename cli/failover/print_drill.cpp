#include "cli/failover/print_drill.hpp"

#include "base/printable.hpp"

#include <fmt/format.h>

namespace fedctl::cli {
namespace {

using drill::Leg;
using drill::Report;
using nlohmann::json;

std::string took_text(const failover::StepRecord& step) {
  const auto took = failover::elapsed(step.begun_at, step.ended_at);
  return took ? time::format_duration(*took) : "-";
}

std::string leg_text(const Leg& leg, const Style& style) {
  std::string text = "\n" + style.bold(text::printable(fmt::format("{} -> {}, token {}", leg.run.from, leg.run.to, leg.run.token))) + "\n";
  std::vector<std::vector<std::string>> rows;
  for (const failover::StepRecord& step : leg.run.steps) {
    const bool was_done = step.state == failover::StepRecord::State::done;
    rows.push_back(
        {step.name, step.begun_at, was_done ? took_text(step) : std::string{to_string(step.state)}, std::to_string(step.attempts)});
  }
  text += table({"STEP", "BEGAN", "TOOK", "ATTEMPTS"}, rows);
  for (const std::string& overridden : leg.run.overridden) text += fmt::format("overridden: {}\n", text::printable(overridden));
  if (!leg.gap) return text;
  const drill::WriteGap& gap = *leg.gap;
  text += fmt::format("writes: {} tried, {} acknowledged, {} lost; ", gap.tried, gap.accepted, gap.lost);
  text += gap.first_after && gap.last_before ? fmt::format("none for {}", time::format_duration(gap.longest))
                                             : std::string{"the gap was not seen"};
  if (gap.had_two_writers) text += style.red("; BOTH SIDES TOOK WRITES AT ONCE");
  return text + "\n";
}

std::string verdict(const Style& style, bool kept) { return kept ? style.green("kept") : style.red("NOT KEPT"); }

std::string promises_text(const Report& report, const Style& style) {
  std::string text;
  const auto rto = report.rto();
  text += fmt::format("RTO: {}", rto ? time::format_duration(*rto) : "not measured");
  if (report.promised_rto) {
    text += fmt::format(", promised {}", time::format_duration(*report.promised_rto));
    if (const auto kept = report.kept_rto()) text += ": " + verdict(style, *kept);
  }
  if (const auto gap = report.longest_gap()) text += fmt::format("\nwrite gap: {}", time::format_duration(*gap));
  text += fmt::format("\nRPO: {} acknowledged writes lost", report.lost());
  if (report.promised_rpo) text += fmt::format(", promised {}", time::format_duration(*report.promised_rpo));
  if (report.promised_rpo_bytes) text += fmt::format(", promised {} bytes", *report.promised_rpo_bytes);
  if (const auto kept = report.kept_rpo()) text += ": " + verdict(style, *kept);
  return text + "\n";
}

std::string simulation_text(const Report& report, const Style& style) {
  const failover::Assessment& assessment = *report.assessment;
  std::string text = style.bold(fmt::format("Simulated drill of {}: {} -> {}; nothing was changed", text::printable(report.policy),
                                            text::printable(assessment.from), text::printable(assessment.to))) +
                     "\n\n";
  std::vector<std::vector<std::string>> rows;
  for (const failover::PlannedStep& step : assessment.steps) {
    const auto took = report.expected.find(step.name);
    rows.push_back({step.name, took == report.expected.end() ? "-" : time::format_duration(took->second), step.text});
  }
  text += table({"STEP", "TOOK LAST", "WHAT"}, rows);
  text += fmt::format("\n{} objects would change", report.changes);
  if (!report.expected.empty())
    text += fmt::format("; the steps took {} together when they were last done", time::format_duration(report.expected_whole()));
  text += "\n";
  for (const std::string& warning : assessment.warnings) text += style.yellow("warning: ") + text::printable(warning) + "\n";
  for (const failover::Blocker& blocker : assessment.blockers)
    text += style.red("would be refused: ") + text::printable(blocker.message) + "\n";
  return text;
}

}  // namespace

std::string drill_text(const Report& report, const Style& style) {
  if (report.assessment) return simulation_text(report, style);
  std::string text =
      "\n" + style.bold(text::printable(fmt::format("Drill of {}, {} to {}", report.policy, report.began_at, report.ended_at))) + "\n";
  for (const Leg& leg : report.legs) text += leg_text(leg, style);
  return text + "\n" + promises_text(report, style);
}

}  // namespace fedctl::cli
