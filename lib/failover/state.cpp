#include "failover/state.hpp"

#include "base/json.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace fedctl::failover {
namespace {

using nlohmann::json;
constexpr std::size_t kept_runs = 20;

template <typename Enum, std::size_t size>
Enum from_text(const std::array<Enum, size>& all, std::string_view text, Enum otherwise) {
  for (const Enum one : all) {
    if (to_string(one) == text) return one;
  }
  return otherwise;
}

json to_json(const StepRecord& step) {
  return {{"name", step.name},        {"state", to_string(step.state)}, {"beganAt", step.begun_at},
          {"endedAt", step.ended_at}, {"attempts", step.attempts},      {"evidence", step.evidence}};
}

StepRecord step_from(const json& document) {
  using S = StepRecord::State;
  StepRecord step{.name = string_at(document, "name")};
  step.state = from_text(std::array{S::pending, S::begun, S::done, S::skipped}, string_at(document, "state"), S::pending);
  step.begun_at = string_at(document, "beganAt");
  step.ended_at = string_at(document, "endedAt");
  step.attempts = document.value("attempts", 0);
  step.evidence = map_at(document, "evidence");
  return step;
}

void keep_latest(std::vector<json>& list) {
  if (list.size() > kept_runs) list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(kept_runs));
}

}  // namespace

std::string_view to_string(RunKind kind) { return kind == RunKind::failover ? "failover" : "switchover"; }

std::string_view to_string(StepRecord::State state) {
  switch (state) {
    case StepRecord::State::pending: return "pending";
    case StepRecord::State::begun: return "begun";
    case StepRecord::State::done: return "done";
    case StepRecord::State::skipped: break;
  }
  return "skipped";
}

std::string_view to_string(Run::State state) {
  switch (state) {
    case Run::State::running: return "running";
    case Run::State::done: return "done";
    case Run::State::aborted: return "aborted";
    case Run::State::refused: break;
  }
  return "refused";
}

StepRecord* Run::find(const std::string& step) {
  const auto found = std::ranges::find(steps, step, &StepRecord::name);
  return found == steps.end() ? nullptr : &*found;
}

const StepRecord* Run::find(const std::string& step) const {
  const auto found = std::ranges::find(steps, step, &StepRecord::name);
  return found == steps.end() ? nullptr : &*found;
}

const StepRecord* Run::next() const {
  const auto found = std::ranges::find_if(
      steps, [](const StepRecord& step) { return step.state == StepRecord::State::pending || step.state == StepRecord::State::begun; });
  return found == steps.end() ? nullptr : &*found;
}

bool Run::has_done(const std::string& step) const {
  const StepRecord* found = find(step);
  return found != nullptr && found->state == StepRecord::State::done;
}

json to_json(const Run& run) {
  json steps = json::array();
  for (const StepRecord& step : run.steps) steps.push_back(to_json(step));
  return {{"id", run.id},
          {"kind", to_string(run.kind)},
          {"state", to_string(run.state)},
          {"from", run.from},
          {"to", run.to},
          {"token", run.token},
          {"policyHash", run.policy_hash},
          {"version", run.version},
          {"by", run.by},
          {"reason", run.reason},
          {"beganAt", run.began_at},
          {"endedAt", run.ended_at},
          {"overridden", run.overridden},
          {"steps", steps},
          {"outcome", run.outcome}};
}

Run run_from(const json& document) {
  using S = Run::State;
  Run run{.id = string_at(document, "id")};
  run.kind = from_text(std::array{RunKind::failover, RunKind::switchover}, string_at(document, "kind"), RunKind::failover);
  run.state = from_text(std::array{S::running, S::done, S::aborted, S::refused}, string_at(document, "state"), S::running);
  run.from = string_at(document, "from");
  run.to = string_at(document, "to");
  run.token = document.value("token", std::int64_t{0});
  run.policy_hash = string_at(document, "policyHash");
  run.version = string_at(document, "version");
  run.by = string_at(document, "by");
  run.reason = string_at(document, "reason");
  run.began_at = string_at(document, "beganAt");
  run.ended_at = string_at(document, "endedAt");
  run.overridden = document.value("overridden", std::vector<std::string>{});
  const json steps = list_at(document, "steps");
  for (const json& step : steps) run.steps.push_back(step_from(step));
  run.outcome = map_at(document, "outcome");
  return run;
}

json to_json(const LastSeen& seen) {
  return {{"cluster", seen.cluster},   {"systemIdentifier", seen.system_identifier},
          {"timeline", seen.timeline}, {"lsn", seen.lsn},
          {"counted", seen.counted},   {"at", seen.at}};
}

json to_json(const State& state) {
  json document{{"active", state.active}, {"token", state.token}, {"history", state.history}, {"drills", state.drills}};
  if (state.run) document["run"] = to_json(*state.run);
  if (state.primary) document["primary"] = to_json(*state.primary);
  return document;
}

Result<State> state_from(const json& document) try {
  if (!document.is_object()) return Failure{{Code::invalid_input, "this is no state of a failover"}};
  State state{.active = string_at(document, "active"), .token = document.value("token", std::int64_t{0})};
  if (document.contains("run")) state.run = run_from(document["run"]);
  if (document.contains("primary")) {
    const json& seen = document["primary"];
    state.primary = LastSeen{string_at(seen, "cluster"), string_at(seen, "systemIdentifier"), seen.value("timeline", std::int64_t{0}),
                             string_at(seen, "lsn"),     string_at(seen, "counted"),          string_at(seen, "at")};
  }
  state.history = document.value("history", std::vector<json>{});
  state.drills = document.value("drills", std::vector<json>{});
  return state;
} catch (const json::exception& problem) {
  return Failure{{Code::invalid_input, fmt::format("this is no state of a failover: {}", problem.what())}};
}

void file_away(State& state) {
  if (state.run) state.history.push_back(to_json(*state.run));
  keep_latest(state);
}

void keep_latest(State& state) {
  keep_latest(state.history);
  keep_latest(state.drills);
}

std::string timestamp(time::Instant instant) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(instant.time_since_epoch()).count() % 1000;
  std::string text = time::format_instant(std::chrono::floor<std::chrono::seconds>(instant));
  if (text.ends_with('Z')) text.insert(text.size() - 1, fmt::format(".{:03}", milliseconds));
  return text;
}

std::string timestamp_now() { return timestamp(std::chrono::system_clock::now()); }

std::optional<time::Instant> parse_timestamp(const std::string& text) {
  auto instant = time::parse_instant(text);
  const auto dot = text.find('.');
  if (!instant || dot == std::string::npos) return instant;
  int milliseconds = 0;
  std::from_chars(text.data() + dot + 1, text.data() + std::min(text.size(), dot + 4), milliseconds);
  return *instant + std::chrono::milliseconds{milliseconds};
}

}  // namespace fedctl::failover
