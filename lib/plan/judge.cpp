#include "plan/judge.hpp"

#include "federation/apply_set.hpp"
#include "kube/managed_fields.hpp"
#include "kube/object.hpp"
#include "plan/mark.hpp"
#include "plan/refusal.hpp"
#include "plan/undone_roles.hpp"

#include <fmt/format.h>

namespace fedctl::plan {
namespace {

using nlohmann::json;

Change in_conflict(Change change, std::string note) {
  change.action = Action::conflict;
  change.note = std::move(note);
  return change;
}

bool is_empty_namespace_change(const Change& change, const std::vector<FieldChange>& fields) {
  if (change.key.kind != "Namespace" || !change.key.group.empty()) return false;
  return fields.empty() || (fields.size() == 1 && fields.front().path == fmt::format("metadata.labels[{}]", federation::managed_label));
}

/// Which fields others changed since we applied last: those that are ours no more although desired still is as it was, and those
/// that somebody took later.
void mark_drift(std::vector<FieldChange>& fields, const json& live, const std::string& hash) {
  const auto ours = kube::applied_entry(live, kube::field_manager);
  if (!ours) return;
  const bool same_desired = kube::metadata_entry(live, "annotations", hash_annotation) == hash;
  for (FieldChange& field : fields) {
    if (kube::owns_field(ours->fields, field.where)) continue;
    auto writer = kube::writer_of(live, field.where, kube::field_manager);
    // The server keeps no time of a scaling.
    const bool is_later = writer && (writer->time.empty() || writer->time >= ours->time);
    field.drifted = same_desired || is_later;
    if (!field.drifted) continue;
    field.changed_by = std::move(writer);
    const auto all = kube::writers(live, kube::field_manager);
    // A field that somebody removed is nobody's: then it was most likely the last who wrote.
    if (!field.changed_by && !all.empty() && all.front().time >= ours->time) field.changed_by = all.front();
  }
}

}  // namespace

Change as_unshown_new(Change change) {
  change.action = Action::create;
  change.checked = false;
  return change;
}

Change as_new(Change change, std::string note) {
  change = as_unshown_new(std::move(change));
  change.note = std::move(note);
  change.fields = fields_of_new(*change.desired);
  change.after = std::make_shared<const json>(shown(nullptr, *change.desired).after);
  return change;
}

Result<Change> judge(Change change, const Evidence& evidence, const JudgeOptions& options) {
  const bool exists = !evidence.live.is_null();
  const Ownership ownership = exists && !options.all_ours ? ownership_of(evidence.live) : Ownership::ours;
  if (exists) {
    change.uid = kube::uid_of(evidence.live);
    change.resource_version = kube::string_at(kube::map_at(evidence.live, "metadata"), "resourceVersion");
    change.writers = kube::writers(evidence.live, kube::field_manager);
  }
  if (ownership == Ownership::hands_off) {
    return in_conflict(
        std::move(change),
        fmt::format("the live object is labelled {}: \"false\", hands off; remove that label to manage it", federation::managed_label));
  }
  if (exists) {
    const std::string since = kube::string_at(kube::map_at(evidence.live, "metadata"), "deletionTimestamp");
    if (!since.empty()) {
      make_unknown(change, Code::rejected, fmt::format("it is being deleted since {}; wait until it is gone, and plan again", since));
      return change;
    }
  }
  const std::string undone =
      exists && !options.accept_role_change ? undone_roles(evidence.live, *change.desired, options.acting_policy) : std::string{};
  if (!evidence.would_be && !cannot_dry_run(*evidence.refusal)) {
    // An admission policy may refuse it for the same reason, and says less.
    if (!undone.empty() && evidence.refusal->code == Code::rejected) return in_conflict(std::move(change), undone);
    return judge_refusal(std::move(change), evidence);
  }
  change.checked = evidence.would_be.has_value();
  if (!change.checked) change.note = "not checked: a webhook of the cluster cannot take part in a dry run";
  const json would_be = evidence.would_be ? *evidence.would_be : expected_locally(evidence, change);
  if (!exists) {
    change.action = Action::create;
    change.fields = fields_of_new(*change.desired);
    change.after = std::make_shared<const json>(shown(nullptr, would_be).after);
    return change;
  }
  change.takes_over = evidence.takes_over;
  change.fields = differences(evidence.live, would_be);
  mark_drift(change.fields, evidence.live, change.hash);
  if (!change.fields.empty()) {
    Shown both = shown(evidence.live, would_be);
    change.before = std::make_shared<const json>(std::move(both.before));
    change.after = std::make_shared<const json>(std::move(both.after));
  }
  const std::string their_set = kube::metadata_entry(evidence.live, "labels", federation::part_of_label);
  const std::string our_set = kube::metadata_entry(would_be, "labels", federation::part_of_label);
  if (!their_set.empty() && !our_set.empty() && their_set != our_set && !options.adopt) {
    return in_conflict(std::move(change), fmt::format("belongs to another set, {}; --adopt takes it into this one", their_set));
  }
  if (ownership == Ownership::foreign) {
    if (is_empty_namespace_change(change, change.fields) && !options.adopt) {
      change.fields.clear();
      change.note = "exists, and is not ours";
      return change;
    }
    if (!options.adopt) return in_conflict(std::move(change), "exists, and is not ours; --adopt takes it over");
    change.adopts = true;
    change.note += std::string{change.note.empty() ? "" : "; "} + "takes over an object that exists and is nobody's copy";
  }
  if (!undone.empty() && !change.fields.empty()) return in_conflict(std::move(change), undone);
  if (evidence.field_conflict && !options.force_conflicts && !change.fields.empty()) {
    for (FieldChange& field : change.fields) {
      if (!field.changed_by) field.changed_by = kube::writer_of(evidence.live, field.where, kube::field_manager);
    }
    return in_conflict(std::move(change), evidence.field_conflict->message + "; --force-conflicts takes the fields over");
  }
  change.action = change.fields.empty() ? Action::unchanged : Action::update;
  change.refresh = change.fields.empty() && !is_as_applied(evidence.live, *change.desired, change.hash, false);
  return change;
}

}  // namespace fedctl::plan
