#include "cli/failover/print.hpp"

#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "failover/journal.hpp"
#include "failover/judge_synchronous.hpp"
#include "failover/lineage.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <charconv>

namespace fedctl::cli {
namespace {

using failover::Assessment;
using failover::Loss;
using failover::SideSurvey;
using nlohmann::json;

std::string loss_text(const Loss& loss) {
  if (!loss.bytes) return fmt::format("unknown: {}", text::printable(loss.basis));
  std::string text = fmt::format("{}{} bytes", loss.is_exact ? "" : "at least ", *loss.bytes);
  if (loss.behind) text += fmt::format(", the last {}", time::format_duration(*loss.behind));
  return fmt::format("{} ({})", text, text::printable(loss.basis));
}

std::string database_text(const SideSurvey& side) {
  if (side.database_problem) return fmt::format("no answer: {}", side.database_problem->message);
  if (!side.database) return "-";
  const data::Standing& standing = *side.database;
  if (!standing.in_recovery) return standing.read_only ? "primary, read-only" : "primary";
  return standing.streams ? "standby, streams" : "standby, does not stream";
}

std::string lag_text(const failover::Policy& policy, const failover::State& state, const failover::Survey& survey, const SideSurvey& side) {
  if (!side.database || !side.database->in_recovery) return "-";
  const SideSurvey* active = survey.find(failover::active_cluster(policy, state));
  if (!failover::is_comparable(state, survey, active->cluster, side)) return "unknown";
  const Loss loss = failover::loss_of(policy, state, *active, side, survey.sides, std::chrono::system_clock::now());
  return loss.bytes ? fmt::format("{}{} bytes", loss.is_exact ? "" : "at least ", *loss.bytes) : "unknown";
}

std::string guard_text(const SideSurvey& side) {
  const failover::GuardLease& guard = side.guard;
  if (!guard.exists()) return {};
  std::string text = fmt::format("guard of {}: ", side.cluster);
  text += !guard.unable.empty() ? "gave its Lease up: " + guard.unable
          : guard.holder.empty()
              ? std::string{"ended in good order, guards no more"}
              : fmt::format("{}, renewed {} ago, ttl {}", guard.holder, time::format_duration(guard.age), time::format_duration(guard.ttl));
  if (!guard.failsafe.empty()) text += fmt::format("; goes on without the host while {} follow", text::listed(guard.failsafe));
  if (guard.fenced_by != 0)
    text += fmt::format("; fenced by the run with token {}{}", guard.fenced_by, guard.is_harmless ? ", takes no writes" : "");
  return "\n" + text::printable(text) + "\n";
}

std::string drill_line(const json& drill) {
  std::string text =
      fmt::format("\nlast drill: {}, ended {}", text::printable(string_at(drill, "kind")), text::printable(string_at(drill, "endedAt")));
  if (drill.contains("rtoSeconds")) text += fmt::format(", RTO {:.1f}s", failover::number_in(drill, "rtoSeconds"));
  if (drill.contains("lostWrites")) text += fmt::format(", {} writes lost", integer_at(drill, "lostWrites"));
  return text + "\n";
}

std::string difference_text(const failover::RoleDifference& difference, const Style& style) {
  std::vector<std::string> parts;
  for (const std::string& part : {difference.cluster, difference.object, difference.text}) {
    if (!part.empty()) parts.push_back(part);
  }
  const std::string hint = difference.hint.empty() ? "" : "; " + difference.hint;
  return "\n" + style.yellow("warning: ") + text::printable(text::join(parts, ": ") + hint) + "\n";
}

}  // namespace

std::string assessment_text(const failover::Policy& policy, const Assessment& assessment, failover::RunKind kind, const Style& style) {
  std::string text =
      style.bold(text::printable(fmt::format("{} of {}: {} -> {}", to_string(kind), policy.full_name(), assessment.from, assessment.to))) +
      "\n\n";
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < assessment.steps.size(); ++i)
    rows.push_back({std::to_string(i + 1), assessment.steps[i].name, assessment.steps[i].text});
  text += table({"", "STEP", "WHAT"}, rows);
  rows.clear();
  for (const failover::DatabaseFate& fate : assessment.databases) rows.push_back({fate.cluster, fate.text});
  if (!rows.empty()) text += "\n" + table({"DATABASE OF", "WHAT BECOMES OF IT"}, rows);
  if (assessment.loss) text += fmt::format("\nData that would be lost now: {}\n", loss_text(*assessment.loss));
  for (const std::string& warning : assessment.warnings) text += style.yellow("warning: ") + text::printable(warning) + "\n";
  for (const failover::Blocker& blocker : assessment.blockers) {
    text += style.red("refused: ") + text::printable(blocker.message);
    if (!blocker.lifted_by.empty()) text += fmt::format("; {}", text::printable(blocker.lifted_by));
    text += "\n";
  }
  return text;
}

