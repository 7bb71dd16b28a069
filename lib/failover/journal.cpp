#include "failover/journal.hpp"

#include "failover/policy_parts.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

namespace fedctl::failover {
namespace {

std::string hook_name(const Hook& hook, std::size_t number) {
  return fmt::format("hook {} {} {}", number, hook.before ? "before" : "after", hook.step);
}

}  // namespace

std::optional<std::size_t> hook_number(const std::string& step) {
  constexpr std::string_view mark = "hook ";
  if (!step.starts_with(mark)) return std::nullopt;
  std::size_t number = 0;
  const auto [end, problem] = std::from_chars(step.data() + mark.size(), step.data() + step.size(), number);
  return problem == std::errc{} && end != step.data() + step.size() && *end == ' ' ? std::optional{number} : std::nullopt;
}

std::vector<StepRecord> records_of(const Policy& policy, RunKind kind) {
  std::vector<StepRecord> records;
  const auto add_hooks = [&](const std::string& step, bool before) {
    for (std::size_t i = 0; i < policy.hooks.size(); ++i) {
      if (policy.hooks[i].step == step && policy.hooks[i].before == before) records.push_back({.name = hook_name(policy.hooks[i], i)});
    }
  };
  for (const std::string& step : steps_of(policy, kind)) {
    add_hooks(step, true);
    records.push_back({.name = step});
    add_hooks(step, false);
  }
  return records;
}

std::string point_of_no_return(const Policy& policy) { return policy.postgres ? "promote" : "roles"; }

std::string way_on(const Policy& policy, const Run& run) {
  const std::string on = "go on with 'fedctl failover run --resume'";
  return run.has_done(point_of_no_return(policy)) ? on : on + ", or undo it with 'fedctl failover abort'";
}

Result<void> check_journal(const Policy& policy, const State& state) {
  const Run& run = *state.run;
  const auto damaged = [](std::string what) {
    return Failure{
        {Code::invalid_input, "the journal of the unfinished run is damaged: " + what, "", "", "", "restore the state from a copy"}};
  };
  const auto is_known = [](const StepRecord& step) {
    const std::vector<std::string> names = step_names();
    return std::ranges::find(names, step.name) != names.end() || hook_number(step.name).has_value();
  };
  const auto unknown = std::ranges::find_if_not(run.steps, is_known);
  if (unknown != run.steps.end()) return damaged(fmt::format("there is no step '{}'", unknown->name));
  const std::vector<StepRecord> wanted = records_of(policy, run.kind);
  const bool is_same = std::ranges::equal(run.steps, wanted, {}, &StepRecord::name, &StepRecord::name);
  // Of a policy that was changed since, the steps may be others.
  const StepRecord* turning = run.find(point_of_no_return(policy));
  const bool is_whole = turning != nullptr && run.find("record") != nullptr;
  if (run.policy_hash == policy.hash ? !is_same : !is_whole) return damaged("its steps are not those of the policy");
  const bool has_turned = turning->state == StepRecord::State::done || turning->state == StepRecord::State::skipped;
  // Until the first run has turned, no side is written down as the active one.
  const std::string active = active_cluster(policy, state);
  if (active != (has_turned ? run.to : run.from))
    return damaged(fmt::format("'active' is {}, and the step {} is {}done", active, turning->name, has_turned ? "" : "not "));
  return {};
}

}  // namespace fedctl::failover
