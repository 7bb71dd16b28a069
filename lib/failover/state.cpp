#include "failover/state.hpp"

#include "base/json.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>

namespace fedctl::failover {
namespace {

using nlohmann::json;
constexpr std::size_t kept_runs = 20;

/// Takes the fields of a document, and keeps what is wrong with the first that is not as it must be.
class StateFields {
 public:
  StateFields(const json& document, std::string path, std::string& problem)
      : document_(document), path_(std::move(path)), problem_(problem) {
    if (!document.is_object()) complain(path_.empty() ? "it" : path_, "must be a map");
  }

  void need(std::string_view key) {
    if (value_at(document_, key).is_null()) complain(name(key), "is missing");
  }
  std::string text(std::string_view key) {
    expect(key, &json::is_string, "must be a string");
    return string_at(document_, key);
  }
  std::int64_t integer(std::string_view key) {
    expect(key, &json::is_number_integer, "must be an integer");
    const std::int64_t result = integer_at(document_, key);
    if (value_at(document_, key).is_number_integer() && value_at(document_, key) != result) complain(name(key), "is too large");
    return result;
  }
  void number(std::string_view key) { expect(key, &json::is_number, "must be a number"); }
  const json& map(std::string_view key) {
    expect(key, &json::is_object, "must be a map");
    return map_at(document_, key);
  }
  const json& list(std::string_view key) {
    expect(key, &json::is_array, "must be a list");
    return list_at(document_, key);
  }
  std::vector<json> maps(std::string_view key) {
    std::vector<json> result;
    for (const json& item : list(key)) {
      if (!item.is_object()) complain(fmt::format("{}[{}]", name(key), result.size()), "must be a map");
      result.push_back(item);
    }
    return result;
  }
  template <typename Enum, std::size_t size>
  Enum one_of(const std::array<Enum, size>& all, std::string_view key) {
    const std::string said = text(key);
    for (const Enum one : all) {
      if (to_string(one) == said) return one;
    }
    complain(name(key), "is none of the values that it can have");
    return all.front();
  }
  std::string name(std::string_view key) const { return path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key); }
  void complain(const std::string& field, std::string_view what) {
    if (problem_.empty()) problem_ = fmt::format("{} {}", field, what);
  }

 private:
  void expect(std::string_view key, bool (json::*is_right)() const noexcept, std::string_view what) {
    if (!document_.is_object() || !document_.contains(key)) return;
    if (!(value_at(document_, key).*is_right)()) complain(name(key), what);
  }

  const json& document_;
  std::string path_;
  std::string& problem_;
};

json to_json(const StepRecord& step) {
  return {{"name", step.name},         {"state", to_string(step.state)},     {"beganAt", step.begun_at}, {"endedAt", step.ended_at},
          {"attempts", step.attempts}, {"evidence", to_json(step.evidence)}, {"hash", step.hash}};
}

StepRecord step_from(const json& document, const std::string& path, std::string& problem) {
  using S = StepRecord::State;
  StateFields fields{document, path, problem};
  StepRecord step{.name = fields.text("name")};
  step.state = fields.one_of(std::array{S::pending, S::begun, S::done, S::skipped, S::owed}, "state");
  step.begun_at = fields.text("beganAt");
  step.ended_at = fields.text("endedAt");
  step.attempts = static_cast<int>(fields.integer("attempts"));
  step.evidence = evidence_from(step.name, fields.map("evidence"));
  step.hash = fields.text("hash");
  return step;
}

/// It only grows, by one a run, and stands in a Lease's leaseTransitions, which is an int32.
void check_token(StateFields& fields, std::int64_t token) {
  constexpr std::int64_t greatest = std::numeric_limits<std::int32_t>::max() - 1;
  if (token < 0) fields.complain("token", "must not be negative");
  if (token > greatest) fields.complain("token", fmt::format("must be at most {}", greatest));
}

Run run_from(const json& document, const std::string& path, std::string& problem) {
  using S = Run::State;
  StateFields fields{document, path, problem};
  Run run{.id = fields.text("id")};
  run.kind = fields.one_of(std::array{RunKind::failover, RunKind::switchover}, "kind");
  run.state = fields.one_of(std::array{S::running, S::done, S::aborted, S::refused}, "state");
  run.from = fields.text("from");
  run.to = fields.text("to");
  run.token = fields.integer("token");
  run.epoch = fields.integer("epoch");
  run.policy_hash = fields.text("policyHash");
  run.policy = value_at(document, "policy");
  run.version = fields.text("version");
  run.by = fields.text("by");
  run.reason = fields.text("reason");
  run.began_at = fields.text("beganAt");
  run.ended_at = fields.text("endedAt");
  for (const json& one : fields.list("overridden")) {
    if (!one.is_string()) fields.complain(path + ".overridden", "must be a list of strings");
    if (one.is_string()) run.overridden.push_back(one.get<std::string>());
  }
  for (const json& step : fields.list("steps"))
    run.steps.push_back(step_from(step, fmt::format("{}.steps[{}]", path, run.steps.size()), problem));
  run.outcome = fields.map("outcome");
  StateFields outcome{run.outcome, path + ".outcome", problem};
  outcome.number("rtoSeconds");
  outcome.integer("lostCounted");
  outcome.text("failedAt");
  return run;
}

void keep_latest(std::vector<json>& list) {
  if (list.size() > kept_runs) list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(kept_runs));
}

}  // namespace