json to_document(const Assessment& assessment) {
  json document{{"from", assessment.from}, {"to", assessment.to}, {"warnings", assessment.warnings}};
  document["steps"] = json::array();
  for (const failover::PlannedStep& step : assessment.steps) document["steps"].push_back({{"name", step.name}, {"what", step.text}});
  if (!assessment.databases.empty()) document["databases"] = json::array();
  for (const failover::DatabaseFate& fate : assessment.databases)
    document["databases"].push_back({{"cluster", fate.cluster}, {"what", fate.text}});
  document["blockers"] = json::array();
  for (const failover::Blocker& blocker : assessment.blockers) {
    document["blockers"].push_back(
        {{"code", fedctl::to_string(blocker.code)}, {"message", blocker.message}, {"liftedBy", blocker.lifted_by}});
  }
  if (!assessment.loss) return document;
  json loss{{"basis", assessment.loss->basis}, {"bytes", nullptr}, {"seconds", nullptr}};
  loss["exact"] = assessment.loss->is_exact;
  if (assessment.loss->bytes) loss["bytes"] = *assessment.loss->bytes;
  if (assessment.loss->behind) loss["seconds"] = static_cast<double>(assessment.loss->behind->count()) / 1000;
  document["loss"] = std::move(loss);
  return document;
}

std::string status_text(const failover::Policy& policy, const failover::State& state, const failover::Survey& survey,
                        const std::vector<failover::CheckResult>& checks, const std::vector<failover::RoleDifference>& differences,
                        const Style& style) {
  const std::string active = failover::active_cluster(policy, state);
  std::string text =
      style.bold(text::printable(fmt::format("{}: {} is active, token {}", policy.full_name(), active, state.token))) + "\n\n";
  if (state.pause) text += style.yellow(text::printable(failover::pause_text(state))) + "; nothing fails over by itself\n\n";
  std::vector<std::vector<std::string>> rows;
  for (const SideSurvey& side : survey.sides) {
    rows.push_back({side.cluster, side.cluster == active ? "active" : "standby",
                    side.api_problem ? "no: " + side.api_problem->message : "yes", database_text(side),
                    lag_text(policy, state, survey, side)});
  }
  text += table({"CLUSTER", "ROLE", "REACHABLE", "DATABASE", "LAG"}, rows);
  if (const std::string synchronous = failover::synchronous_text(policy, state, survey, active); !synchronous.empty())
    text += "\n" + text::printable(synchronous) + "\n";
  for (const std::string& stranger : failover::strangers_of(state, survey, active))
    text += "\n" + style.yellow("warning: ") + text::printable(stranger) + "\n";
  for (const failover::RoleDifference& difference : differences) text += difference_text(difference, style);
  text += fmt::format("\nchecks of {}:\n", text::printable(active));
  for (const failover::CheckResult& check : checks)
    text += fmt::format("  {}: {}\n", text::printable(check.name),
                        check.problem ? style.red(describe({.message = check.problem->message})) : "good");
  if (survey.dns)
    text += fmt::format("\n{} -> {}\n", text::printable(policy.dns->record.name),
                        survey.dns->value.empty() ? "nothing" : text::printable(survey.dns->value));
  if (survey.dns_problem) text += fmt::format("\nDNS: {}\n", describe(*survey.dns_problem));
  if (survey.is_isolated())
    text += style.red(
        fmt::format("only {} of {} clusters can be reached from here: nothing would be decided\n", survey.reachable, survey.clusters));
  for (const SideSurvey& side : survey.sides) text += guard_text(side);
  if (state.primary)
    text += "\n" +
            text::printable(fmt::format("primary last seen {} in {}: log at {}{}", state.primary->at, state.primary->cluster,
                                        state.primary->lsn, state.primary->counted.empty() ? "" : ", counted " + state.primary->counted)) +
            "\n";
  if (!state.drills.empty()) text += drill_line(state.drills.back());
  if (const failover::Run* owing = state.owing()) text += "\n" + style.yellow("owed: " + text::join(owing->owed(), ", ")) + "\n";
  if (state.run) {
    text += "\n" +
            text::printable(fmt::format("last run: {} {} -> {}, {}, began {}", to_string(state.run->kind), state.run->from, state.run->to,
                                        to_string(state.run->state), state.run->began_at)) +
            "\n";
    if (const failover::StepRecord* next = state.has_unfinished_run() ? state.run->next() : nullptr)
      text += fmt::format("  it stands at the step {}; {}\n", text::printable(next->name), failover::way_on(policy, *state.run));
  }
  return text;
}

