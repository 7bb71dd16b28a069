#include "failover/evidence.hpp"

#include "base/json.hpp"
#include "failover/step.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

namespace fedctl::failover {
namespace {

using nlohmann::json;

constexpr const char* error_key = "error";
constexpr const char* skipped_key = "skipped";

template <typename Visitor>
void visit_fields(Visitor& visit, FreezeProof& proof) {
  visit.maybe("sessionsEnded", proof.sessions_ended);
  visit.maybe("preparedTransactions", proof.prepared_transactions);
  visit.flag("doorClosed", proof.is_door_closed);
  visit.text("stillFor", proof.still_for);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FrozenEvidence& frozen) {
  visit.position("lsn", frozen.lsn);
  visit.maybe("flushed", frozen.is_flushed);
  visit.part("proof", frozen.proof);
}

template <typename Visitor>
void visit_fields(Visitor& visit, Skipped& skipped) {
  visit.text(skipped_key, skipped.why);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FenceEvidence& fence) {
  visit.maybe("way", fence.way);
  visit.flag("unreachable", fence.is_unreachable);
  visit.list("notProven", fence.not_proven);
  visit_fields(visit, fence.frozen);
  visit.text("notFrozen", fence.not_frozen);
  visit.maybe("timeline", fence.timeline);
  visit.maybe("counted", fence.counted);
  visit.maybe("stopped", fence.is_stopped);
  visit.maybe("said", fence.said);
  visit.maybe("scaledToZero", fence.scaled_to_zero);
  visit.maybe("waited", fence.waited);
  visit.maybe("ttl", fence.ttl);
  visit.flag("acknowledged", fence.is_acknowledged);
  visit.text("overridden", fence.overridden);
}

template <typename Visitor>
void visit_fields(Visitor& visit, DrainEvidence& drain) {
  visit_fields(visit, drain.frozen);
  visit.text("systemIdentifier", drain.system_identifier);
  visit.maybe("timeline", drain.timeline);
  visit.text("at", drain.at);
  visit.maybe("counted", drain.counted);
}

template <typename Visitor>
void visit_fields(Visitor& visit, StopEvidence& stop) {
  visit.maybe("said", stop.said);
}

template <typename Visitor>
void visit_fields(Visitor& visit, CatchUpEvidence& caught_up) {
  visit.position("standbyLsn", caught_up.standby_lsn);
  visit.position("primaryLsn", caught_up.primary_lsn);
  visit.position("tokenLsn", caught_up.token_lsn);
  visit.maybe("basis", caught_up.basis);
  visit.maybe("exact", caught_up.is_exact);
  visit.maybe("lostBytes", caught_up.lost_bytes);
  visit.null("lostBytes", caught_up.is_loss_unknown);
  visit.maybe("primaryCounted", caught_up.primary_counted);
  visit.maybe("standbyCounted", caught_up.standby_counted);
  visit.maybe("lostCounted", caught_up.lost_counted);
}

template <typename Visitor>
void visit_fields(Visitor& visit, PromotionNames& names) {
  visit.maybe("before", names.before);
  visit.maybe("set", names.set);
  visit.maybe("later", names.later);
  visit.maybe("wasAltered", names.was_altered);
}

template <typename Visitor>
void visit_fields(Visitor& visit, PromoteEvidence& promoted) {
  visit.flag("asked", promoted.was_asked);
  visit.maybe("timeline", promoted.timeline);
  visit.position("lsn", promoted.lsn);
  visit.position("forkLsn", promoted.fork);
  visit.list("led", promoted.led);
  visit.part("synchronous", promoted.synchronous);
}

template <typename Visitor>
void visit_fields(Visitor& visit, RolesEvidence& roles) {
  visit.maybe("federatedObjects", roles.federated_objects);
  visit.list("clusters", roles.clusters);
  visit.maybe("changed", roles.changed);
  visit.text("leftAlone", roles.left_alone);
}

template <typename Visitor>
void visit_fields(Visitor& visit, ReadyEvidence& ready) {
  visit.maybe("ready", ready.ready);
}

template <typename Visitor>
void visit_fields(Visitor& visit, DnsEvidence& dns) {
  visit.text("name", dns.name);
  visit.text("type", dns.type);
  visit.maybe("ttl", dns.ttl);
  visit.maybe("value", dns.value);
  visit.maybe("before", dns.before);
  visit.text("provider", dns.provider);
  visit.text("follows", dns.follows);
  visit.flag("unchanged", dns.is_unchanged);
}

template <typename Visitor>
void visit_fields(Visitor& visit, VerifyEvidence& verified) {
  visit.flag("writable", verified.is_writable);
  visit.list("resolvers", verified.resolvers);
  visit.maybe("resolvers", verified.resolvers_not_asked);
  visit.list("answers", verified.answers);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FollowEvidence& followed) {
  visit.texts(followed.ways);
}

template <typename Visitor>
void visit_fields(Visitor& visit, RejoinEvidence& rejoined) {
  visit.position("lsn", rejoined.lsn);
  visit.maybe("timeline", rejoined.timeline);
}

template <typename Visitor>
void visit_fields(Visitor& visit, SynchronousEvidence& synchronous) {
  visit.text("names", synchronous.names);
  visit.list("named", synchronous.named);
  visit.list("exempt", synchronous.exempt);
  visit.flag("unchanged", synchronous.is_unchanged);
}

template <typename Visitor>
void visit_fields(Visitor& visit, HookEvidence& hook) {
  visit.maybe("said", hook.said);
  visit.text("failed", hook.failed);
}

/// Writes what there is.
class FindingsWriter {
 public:
  template <typename T>
  void maybe(const char* key, const std::optional<T>& value) {
    if (value) written_[key] = *value;
  }
  void maybe(const char* key, const std::optional<FenceWay>& way) {
    if (way) written_[key] = to_string(*way);
  }
  void position(const char* key, const std::optional<data::Lsn>& lsn) {
    if (lsn) written_[key] = data::format_lsn(*lsn);
  }
  template <typename T>
  void part(const char* key, std::optional<T>& part) {
    if (!part) return;
    FindingsWriter inner;
    visit_fields(inner, *part);
    written_[key] = inner.take();
  }
  void flag(const char* key, bool is_set) {
    if (is_set) written_[key] = true;
  }
  void null(const char* key, bool is_set) {
    if (is_set) written_[key] = nullptr;
  }
  void text(const char* key, const std::string& text) {
    if (!text.empty()) written_[key] = text;
  }
  void list(const char* key, const std::vector<std::string>& list) {
    if (!list.empty()) written_[key] = list;
  }
  void texts(const std::map<std::string, std::string>& texts) {
    for (const auto& [key, text] : texts) written_[key] = text;
  }
  json take() { return std::move(written_); }

