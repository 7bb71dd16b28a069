#include "failover/step.hpp"

#include "base/text.hpp"
#include "base/url.hpp"
#include "failover/assess.hpp"
#include "failover/quorum.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace fedctl::failover {
namespace {

bool always(const Policy& /*policy*/, RunKind /*kind*/) { return true; }
bool is_failover(const Policy& /*policy*/, RunKind kind) { return kind == RunKind::failover; }
bool has_database(const Policy& policy, RunKind /*kind*/) { return policy.postgres.has_value(); }
bool has_record(const Policy& policy, RunKind /*kind*/) { return policy.dns.has_value(); }
bool hands_database_over(const Policy& policy, RunKind kind) { return kind == RunKind::switchover && policy.postgres; }

/// Has any side a program for this?
bool has_program(const Policy& policy, Action DatabaseSide::*action) {
  return std::ranges::any_of(policy.postgres->sides, [&](const auto& side) { return static_cast<bool>(side.second.*action); });
}
bool stops(const Policy& policy, RunKind kind) { return hands_database_over(policy, kind) && has_program(policy, &DatabaseSide::stop); }
bool rejoins(const Policy& policy, RunKind kind) { return hands_database_over(policy, kind) && has_program(policy, &DatabaseSide::rejoin); }
bool leaves_standbys(const Policy& policy, RunKind /*kind*/) { return has_other_standbys(policy); }
bool promises_to_wait(const Policy& policy, RunKind /*kind*/) {
  return policy.postgres && policy.postgres->replication.mode == Replication::Mode::sync;
}

bool never_turns(const Policy& /*policy*/) { return false; }
bool turns_database(const Policy& policy) { return policy.postgres.has_value(); }
bool turns_roles(const Policy& policy) { return !policy.postgres; }

std::string describe_fence(const Outlook& outlook) {
  const std::string& from = outlook.from;
  const SideSurvey& old_side = *outlook.survey.find(from);
  const std::vector<FenceWay> ways = fence_ways(outlook.policy, outlook.state, old_side, outlook.options);
  if (ways.empty()) return fmt::format("{} cannot be fenced", from);
  switch (ways.front()) {
    case FenceWay::none_needed: return fmt::format("the database of {} is no primary, so it takes no writes", from);
    case FenceWay::database: return fmt::format("the database of {} takes no more writes, all its sessions end", from);
    case FenceWay::stop: return fmt::format("the program of {} stops its database", from);
    case FenceWay::program: return fmt::format("{} fences {}", outlook.policy.fencing.exec.command.front(), from);
    case FenceWay::scale: return fmt::format("the workloads of {} are scaled to zero", from);
    case FenceWay::guard:
      return fmt::format("the guard of {} is told, or {} pass, after which it takes no writes by itself", from,
                         time::format_duration(old_side.guard.ttl));
    case FenceWay::unfenced: break;
  }
  return fmt::format("nothing makes {} harmless: it is left as it is", from);
}

std::string describe_drain(const Outlook& outlook) {
  return fmt::format("the database of {} takes no more writes, all its sessions end; its last position is the token", outlook.from);
}

std::string describe_stop(const Outlook& outlook) { return fmt::format("the database of {} is shut down cleanly", outlook.from); }

std::string describe_catch_up(const Outlook& outlook) {
  return outlook.options.kind == RunKind::switchover
             ? fmt::format("the database of {} has replayed all up to the token", outlook.to)
             : fmt::format("the database of {} takes in what it received; what it lacks is measured", outlook.to);
}

std::string describe_promote(const Outlook& outlook) {
  return fmt::format("the database of {} becomes the primary, takes writes and proves it{}", outlook.to,
                     promotion_text(plan_synchronous(outlook.policy, outlook.state, outlook.survey, outlook.from, outlook.to)));
}

std::string describe_roles(const Outlook& outlook) { return fmt::format("{} gets the role active, {} standby", outlook.to, outlook.from); }

std::string describe_ready(const Outlook& outlook) { return fmt::format("the workloads of {} are ready", outlook.to); }

std::string describe_dns(const Outlook& outlook) {
  const Dns& dns = *outlook.policy.dns;
  const traffic::Record& record = dns.record;
  const auto& answer = outlook.survey.dns;
  const std::string now = !answer ? "?" : answer->value.empty() ? "nothing" : answer->value;
  return fmt::format("{} {}: {} -> {}, ttl {}", record.name, record.type, now, dns.targets.at(outlook.to), record.ttl);
}

std::string describe_verify(const Outlook& outlook) {
  const Policy& policy = outlook.policy;
  std::string text = policy.postgres ? fmt::format("{} takes writes", outlook.to) : fmt::format("{} serves", outlook.to);
  if (policy.dns && !policy.dns->resolvers.empty()) text += fmt::format(", {} answer so", text::join(policy.dns->resolvers, ", "));
  for (const Check& check : policy.health.checks) {
    if (check.kind == Check::Kind::http) text += fmt::format(", {} answers", url::without_password(check.urls.at(outlook.to)));
  }
  return text;
}

std::string describe_follow(const Outlook& outlook) { return fmt::format("the other standbys receive from {}", outlook.to); }

std::string describe_rejoin(const Outlook& outlook) {
  return fmt::format("the database of {} becomes a standby of {}", outlook.from, outlook.to);
}

std::string describe_synchronous(const Outlook& outlook) {
  return fmt::format("commits on {} wait for {}", outlook.to, wanted_names(outlook.policy, outlook.to));
}

std::string describe_record(const Outlook& /*outlook*/) { return "the run is recorded"; }

constexpr std::array table{
    Step{StepKind::fence, "fence", &is_failover, &never_turns, Owing::never, &describe_fence, "fence the old side"},
    Step{StepKind::drain, "drain", &hands_database_over, &never_turns, Owing::never, &describe_drain, ""},
    Step{StepKind::stop, "stop", &stops, &never_turns, Owing::never, &describe_stop, ""},
    Step{StepKind::catch_up, "catch-up", &has_database, &never_turns, Owing::never, &describe_catch_up,
         "take in what the standby received and measure what it lacks"},
    Step{StepKind::promote, "promote", &has_database, &turns_database, Owing::never, &describe_promote, "promote"},
    Step{StepKind::roles, "roles", &always, &turns_roles, Owing::never, &describe_roles, "switch roles and scale"},
    Step{StepKind::ready, "ready", &always, &never_turns, Owing::never, &describe_ready, "wait until it is ready"},
    Step{StepKind::dns, "dns", &has_record, &never_turns, Owing::until_done, &describe_dns, "DNS"},
    Step{StepKind::verify, "verify", &always, &never_turns, Owing::never, &describe_verify, "verify"},
    Step{StepKind::follow, "follow", &leaves_standbys, &never_turns, Owing::until_standbys, &describe_follow, ""},
    Step{StepKind::rejoin, "rejoin", &rejoins, &never_turns, Owing::never, &describe_rejoin, ""},
    Step{StepKind::synchronous, "synchronous", &promises_to_wait, &never_turns, Owing::until_standbys, &describe_synchronous, ""},
    Step{StepKind::record, "record", &always, &never_turns, Owing::never, &describe_record, "record"},
};

/// `step_of` finds a kind by its number.
static_assert(std::ranges::all_of(table, [](const Step& step) { return &step == &table[static_cast<std::size_t>(step.kind)]; }));

}  // namespace