std::string_view to_string(StepRecord::State state) {
  switch (state) {
    case StepRecord::State::pending: return "pending";
    case StepRecord::State::begun: return "begun";
    case StepRecord::State::done: return "done";
    case StepRecord::State::skipped: return "skipped";
    case StepRecord::State::owed: break;
  }
  return "owed";
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

StepRecord* Run::find(StepKind step) {
  const auto found = std::ranges::find(steps, to_string(step), &StepRecord::name);
  return found == steps.end() ? nullptr : &*found;
}

const StepRecord* Run::find(StepKind step) const {
  const auto found = std::ranges::find(steps, to_string(step), &StepRecord::name);
  return found == steps.end() ? nullptr : &*found;
}

const StepRecord* Run::next() const {
  const auto found = std::ranges::find_if(
      steps, [](const StepRecord& step) { return step.state == StepRecord::State::pending || step.state == StepRecord::State::begun; });
  return found == steps.end() ? nullptr : &*found;
}

const Run* State::owing() const {
  if (!run || has_unfinished_run()) return nullptr;
  // What was to be done for a side is not done once another one is active, as where people wrote that into the state.
  const auto owes = [&](const Run& one) { return !one.owed().empty() && (active.empty() || one.to == active); };
  if (owes(*run)) return &*run;
  return earlier && owes(*earlier) ? &*earlier : nullptr;
}

Run* State::owing() { return const_cast<Run*>(std::as_const(*this).owing()); }

std::vector<std::string> Run::owed() const {
  std::vector<std::string> names;
  for (const StepRecord& step : steps) {
    if (step.state == StepRecord::State::owed) names.push_back(step.name);
  }
  return names;
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
          {"epoch", run.epoch},
          {"policyHash", run.policy_hash},
          {"policy", run.policy},
          {"version", run.version},
          {"by", run.by},
          {"reason", run.reason},
          {"beganAt", run.began_at},
          {"endedAt", run.ended_at},
          {"overridden", run.overridden},
          {"steps", steps},
          {"outcome", run.outcome}};
}

json to_json(const LastSeen& seen) {
  return {{"cluster", seen.cluster},
          {"systemIdentifier", seen.system_identifier},
          {"timeline", seen.timeline},
          {"lsn", seen.lsn},
          {"counted", seen.counted},
          {"at", seen.at},
          {"guardVersion", seen.guard_version},
          {"guardAgeMilliseconds", seen.guard_age.count()}};
}

json to_json(const Pause& pause) { return {{"by", pause.by}, {"at", pause.at}, {"reason", pause.reason}}; }

json to_json(const SynchronousState& synchronous) {
  return {{"cluster", synchronous.cluster},
          {"seen", synchronous.seen},
          {"proven", synchronous.proven},
          {"owed", synchronous.owed},
          {"at", synchronous.at}};
}

json to_json(const State& state) {
  json document{{"active", state.active}, {"token", state.token}, {"history", state.history}, {"drills", state.drills}};
  document["activeToken"] = state.active_token;
  if (state.run) document["run"] = to_json(*state.run);
  if (state.earlier) document["earlierRun"] = to_json(*state.earlier);
  if (state.primary) document["primary"] = to_json(*state.primary);
  if (state.synchronous) document["synchronous"] = to_json(*state.synchronous);
  if (state.pause) document["paused"] = to_json(*state.pause);
  return document;
}