json status_document(const failover::Policy& policy, const failover::State& state, const failover::Survey& survey,
                     const std::vector<failover::CheckResult>& checks, const std::vector<failover::RoleDifference>& differences) {
  json document{{"policy", policy.full_name()}, {"active", failover::active_cluster(policy, state)},
                {"token", state.token},         {"reachable", survey.reachable},
                {"clusters", survey.clusters},  {"sides", json::array()}};
  if (state.pause) document["paused"] = failover::to_json(*state.pause);
  if (auto strangers = failover::strangers_of(state, survey, failover::active_cluster(policy, state)); !strangers.empty())
    document["warnings"] = std::move(strangers);
  for (const SideSurvey& side : survey.sides) {
    json one{{"cluster", side.cluster},
             {"reachable", !side.api_problem},
             {"role", side.cluster == failover::active_cluster(policy, state) ? "active" : "standby"}};
    if (side.database) {
      one["database"] = {{"inRecovery", side.database->in_recovery}, {"writable", side.database->is_writable()},
                         {"streams", side.database->streams},        {"lsn", data::format_lsn(side.database->written)},
                         {"timeline", side.database->timeline},      {"synchronousStandbyNames", side.checkup.synchronous.names}};
    }
    if (side.guard.exists()) {
      one["guard"] = {{"holder", side.guard.holder},
                      {"ttlSeconds", side.guard.ttl.count() / 1000},
                      {"ageSeconds", static_cast<double>(side.guard.age.count()) / 1000},
                      {"fencedBy", side.guard.fenced_by},
                      {"harmless", side.guard.is_harmless},
                      {"failsafe", side.guard.failsafe},
                      {"unable", side.guard.unable}};
    }
    if (side.database_problem) one["databaseProblem"] = describe(*side.database_problem);
    if (side.api_problem) one["problem"] = describe(*side.api_problem);
    document["sides"].push_back(std::move(one));
  }
  document["roleDifferences"] = json::array();
  for (const failover::RoleDifference& one : differences) {
    document["roleDifferences"].push_back({{"cluster", one.cluster}, {"object", one.object}, {"difference", one.text}, {"hint", one.hint}});
  }
  document["checks"] = json::array();
  for (const failover::CheckResult& check : checks) {
    json one{{"name", check.name}, {"good", !check.problem}};
    if (check.problem) one["problem"] = check.problem->message;
    document["checks"].push_back(std::move(one));
  }
  if (survey.dns) document["dns"] = {{"name", policy.dns->record.name}, {"value", survey.dns->value}, {"ttl", survey.dns->ttl}};
  if (state.synchronous && state.synchronous->cluster == failover::active_cluster(policy, state))
    document["synchronous"] = to_json(*state.synchronous);
  if (state.run) document["run"] = to_json(*state.run);
  if (state.earlier) document["earlierRun"] = to_json(*state.earlier);
  if (state.primary) document["seen"] = to_json(*state.primary);
  if (!state.drills.empty()) document["lastDrill"] = state.drills.back();
  return document;
}

