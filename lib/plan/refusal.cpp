#include "plan/refusal.hpp"

#include "base/text.hpp"
#include "kube/local_apply.hpp"
#include "kube/object.hpp"
#include "kube/quantity.hpp"
#include "kube/takeover.hpp"
#include "plan/mark.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <string_view>

namespace fedctl::plan {
namespace {

using nlohmann::json;

bool says(const Error& refusal, std::string_view words) { return refusal.message.find(words) != std::string::npos; }

/// A StatefulSet's refusal names the fields that may change.
constexpr std::string_view all_but = "updates to statefulset spec for fields other than";

/// The words in which Kubernetes' validation refuses a change that only a new object could have.
bool is_immutable_field(const Error& refusal) {
  constexpr std::array<std::string_view, 5> words{"immutable", "may not be changed", "may not change", "cannot change roleRef", all_but};
  return refusal.code == Code::rejected && std::ranges::any_of(words, [&](std::string_view word) { return says(refusal, word); });
}

/// What is between single quotes.
std::vector<std::string> quoted_words(std::string_view text) {
  const std::vector<std::string> parts = text::split(text, '\'');
  std::vector<std::string> result;
  for (std::size_t i = 1; i + 1 < parts.size(); i += 2) result.push_back(parts[i]);
  return result;
}

/// Is the field at `path` at, below or above `root`?
bool concerns(const std::string& path, std::string_view root) {
  const std::string_view shorter = path.size() < root.size() ? std::string_view{path} : root;
  const std::string_view longer = path.size() < root.size() ? root : std::string_view{path};
  if (!longer.starts_with(shorter)) return false;
  // clusterIP and clusterIPs say the same.
  return longer.size() == shorter.size() || std::string_view{".[s"}.find(longer[shorter.size()]) != std::string_view::npos;
}

/// May the refusal be about this field? The server names fields as "spec.clusterIPs[0]: Invalid value: ...".
bool is_refused(const FieldChange& field, const Error& refusal) {
  if (says(refusal, all_but)) {
    const auto allowed = quoted_words(refusal.message);
    return concerns(field.path, "spec") &&
           std::ranges::none_of(allowed, [&](const std::string& one) { return concerns(field.path, "spec." + one); });
  }
  for (std::string_view rest = refusal.message; !rest.empty();) {
    const std::string_view named = rest.substr(0, rest.find(": "));
    const std::string_view root = named.substr(0, named.find('['));
    if (!root.empty() && root.find(' ') == std::string_view::npos && concerns(field.path, root)) return true;
    const auto next = rest.find("; ");
    rest = next == std::string_view::npos ? std::string_view{} : rest.substr(next + 2);
  }
  return false;
}

/// Values that are written in two ways, as 1024Mi and 1Gi.
bool mean_the_same(const std::optional<json>& one, const std::optional<json>& other) {
  if (!one || !other || !one->is_string() || !other->is_string()) return false;
  const auto quantity = kube::parse_quantity(one->get<std::string>());
  return quantity && quantity == kube::parse_quantity(other->get<std::string>());
}

/// The fields that cannot be changed. What the input leaves out of a list has its default there, and is no change.
std::vector<FieldChange> refused_fields(const Change& change, const Evidence& evidence) {
  std::vector<FieldChange> all = differences(evidence.live, expected_locally(evidence, change));
  std::erase_if(all, [](const FieldChange& field) { return mean_the_same(field.old_value, field.new_value); });
  std::vector<FieldChange> refused;
  std::ranges::copy_if(all, std::back_inserter(refused), [&](const FieldChange& field) { return is_refused(field, *evidence.refusal); });
  if (std::ranges::any_of(refused, [](const FieldChange& field) { return field.new_value.has_value(); })) {
    std::erase_if(refused, [](const FieldChange& field) { return !field.new_value; });
  }
  return refused;
}

Change only_by_replacement(Change change, const Evidence& evidence) {
  change.action = Action::conflict;
  change.note = "only a replacement can make this change, and fedctl replaces nothing by itself";
  if (!evidence.live.is_null() && change.desired) change.fields = refused_fields(change, evidence);
  if (change.fields.empty()) {
    change.note += ": " + evidence.refusal->message;
    return change;
  }
  std::vector<std::string> paths;
  for (const FieldChange& field : change.fields) paths.push_back(field.path);
  change.note += fmt::format(": {} cannot be changed", text::join(paths, ", "));
  return change;
}

}  // namespace

bool cannot_dry_run(const Error& refusal) { return says(refusal, "does not support dry run"); }

json expected_locally(const Evidence& evidence, const Change& change) {
  if (evidence.live.is_null()) return *change.desired;
  return kube::applied_locally(evidence.live, *change.desired, kube::fields_only_ours(evidence.live));
}

Result<Change> judge_refusal(Change change, const Evidence& evidence) {
  const Error& refusal = *evidence.refusal;
  if (is_immutable_field(refusal)) return only_by_replacement(std::move(change), evidence);
  if (says(refusal, "failed calling webhook")) {
    make_unknown(change, refusal.code, refusal.message);
    return change;
  }
  // What we could apply before cannot have become wrong by itself.
  const bool was_applied = kube::metadata_entry(evidence.live, "annotations", hash_annotation) == change.hash;
  if (refusal.code == Code::rejected && was_applied && !change.hash.empty()) {
    const std::string who = change.writers.empty() ? "others" : change.writers.front().manager;
    change.action = Action::conflict;
    change.note =
        fmt::format("what {} changed in it keeps it from being as the input says: {}; undo that, or delete it", who, refusal.message);
    return change;
  }
  switch (refusal.code) {
    case Code::forbidden:
    case Code::unreachable:
    case Code::timeout:
    case Code::cancelled:
    case Code::unauthorized:
    case Code::expired: make_unknown(change, refusal.code, refusal.message); return change;
    default: break;
  }
  Error error = at_place(refusal, change.place);
  error.object = kube::to_string(change.key);
  return Failure{std::move(error)};
}

}  // namespace fedctl::plan
