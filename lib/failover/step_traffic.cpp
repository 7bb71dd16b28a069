#include "failover/checks.hpp"
#include "failover/side_database.hpp"
#include "failover/steps.hpp"
#include "fleet/health.hpp"
#include "traffic/resolve.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::failover {
namespace {

using Clock = std::chrono::steady_clock;
constexpr time::Duration between_questions{200};
constexpr time::Duration look_patience{2'000};

bool is_reachable(StepContext& context, const std::string& cluster) {
  const fleet::Answer answer = context.site.loop->run(fleet::ask_health(*context.site.client(cluster), look_patience));
  return !answer.problem;
}

/// What `ask` still misses, asked until it misses nothing or `within` is over.
Result<void> wait_until(StepContext& context, time::Duration within, const std::function<std::optional<Error>()>& ask) {
  const auto deadline = Clock::now() + within;
  while (true) {
    const std::optional<Error> missing = ask();
    if (!missing) return {};
    if (context.site.loop->interrupted()) return Failure{{Code::cancelled, "interrupted"}};
    if (Clock::now() >= deadline) return Failure{*missing};
    if (auto paused = pause(*context.site.loop, between_questions); !paused) return paused;
  }
}

std::optional<Error> resolver_misses(StepContext& context, const std::string& resolver, const traffic::Record& record) {
  const auto answer = context.site.loop->run(traffic::resolve(*context.site.loop, resolver, record.name, record.type, look_patience));
  if (!answer) return answer.error();
  if (traffic::same_name(answer->value, record.value)) return std::nullopt;
  return Error{.code = Code::timeout,
               .message = fmt::format("{} answers {} for {}, not {}", resolver, answer->value.empty() ? "nothing" : answer->value,
                                      record.name, record.value),
               .hint = "resolvers keep an answer for its ttl; go on with --resume"};
}

ActiveSide active_after(const Run& run) { return {run.to, run.token}; }

/// How many objects of the cluster changed.
Result<std::size_t> give_role(StepContext& context, const std::string& cluster) {
  const auto plan = plan_roles(context.site, active_after(context.run), {cluster}, context.options.roles);
  if (!plan) return Failure{plan.error()};
  if (auto applied = apply_roles(context.site, *plan); !applied) return Failure{applied.error()};
  const plan::Summary summary = plan->plan.summary();
  return summary.create + summary.update;
}

}  // namespace

Result<RolesEvidence> switch_roles(StepContext& context) {
  Site& site = context.site;
  const Run& run = context.run;
  const auto written = write_roles(site, active_after(run));
  if (!written) return Failure{written.error()};
  RolesEvidence evidence{.federated_objects = static_cast<std::int64_t>(*written), .clusters = {run.to}};
  const auto changed = give_role(context, run.to);
  if (!changed) return Failure{changed.error()};
  evidence.changed = static_cast<std::int64_t>(*changed);
  // The old side waits for nobody, and nobody for it.
  const StepRecord* record = run.find(StepKind::fence);
  const FenceEvidence fenced = record == nullptr ? FenceEvidence{} : record->evidence.read<FenceEvidence>();
  if (fenced.scaled_to_zero) {
    evidence.left_alone = fmt::format("{} stays scaled to zero", run.from);
  } else if (fenced.is_unreachable || !is_reachable(context, run.from)) {
    evidence.left_alone = fmt::format("{} cannot be reached; it gets its role when it can", run.from);
  } else if (const auto old_side = give_role(context, run.from)) {
    evidence.clusters.push_back(run.from);
    evidence.changed = static_cast<std::int64_t>(*changed + *old_side);
  } else {
    evidence.left_alone = describe(old_side.error());
  }
  return evidence;
}

Result<ReadyEvidence> wait_ready(StepContext& context) {
  const auto ready = wait_for_targets(context.site, active_after(context.run), context.run.to, context.site.policy.ready_timeout);
  if (!ready) return Failure{ready.error()};
  return ReadyEvidence{static_cast<std::int64_t>(*ready)};
}

Result<Findings> switch_dns(StepContext& context) {
  Site& site = context.site;
  if (!site.dns) return Skipped{"the policy has no DNS any more"};
  const traffic::Record record = site.record_for(context.run.to);
  DnsEvidence evidence{.name = record.name, .type = record.type, .value = record.value};
  if (site.dns->follows_health()) {
    evidence.follows = "the sides' health checks";
    return evidence;
  }
  const auto before = site.loop->run(site.dns->current(record));
  const auto put = site.loop->run(site.dns->put(record));
  if (!put) return Failure{put.error()};
  evidence.ttl = record.ttl;
  evidence.provider = site.dns->display_name();
  if (before) evidence.before = before->value;
  if (before && traffic::same_name(before->value, record.value)) evidence.is_unchanged = true;
  return evidence;
}

Result<VerifyEvidence> verify(StepContext& context) {
  Site& site = context.site;
  const std::string& to = context.run.to;
  VerifyEvidence evidence;
  if (site.policy.postgres) {
    const auto standing = site.loop->run(look_at_database(site, to, look_patience));
    if (!standing) return Failure{in_cluster(standing.error(), to)};
    if (!standing->is_writable()) return Failure{{.code = Code::rejected, .message = "its database takes no writes", .cluster = to}};
    evidence.is_writable = true;
  }
  const time::Duration within = site.policy.dns ? site.policy.dns->within : time::Duration{30'000};
  const StepRecord* switched = context.run.find(StepKind::dns);
  const bool is_owed = switched != nullptr && switched->state == StepRecord::State::owed;
  if (is_owed) evidence.resolvers_not_asked = "not asked: the step dns is owed";
  if (site.policy.dns && !is_owed) {
    const traffic::Record record = site.record_for(to);
    for (const std::string& resolver : site.policy.dns->resolvers) {
      const auto answered = wait_until(context, within, [&] { return resolver_misses(context, resolver, record); });
      if (!answered) return Failure{answered.error()};
      evidence.resolvers.push_back(resolver);
    }
  }
  for (const Check& check : site.policy.health.checks) {
    if (check.kind != Check::Kind::http) continue;
    const auto answered = wait_until(context, within, [&] { return site.loop->run(run_check(site, check, to)); });
    if (!answered) return Failure{in_cluster(answered.error(), to)};
    evidence.answers.push_back(check.urls.at(to));
  }
  return evidence;
}

}  // namespace fedctl::failover