std::string event_text(const failover::StepEvent& event) {
  using Type = failover::StepEvent::Type;
  if (event.type == Type::begun) return {};
  if (event.type == Type::note || event.type == Type::retried)
    return fmt::format("{:<10} {}{}\n", text::printable(event.step), event.type == Type::retried ? "again: " : "",
                       text::printable(event.text));
  return fmt::format("{:<10} {:<7} {:>7}  {}\n", text::printable(event.step), to_string(event.type), time::format_duration(event.took),
                     text::printable(event.text));
}

json to_document(const failover::StepEvent& event) {
  return {{"type", to_string(event.type)},
          {"step", event.step},
          {"text", event.text},
          {"seconds", static_cast<double>(event.took.count()) / 1000},
          {"at", failover::timestamp_now()}};
}

std::string outcome_text(const failover::Policy& policy, const failover::Run& run) {
  std::string text = "\n" + text::printable(fmt::format("{} of {} {}: {} -> {}, token {}", to_string(run.kind), policy.full_name(),
                                                        to_string(run.state), run.from, run.to, run.token));
  if (run.outcome.contains("rtoSeconds")) text += fmt::format(", in {:.1f}s", run.outcome["rtoSeconds"].get<double>());
  text += failover::loss_text(run.outcome);
  const std::vector<std::string> owed = run.owed();
  if (!owed.empty()) text += fmt::format("\nowed: {}; watch tries it again, and so does 'fedctl failover repair'", text::join(owed, ", "));
  for (const std::string& overridden : run.overridden) text += fmt::format("\noverridden: {}", text::printable(overridden));
  return text + "\n";
}

failover::OnStep step_printer(const SiteFlags& flags) {
  return [as_json = is_json(flags)](const failover::StepEvent& event) {
    print(as_json ? fedctl::to_text(to_document(event)) + "\n" : event_text(event));
    flush_output();
  };
}

int print_outcome(const failover::Site& site, const Result<failover::Run>& run, const SiteFlags& flags) {
  if (run) {
    print(is_json(flags) ? fedctl::to_text(to_json(*run)) + "\n" : outcome_text(site.policy, *run));
    return run->owed().empty() ? exit_done : exit_partial;
  }
  if (run.error().code != Code::cancelled) return report_refusal(run.error());
  say_line(fmt::format("{}", describe(run.error())));
  return exit_interrupted;
}

std::optional<int> ask_first(bool yes, const std::function<std::optional<int>()>& show) {
  if (yes) return std::nullopt;
  if (!is_terminal(STDIN_FILENO)) {
    say("error: this asks before it writes, and there is no terminal to ask on; use --yes\n");
    return exit_refused;
  }
  if (const auto ended = show()) return ended;
  if (confirms("Do this?")) return std::nullopt;
  say("nothing was changed\n");
  return exit_refused;
}

Result<std::optional<std::int64_t>> bytes_of(const std::string& text) {
  if (text.empty()) return std::optional<std::int64_t>{};
  if (text == "unknown") return std::optional<std::int64_t>{failover::any_loss};
  std::int64_t bytes = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, bytes);
  if (read.ec == std::errc{} && read.ptr == end && bytes >= 0) return std::optional<std::int64_t>{bytes};
  return Failure{{Code::usage, fmt::format("--accept-data-loss {}: expected a number of bytes, or 'unknown'", text)}};
}

}  // namespace fedctl::cli