std::string_view to_string(RunKind kind) { return kind == RunKind::failover ? "failover" : "switchover"; }

std::string_view to_string(StepKind kind) { return step_of(kind).name; }

std::optional<StepKind> step_kind(std::string_view name) {
  const auto found = std::ranges::find(table, name, &Step::name);
  return found == table.end() ? std::nullopt : std::optional{found->kind};
}

bool has_other_standbys(const Policy& policy) { return policy.postgres && policy.clusters.size() > 2; }

std::span<const Step> step_table() { return table; }

const Step& step_of(StepKind kind) { return table[static_cast<std::size_t>(kind)]; }

std::vector<std::string> step_names() {
  std::vector<std::string> names;
  for (const Step& step : table) names.emplace_back(step.name);
  return names;
}

std::vector<StepKind> steps_of(const Policy& policy, RunKind kind) {
  std::vector<StepKind> steps;
  for (const Step& step : table) {
    if (step.applies(policy, kind)) steps.push_back(step.kind);
  }
  return steps;
}

StepKind point_of_no_return(const Policy& policy) {
  const auto found = std::ranges::find_if(table, [&](const Step& step) { return step.turns(policy); });
  return found->kind;
}

std::string failover_in_words() {
  std::vector<std::string> parts;
  for (const Step& step : table) {
    if (!step.help.empty()) parts.emplace_back(step.help);
  }
  return text::join(parts, ", ");
}

}  // namespace fedctl::failover
