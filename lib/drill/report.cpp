#include "drill/report.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace fedctl::drill {
namespace {

using nlohmann::json;

double seconds(time::Duration duration) { return static_cast<double>(duration.count()) / 1000; }

json step_document(const failover::StepRecord& step) {
  json document{{"name", step.name}, {"state", to_string(step.state)}, {"beganAt", step.begun_at}, {"endedAt", step.ended_at}};
  document["attempts"] = step.attempts;
  if (const auto took = failover::elapsed(step.begun_at, step.ended_at)) document["seconds"] = seconds(*took);
  document["evidence"] = to_json(step.evidence);
  return document;
}

json gap_document(const WriteGap& gap) {
  json document{{"tried", gap.tried}, {"accepted", gap.accepted}, {"lost", gap.lost}, {"twoWriters", gap.had_two_writers}};
  if (gap.last_before) document["lastBefore"] = failover::timestamp(*gap.last_before);
  if (gap.first_after) document["firstAfter"] = failover::timestamp(*gap.first_after);
  if (gap.last_before && gap.first_after) document["gapSeconds"] = seconds(gap.longest);
  return document;
}

json leg_document(const Leg& leg, bool with_writes) {
  json document{
      {"from", leg.run.from}, {"to", leg.run.to}, {"token", leg.run.token}, {"beganAt", leg.run.began_at}, {"endedAt", leg.run.ended_at}};
  document["outcome"] = leg.run.outcome;
  document["overridden"] = leg.run.overridden;
  document["steps"] = json::array();
  for (const failover::StepRecord& step : leg.run.steps) document["steps"].push_back(step_document(step));
  if (leg.gap) document["writes"] = gap_document(*leg.gap);
  if (!with_writes) return document;
  for (const Write& write : leg.writes) {
    json one{{"side", write.side}, {"sentAt", failover::timestamp(write.sent)}, {"answeredAt", failover::timestamp(write.answered)}};
    one["accepted"] = write.accepted;
    document["probes"].push_back(std::move(one));
  }
  return document;
}

void add_simulation(json& document, const Report& report) {
  if (!report.assessment) return;
  const failover::Assessment& assessment = *report.assessment;
  document["from"] = assessment.from;
  document["to"] = assessment.to;
  document["changes"] = report.changes;
  document["steps"] = json::array();
  for (const failover::PlannedStep& step : assessment.steps) {
    json one{{"name", step.name}, {"what", step.text}};
    if (const auto took = report.expected.find(step.name); took != report.expected.end()) one["expectedSeconds"] = seconds(took->second);
    document["steps"].push_back(std::move(one));
  }
  if (!report.expected.empty()) document["expectedSeconds"] = seconds(report.expected_whole());
  document["blockers"] = json::array();
  for (const failover::Blocker& blocker : assessment.blockers) document["blockers"].push_back(blocker.message);
  document["warnings"] = assessment.warnings;
}

}  // namespace

std::string_view to_string(Report::Kind kind) { return kind == Report::Kind::switchover ? "switchover" : "simulated"; }

std::optional<time::Duration> Report::rto() const {
  std::optional<time::Duration> longest;
  for (const Leg& leg : legs) {
    const failover::StepRecord* verified = leg.run.find(failover::StepKind::verify);
    const auto one = verified == nullptr ? std::nullopt : failover::elapsed(leg.run.began_at, verified->ended_at);
    longest = std::max(longest, one);
  }
  return longest;
}

std::optional<time::Duration> Report::longest_gap() const {
  std::optional<time::Duration> longest;
  for (const Leg& leg : legs) {
    if (leg.gap && leg.gap->last_before && leg.gap->first_after) longest = std::max(longest, std::optional{leg.gap->longest});
  }
  return longest;
}

std::size_t Report::lost() const {
  std::size_t lost = 0;
  for (const Leg& leg : legs) lost += leg.gap ? leg.gap->lost : 0;
  return lost;
}

bool Report::had_two_writers() const {
  return std::ranges::any_of(legs, [](const Leg& leg) { return leg.gap && leg.gap->had_two_writers; });
}

std::optional<bool> Report::kept_rto() const {
  const auto measured = rto();
  if (!measured || !promised_rto) return std::nullopt;
  return *measured <= *promised_rto;
}

std::optional<bool> Report::kept_rpo() const {
  if (!promised_rpo && !promised_rpo_bytes) return std::nullopt;
  return lost() == 0;
}

time::Duration Report::expected_whole() const {
  time::Duration whole{0};
  for (const auto& [step, took] : expected) whole += took;
  return whole;
}

json to_json(const Report& report, bool with_writes) {
  json document{{"kind", to_string(report.kind)}, {"policy", report.policy}, {"policyHash", report.policy_hash},
                {"version", report.version},      {"by", report.by},         {"beganAt", report.began_at},
                {"endedAt", report.ended_at}};
  document["legs"] = json::array();
  for (const Leg& leg : report.legs) document["legs"].push_back(leg_document(leg, with_writes));
  const auto rto = report.rto();
  if (rto) document["rtoSeconds"] = seconds(*rto);
  if (const auto gap = report.longest_gap()) document["writeGapSeconds"] = seconds(*gap);
  if (report.promised_rto) document["promised"]["rtoSeconds"] = seconds(*report.promised_rto);
  if (report.promised_rpo) document["promised"]["rpoSeconds"] = seconds(*report.promised_rpo);
  if (report.promised_rpo_bytes) document["promised"]["rpoBytes"] = *report.promised_rpo_bytes;
  if (report.kind == Report::Kind::simulated) {
    add_simulation(document, report);
    return document;
  }
  document["lostWrites"] = report.lost();
  document["twoWriters"] = report.had_two_writers();
  if (const auto kept = report.kept_rto()) document["kept"]["rto"] = *kept;
  if (const auto kept = report.kept_rpo()) document["kept"]["rpo"] = *kept;
  return document;
}

std::map<std::string, time::Duration> last_durations(const failover::State& state) {
  std::map<std::string, time::Duration> durations;
  const auto take = [&](const json& run) {
    if (string_at(run, "state") != "done") return;
    for (const json& step : list_at(run, "steps")) {
      const auto took = failover::elapsed(string_at(step, "beganAt"), string_at(step, "endedAt"));
      if (took && string_at(step, "state") == "done") durations[string_at(step, "name")] = *took;
    }
  };
  for (const json& run : state.history) take(run);
  return durations;
}

}  // namespace fedctl::drill
