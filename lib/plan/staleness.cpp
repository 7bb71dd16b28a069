#include "plan/staleness.hpp"

#include "base/json.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>

namespace fedctl::plan {
namespace {

using nlohmann::json;
using Changes = std::map<kube::ObjectKey, const Change*>;

bool does_something(const Change& change) {
  return change.action == Action::create || change.action == Action::update || change.action == Action::remove;
}

Changes by_key(const ClusterPlan& cluster) {
  Changes changes;
  for (const Change& change : cluster.changes) changes.emplace(change.key, &change);
  return changes;
}

bool same_field(const FieldChange& one, const FieldChange& other) {
  return one.path == other.path && one.old_value == other.old_value && one.new_value == other.new_value;
}

bool same_fields(const Change& saved, const Change& fresh) {
  // What the masks hide is not compared; the version is.
  const bool hidden = std::ranges::any_of(saved.fields, &FieldChange::sensitive);
  if (hidden && saved.resource_version != fresh.resource_version) return false;
  return std::ranges::equal(saved.fields, fresh.fields, same_field);
}

bool agrees(const Change& saved, const Change& fresh) {
  if (saved.action != fresh.action || saved.hash != fresh.hash || saved.uid != fresh.uid || saved.release != fresh.release) return false;
  return saved.action != Action::update || same_fields(saved, fresh);
}

/// Made already: nothing is left to do.
bool is_done(const Change& saved, const Change* fresh) {
  if (saved.action == Action::remove || saved.release) return fresh == nullptr;
  return fresh != nullptr && fresh->action == Action::unchanged;
}

std::string value_text(const std::optional<json>& value) { return value ? fedctl::to_text(*value) : "not set"; }

std::string field_that_moved(const Change& saved, const Change& fresh) {
  for (const FieldChange& field : fresh.fields) {
    const auto before = std::ranges::find(saved.fields, field.path, &FieldChange::path);
    if (before == saved.fields.end()) return fmt::format("{} is {} now", field.path, value_text(field.old_value));
    if (before->old_value != field.old_value)
      return fmt::format("{} is {} now, and was {}", field.path, value_text(field.old_value), value_text(before->old_value));
  }
  for (const FieldChange& field : saved.fields) {
    if (std::ranges::find(fresh.fields, field.path, &FieldChange::path) == fresh.fields.end())
      return fmt::format("{} is no longer {}", field.path, value_text(field.old_value));
  }
  return "it was changed";
}

std::string what_moved(const Change& saved, const Change* fresh) {
  if (fresh == nullptr) return "it is not planned any more";
  if (fresh->action == Action::unknown) return "it could not be looked at: " + fresh->note;
  if (fresh->action == Action::conflict) return fresh->note;
  if (saved.action == Action::create) return "it was created meanwhile";
  if (fresh->action == Action::create) return "it was deleted";
  if (saved.uid != fresh->uid) return "it was deleted and made again";
  if (saved.hash != fresh->hash) return "the input says something else now";
  if (fresh->action == Action::unchanged) return "it is as wanted already";
  return field_that_moved(saved, *fresh);
}

std::optional<kube::Writer> who_moved(const Change* fresh, const std::string& created) {
  if (fresh == nullptr) return std::nullopt;
  for (const kube::Writer& writer : fresh->writers) {
    if (writer.time >= created) return writer;
  }
  for (const FieldChange& field : fresh->fields) {
    if (field.changed_by) return field.changed_by;
  }
  // The server keeps no time of a scaling, so it may have been since.
  const auto timeless = std::ranges::find(fresh->writers, std::string{}, &kube::Writer::time);
  return timeless == fresh->writers.end() ? std::nullopt : std::optional{*timeless};
}

/// A cluster that told who it is must tell the same again; one that could not be asked then may be asked now.
bool is_same_cluster(const ClusterPlan& saved, const ClusterPlan& fresh) {
  return saved.identity.empty() || saved.identity == fresh.identity;
}

void judge_cluster(Staleness& result, const ClusterPlan& saved, const ClusterPlan* fresh, const std::string& created) {
  if (saved.status != ClusterStatus::ok) return;
  const auto whole = [&](std::string what) { result.moved.push_back({saved.name, {}, std::move(what), std::nullopt}); };
  if (fresh == nullptr) {
    if (std::ranges::any_of(saved.changes, does_something)) whole("the cluster is not in the fleet any more");
    return;
  }
  if (fresh->status == ClusterStatus::unknown) return whole("it cannot be asked: " + fresh->problem->message);
  if (!is_same_cluster(saved, *fresh)) {
    return whole(fresh->identity.empty() ? "it does not tell any more which cluster it is: the UID of kube-system cannot be read"
                                         : "this name leads to another cluster now");
  }
  if (fresh->status == ClusterStatus::error) return whole("it cannot be planned any more: " + fresh->errors.front().message);
  const Changes now = by_key(*fresh);
  const Changes then = by_key(saved);
  for (const auto& [key, change] : then) {
    if (!does_something(*change)) continue;
    const auto found = now.find(key);
    const Change* current = found == now.end() ? nullptr : found->second;
    if (is_done(*change, current)) {
      ++result.done;
    } else if (current == nullptr || !agrees(*change, *current)) {
      result.moved.push_back({saved.name, key, what_moved(*change, current), who_moved(current, created)});
    }
  }
  for (const auto& [key, change] : now) {
    const auto planned = then.find(key);
    const bool was_planned = planned != then.end() && does_something(*planned->second);
    if (does_something(*change) && !was_planned) ++result.elsewhere;
  }
}

const ClusterPlan* find(const Plan& plan, const std::string& name) {
  const auto found = std::ranges::find(plan.clusters, name, &ClusterPlan::name);
  return found == plan.clusters.end() ? nullptr : &*found;
}

void keep_agreed(ClusterPlan& fresh, const ClusterPlan* saved) {
  if (fresh.status != ClusterStatus::ok) return;
  const bool other_cluster = saved != nullptr && !is_same_cluster(*saved, fresh);
  if (saved == nullptr || saved->status != ClusterStatus::ok || other_cluster) {
    fresh.changes.clear();
    fresh.bookkeeping.clear();
    fresh.status = ClusterStatus::unknown;
    fresh.problem = saved != nullptr && saved->problem ? *saved->problem : Error{Code::conflict, "the saved plan does nothing here"};
    return;
  }
  const Changes then = by_key(*saved);
  std::vector<Change> kept;
  for (Change& change : fresh.changes) {
    const auto planned = then.find(change.key);
    const bool was_planned = planned != then.end() && does_something(*planned->second);
    const bool is_quiet = change.action == Action::unchanged;
    if (!is_quiet && !was_planned) continue;
    if (!is_quiet && !agrees(*planned->second, change)) {
      change.note = "moved since it was planned: " + what_moved(*planned->second, &change);
      change.action = Action::conflict;
    }
    kept.push_back(std::move(change));
  }
  fresh.changes = std::move(kept);
}

}  // namespace

Staleness staleness_of(const Plan& saved, const std::string& created, const Plan& fresh) {
  Staleness result;
  if (saved.host) judge_cluster(result, *saved.host, fresh.host ? &*fresh.host : nullptr, created);
  for (const ClusterPlan& cluster : saved.clusters) judge_cluster(result, cluster, find(fresh, cluster.name), created);
  return result;
}

void keep_agreed(Plan& fresh, const Plan& saved) {
  if (fresh.host) keep_agreed(*fresh.host, saved.host ? &*saved.host : nullptr);
  if (fresh.host && !saved.host) fresh.host.reset();
  for (ClusterPlan& cluster : fresh.clusters) keep_agreed(cluster, find(saved, cluster.name));
}

}  // namespace fedctl::plan