Result<State> state_from(const json& document) {
  std::string problem;
  StateFields fields{document, "", problem};
  fields.need("active");
  fields.need("token");
  State state{.active = fields.text("active"), .token = fields.integer("token")};
  check_token(fields, state.token);
  state.active_token = fields.integer("activeToken");
  // Older versions did not keep it; what they did is no older than this.
  if (document.is_object() && !document.contains("activeToken") && !state.active.empty()) state.active_token = state.token;
  if (state.active_token < 0 || state.active_token > state.token) fields.complain("activeToken", "must be between 0 and the state's token");
  if (document.is_object() && document.contains("run")) state.run = run_from(value_at(document, "run"), "run", problem);
  if (document.is_object() && document.contains("earlierRun"))
    state.earlier = run_from(value_at(document, "earlierRun"), "earlierRun", problem);
  if (document.is_object() && document.contains("primary")) {
    StateFields seen{value_at(document, "primary"), "primary", problem};
    state.primary = LastSeen{seen.text("cluster"),      seen.text("systemIdentifier"),
                             seen.integer("timeline"),  seen.text("lsn"),
                             seen.text("counted"),      seen.text("at"),
                             seen.text("guardVersion"), time::Duration{seen.integer("guardAgeMilliseconds")}};
  }
  if (document.is_object() && document.contains("synchronous")) {
    StateFields of_it{value_at(document, "synchronous"), "synchronous", problem};
    state.synchronous =
        SynchronousState{of_it.text("cluster"), of_it.text("seen"), of_it.text("proven"), of_it.text("owed"), of_it.text("at")};
  }
  if (document.is_object() && document.contains("paused")) {
    StateFields pause{value_at(document, "paused"), "paused", problem};
    state.pause = Pause{pause.text("by"), pause.text("at"), pause.text("reason")};
  }
  if (state.run && (state.run->id.empty() || state.run->from.empty() || state.run->to.empty()))
    fields.complain("run", "needs an id, and the clusters that it goes from and to");
  if (state.has_unfinished_run() && state.run->from == state.run->to) fields.complain("run.to", "must be another cluster than run.from");
  if (state.has_unfinished_run() && state.run->token > state.token) fields.complain("run.token", "must be at most the state's token");
  state.history = fields.maps("history");
  state.drills = fields.maps("drills");
  for (const json& one : state.drills) {
    StateFields drill{one, "drills[]", problem};
    drill.text("kind");
    drill.text("endedAt");
    drill.number("rtoSeconds");
    drill.number("lostWrites");
  }
  if (problem.empty()) return state;
  Error error{Code::invalid_input, fmt::format("this is no state of a failover: {}", problem)};
  error.hint = "restore it from a copy; deleting it makes the fencing token begin anew";
  return Failure{std::move(error)};
}

double number_in(const json& map, std::string_view key) {
  const json& value = value_at(map, key);
  return value.is_number() ? value.get<double>() : 0;
}

Result<void> check_clusters(const State& state, std::span<const std::string> clusters) {
  const auto check = [&](const std::string& cluster, std::string_view what) -> Result<void> {
    if (cluster.empty() || std::ranges::find(clusters, cluster) != clusters.end()) return {};
    return Failure{
        {.code = Code::invalid_input,
         .message = fmt::format("{} is '{}', which is not a cluster of the policy ({})", what, cluster, text::join(clusters, ", ")),
         .hint = "name the cluster in the policy as before; if it is gone for good, edit 'active' in the state"}};
  };
  if (auto known = check(state.active, "the active cluster in the state"); !known) return known;
  if (!state.has_unfinished_run()) return {};
  if (auto known = check(state.run->from, "the side that the unfinished run leaves"); !known) return known;
  return check(state.run->to, "the side that the unfinished run goes to");
}

std::string pause_text(const State& state) {
  if (!state.pause) return {};
  const std::string reason = state.pause->reason.empty() ? "" : ": " + state.pause->reason;
  return fmt::format("paused by {} {}{}", state.pause->by, ago(state.pause->at), reason);
}

bool is_taken_over(const State& ours, const State& theirs) {
  if (theirs.token > ours.token) return true;
  if (!ours.run || !theirs.run || theirs.run->id != ours.run->id) return theirs.has_unfinished_run();
  return theirs.run->epoch > ours.run->epoch || (ours.has_unfinished_run() && !theirs.has_unfinished_run());
}

void file_away(State& state, const Run& run) {
  const auto kept = std::ranges::find(state.history, run.id, [](const json& one) { return string_at(one, "id"); });
  if (kept != state.history.end()) *kept = to_json(run);
  if (kept == state.history.end()) state.history.push_back(to_json(run));
  keep_latest(state);
}

std::optional<Run> latest_done(const State& state, const std::function<bool(const Run&)>& is_wanted) {
  const auto fits = [&](const Run& run) { return run.state == Run::State::done && is_wanted(run); };
  if (state.run && fits(*state.run)) return state.run;
  for (auto document = state.history.rbegin(); document != state.history.rend(); ++document) {
    std::string problem;
    Run run = run_from(*document, "run", problem);
    if (problem.empty() && fits(run)) return run;
  }
  return std::nullopt;
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

std::string ago(const std::string& stamp) {
  const auto instant = parse_timestamp(stamp);
  if (!instant) return "some time ago";
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now() - *instant);
  return time::format_duration(std::max(age, std::chrono::seconds{0})) + " ago";
}

std::optional<time::Duration> elapsed(const std::string& begin, const std::string& end) {
  const auto from = parse_timestamp(begin);
  const auto to = parse_timestamp(end);
  if (!from || !to) return std::nullopt;
  return std::chrono::duration_cast<time::Duration>(*to - *from);
}

}  // namespace fedctl::failover