 private:
  json written_ = json::object();
};

/// Reads what is there and has the type that it must have.
class FindingsReader {
 public:
  explicit FindingsReader(const json& object) : object_(object) {}

  void maybe(const char* key, std::optional<std::string>& value) {
    if (const json& there = at(key); there.is_string()) value = there.get<std::string>();
  }
  void maybe(const char* key, std::optional<bool>& value) {
    if (const json& there = at(key); there.is_boolean()) value = there.get<bool>();
  }
  void maybe(const char* key, std::optional<std::int64_t>& value) {
    // One that does not fit is not read.
    const std::int64_t number = integer_at(object_, key, 0);
    if (at(key).is_number_integer() && number == integer_at(object_, key, 1)) value = number;
  }
  void maybe(const char* key, std::optional<FenceWay>& value) {
    for (int way = 0; way <= static_cast<int>(FenceWay::unfenced); ++way) {
      if (at(key) == json(to_string(static_cast<FenceWay>(way)))) value = static_cast<FenceWay>(way);
    }
  }
  void maybe(const char* key, std::optional<std::vector<std::string>>& value) {
    std::vector<std::string> list;
    this->list(key, list);
    if (at(key).is_array() && list.size() == at(key).size()) value = std::move(list);
  }
  void position(const char* key, std::optional<data::Lsn>& lsn) {
    if (const json& there = at(key); there.is_string()) lsn = data::parse_lsn(there.get<std::string>());
  }
  template <typename T>
  void part(const char* key, std::optional<T>& part) {
    if (!at(key).is_object()) return;
    FindingsReader inner{at(key)};
    part.emplace();
    visit_fields(inner, *part);
  }
  void flag(const char* key, bool& is_set) { is_set = at(key) == json(true); }
  void null(const char* key, bool& is_set) { is_set = object_.contains(key) && at(key).is_null(); }
  void text(const char* key, std::string& text) { text = string_at(object_, key); }
  void list(const char* key, std::vector<std::string>& list) {
    for (const json& item : list_at(object_, key)) {
      if (item.is_string()) list.push_back(item.get<std::string>());
    }
  }
  void texts(std::map<std::string, std::string>& texts) {
    for (const auto& [key, text] : object_.items()) {
      if (text.is_string()) texts[key] = text.get<std::string>();
    }
  }

