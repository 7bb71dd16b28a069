#include "failover/journal.hpp"

#include "base/json.hpp"
#include "base/pointer.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <iterator>

namespace fedctl::failover {
namespace {

using nlohmann::json;

constexpr std::string_view hook_mark = "hook ";

std::string hook_name(const Hook& hook) {
  return fmt::format("{}{} {} {}", hook_mark, hook.name, hook.before ? "before" : "after", hook.step);
}

/// "hook warm caches before promote" -> "warm caches".
std::string name_in(const StepRecord& hook) {
  const auto step = hook.name.rfind(' ');
  const auto when = step == std::string::npos ? step : hook.name.rfind(' ', step - 1);
  return when == std::string::npos || when < hook_mark.size() ? "" : hook.name.substr(hook_mark.size(), when - hook_mark.size());
}

bool is_over(const StepRecord& step) { return step.state == StepRecord::State::done || step.state == StepRecord::State::skipped; }

std::string shown(const json& value) { return value.is_string() ? value.get<std::string>() : to_text(value); }

/// "/hooks/0/command" -> "spec.hooks[0].command".
std::string field_path(const std::string& pointer) {
  std::string path = "spec";
  for (const std::string& token : pointer::parse(pointer).value_or(std::vector<std::string>{})) {
    const bool is_number = !token.empty() && std::ranges::all_of(token, [](char c) { return c >= '0' && c <= '9'; });
    path += is_number ? fmt::format("[{}]", token) : "." + token;
  }
  return path;
}

}  // namespace

bool is_hook(const StepRecord& step) { return step.name.starts_with(hook_mark); }

const Hook* hook_of(const Policy& policy, const StepRecord& step) {
  const auto found = std::ranges::find_if(
      policy.hooks, [&](const Hook& hook) { return hook_name(hook) == step.name && (step.hash.empty() || step.hash == hook.hash); });
  return found == policy.hooks.end() ? nullptr : &*found;
}

std::vector<std::string> spec_changes(const json& before_it, const json& after_it) {
  std::vector<std::string> changes;
  for (const json& change : json::diff(before_it, after_it)) {
    const std::string pointer = string_at(change, "path");
    const bool was_there = string_at(change, "op") != "add";
    const json before = was_there ? before_it.at(json::json_pointer{pointer}) : json("(none)");
    const json after = change.contains("value") ? value_at(change, "value") : json("(none)");
    changes.push_back(fmt::format("{}: {} -> {}", field_path(pointer), shown(before), shown(after)));
  }
  return changes;
}

std::vector<std::string> policy_changes(const Run& run, const Policy& policy) {
  if (run.policy.is_null()) return {"it is not known what it was"};
  return spec_changes(run.policy, policy.spec);
}

void take_policy(Run& run, const Policy& policy) {
  std::vector<StepRecord> old = std::move(run.steps);
  std::vector<StepRecord> steps = records_of(policy, run.kind);
  for (StepRecord& step : steps) {
    auto same = std::ranges::find_if(
        old, [&](const StepRecord& one) { return is_hook(step) ? is_hook(one) && one.hash == step.hash : one.name == step.name; });
    // One with a name of its own is the same hook, whatever it says now, where it was done.
    const bool is_named = is_hook(step) && !std::ranges::all_of(name_in(step), [](char c) { return c >= '0' && c <= '9'; });
    if (same == old.end() && is_named)
      same = std::ranges::find_if(old, [&](const StepRecord& one) { return is_over(one) && one.name == step.name; });
    if (same == old.end()) continue;
    const std::string name = step.name;
    step = std::move(*same);
    step.name = name;
    old.erase(same);
  }
  std::erase_if(old, [](const StepRecord& one) { return !is_over(one); });
  old.insert(old.end(), std::make_move_iterator(steps.begin()), std::make_move_iterator(steps.end()));
  run.steps = std::move(old);
  run.policy = policy.spec;
  run.policy_hash = policy.hash;
}

Result<void> skip_hook(Run& run, const std::string& name) {
  const auto has_name = [&](const StepRecord& step) { return is_hook(step) && !is_over(step) && name_in(step) == name; };
  const auto found = std::ranges::find_if(run.steps, has_name);
  if (found == run.steps.end()) {
    std::vector<std::string> open;
    for (const StepRecord& step : run.steps) {
      if (is_hook(step) && !is_over(step)) open.push_back(name_in(step));
    }
    return Failure{{.code = Code::usage,
                    .message = fmt::format("the run has no hook '{}' that is still to be run", name),
                    .hint = open.empty() ? "all its hooks are done" : "it has " + text::listed(open)}};
  }
  found->state = StepRecord::State::skipped;
  found->evidence.say(Skipped{"--skip-hook"});
  run.overridden.push_back("--skip-hook " + name);
  return {};
}

std::vector<StepRecord> records_of(const Policy& policy, RunKind kind) {
  std::vector<StepRecord> records;
  const auto add_hooks = [&](std::string_view step, bool before) {
    for (const Hook& hook : policy.hooks) {
      if (hook.step == step && hook.before == before) records.push_back({.name = hook_name(hook), .hash = hook.hash});
    }
  };
  for (const StepKind step : steps_of(policy, kind)) {
    const std::string_view name = to_string(step);
    add_hooks(name, true);
    records.push_back({.name = std::string{name}});
    add_hooks(name, false);
  }
  return records;
}

bool may_have_turned(const Policy& policy, const Run& run) {
  const StepRecord* turning = run.find(point_of_no_return(policy));
  if (turning == nullptr || turning->state == StepRecord::State::pending) return false;
  const bool is_only_begun = policy.postgres && turning->state == StepRecord::State::begun;
  return !is_only_begun || turning->evidence.read<PromoteEvidence>().was_asked;
}

void reopen(Run& run) {
  for (StepRecord& step : run.steps) {
    const auto kind = step_kind(step.name);
    const bool is_undone = kind == StepKind::fence || kind == StepKind::drain || kind == StepKind::stop || kind == StepKind::catch_up;
    if (is_undone && step.state == StepRecord::State::done) step.state = StepRecord::State::begun;
  }
}

std::string way_on(const Policy& policy, const Run& run) {
  const std::string on = "go on with 'fedctl failover run --resume'";
  return may_have_turned(policy, run) ? on : on + ", or undo it with 'fedctl failover abort'";
}

Result<void> check_journal(const Policy& policy, const State& state) {
  const Run& run = *state.run;
  const auto damaged = [](std::string what) {
    return Failure{{.code = Code::invalid_input,
                    .message = "the journal of the unfinished run is damaged: " + what,
                    .hint = "restore the state from a copy"}};
  };
  const auto is_known = [](const StepRecord& step) { return step_kind(step.name) || is_hook(step); };
  const auto unknown = std::ranges::find_if_not(run.steps, is_known);
  if (unknown != run.steps.end()) return damaged(fmt::format("there is no step '{}'", unknown->name));
  const std::vector<StepRecord> wanted = records_of(policy, run.kind);
  const bool is_same = std::ranges::equal(run.steps, wanted, {}, &StepRecord::name, &StepRecord::name);
  // Of a policy that was changed since, the steps may be others.
  const StepRecord* turning = run.find(point_of_no_return(policy));
  const bool is_whole = turning != nullptr && run.find(StepKind::record) != nullptr;
  if (run.policy_hash == policy.hash ? !is_same : !is_whole) return damaged("its steps are not those of the policy");
  const bool has_turned = turning->state == StepRecord::State::done || turning->state == StepRecord::State::skipped;
  // Until the first run has turned, no side is written down as the active one.
  const std::string active = active_cluster(policy, state);
  if (active != (has_turned ? run.to : run.from))
    return damaged(fmt::format("'active' is {}, and the step {} is {}done", active, turning->name, has_turned ? "" : "not "));
  return {};
}

std::string summary_of(const StepRecord& record) {
  std::string text;
  const nlohmann::json evidence = to_json(record.evidence);
  for (const auto& [key, value] : evidence.items()) {
    if (key == "proof") continue;
    const std::string shown = value.is_string() ? value.get<std::string>() : to_text(value);
    if (shown.empty()) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", key, shown);
  }
  return text;
}

}  // namespace fedctl::failover