 private:
  const json& at(const char* key) const { return value_at(object_, key); }

  const json& object_;
};

template <typename T>
Findings findings_in(const json& object) {
  T found;
  FindingsReader reader{object};
  visit_fields(reader, found);
  return found;
}

Findings findings_of(std::string_view step, const json& object) {
  if (value_at(object, skipped_key).is_string()) return findings_in<Skipped>(object);
  const auto kind = step_kind(step);
  if (!kind) return findings_in<HookEvidence>(object);
  switch (*kind) {
    case StepKind::fence: return findings_in<FenceEvidence>(object);
    case StepKind::drain: return findings_in<DrainEvidence>(object);
    case StepKind::stop: return findings_in<StopEvidence>(object);
    case StepKind::catch_up: return findings_in<CatchUpEvidence>(object);
    case StepKind::promote: return findings_in<PromoteEvidence>(object);
    case StepKind::roles: return findings_in<RolesEvidence>(object);
    case StepKind::ready: return findings_in<ReadyEvidence>(object);
    case StepKind::dns: return findings_in<DnsEvidence>(object);
    case StepKind::verify: return findings_in<VerifyEvidence>(object);
    case StepKind::follow: return findings_in<FollowEvidence>(object);
    case StepKind::rejoin: return findings_in<RejoinEvidence>(object);
    case StepKind::synchronous: return findings_in<SynchronousEvidence>(object);
    case StepKind::record: break;
  }
  return {};
}

json findings_as_json(Findings found) {
  FindingsWriter writer;
  const auto write = [&](auto& one) {
    if constexpr (!std::is_same_v<std::decay_t<decltype(one)>, std::monostate>) visit_fields(writer, one);
  };
  std::visit(write, found);
  return writer.take();
}

}  // namespace

std::string_view to_string(FenceWay way) {
  switch (way) {
    case FenceWay::none_needed: return "none-needed";
    case FenceWay::database: return "database";
    case FenceWay::stop: return "stop";
    case FenceWay::program: return "program";
    case FenceWay::scale: return "scale";
    case FenceWay::guard: return "guard";
    case FenceWay::unfenced: break;
  }
  return "unfenced";
}

void Evidence::say(Findings findings) {
  const json said = findings_as_json(findings);
  for (const auto& [key, value] : said.items()) rest.erase(key);
  found = std::move(findings);
}

json to_json(const Evidence& evidence) {
  json written = findings_as_json(evidence.found);
  for (const auto& [key, value] : evidence.rest.items()) written[key] = value;
  if (!evidence.error.empty()) written[error_key] = evidence.error;
  return written;
}

Evidence evidence_from(std::string_view step, const json& object) {
  json rest = object.is_object() ? object : json::object();
  Evidence evidence{.error = string_at(rest, error_key)};
  if (!evidence.error.empty()) rest.erase(error_key);
  const std::size_t whole = rest.size();
  Findings found = findings_of(step, rest);
  const json understood = findings_as_json(found);
  for (const auto& [key, value] : understood.items()) {
    if (value_at(rest, key) == value) rest.erase(key);
  }
  if (rest.size() < whole) evidence.found = std::move(found);
  evidence.rest = std::move(rest);
  return evidence;
}

}  // namespace fedctl::failover
