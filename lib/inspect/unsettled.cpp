#include "inspect/unsettled.hpp"

#include "base/text.hpp"
#include "inspect/listing.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace fedctl::inspect {
namespace {

void add_unknown(plan::ClusterPlan& plan, const kube::ObjectKey& key, const std::string& api_version, Code code, std::string note) {
  plan::Change change{.key = key, .api_version = api_version};
  make_unknown(change, code, std::move(note));
  plan.changes.push_back(std::move(change));
}

bool is_served_everywhere(std::string_view group) {
  constexpr std::array<std::string_view, 5> groups{"", "apps", "batch", "networking.k8s.io", "rbac.authorization.k8s.io"};
  return std::ranges::find(groups, group) != groups.end();
}

/// Groups whose servers are often away, and in which nothing can be written.
bool holds_measurements(std::string_view group) { return group == "metrics.k8s.io" || group.ends_with(".metrics.k8s.io"); }

/// The error for an object of whose type the cluster serves nothing; `kinds` are those that it serves.
Error unserved_type(const std::string& cluster, const federation::DesiredObject& desired, const std::vector<std::string>& kinds) {
  Error error{Code::unknown_kind, fmt::format("the cluster serves no {} of {}{}", desired.key.kind, desired.api_version,
                                              text::did_you_mean(desired.key.kind, kinds))};
  error.place = desired.manifest->place();
  error.cluster = cluster;
  error.object = kube::to_string(desired.key);
  error.hint = "check apiVersion and kind, or install its CustomResourceDefinition";
  return error;
}

}  // namespace

plan::ClusterPlan unknown_plan(plan::ClusterPlan plan, const federation::ClusterObjects& desired, const Error& error) {
  plan.status = plan::ClusterStatus::unknown;
  plan.problem = error;
  plan.changes.clear();
  for (const federation::DesiredObject& one : desired.objects) add_unknown(plan, one.key, one.api_version, error.code, "");
  for (const federation::LeftAlone& one : desired.left_alone) add_unknown(plan, one.key, one.api_version, error.code, "");
  return plan;
}

plan::ClusterPlan unknown_plan(const federation::ClusterObjects& desired, const Error& error) {
  plan::ClusterPlan plan;
  plan.name = desired.cluster;
  return unknown_plan(std::move(plan), desired, error);
}

Error without_namespace(Error refusal, const federation::DesiredObject& desired) {
  refusal.code = Code::not_found;
  refusal.message = fmt::format("there is no namespace '{}' in the cluster, nor in the input", desired.key.name_space);
  refusal.object = kube::to_string(desired.key);
  refusal.hint = "put the Namespace into the input, or use --create-namespaces";
  refusal.place = desired.manifest->place();
  return refusal;
}

void add_left_alone(plan::ClusterPlan& plan, const federation::ClusterObjects& desired) {
  for (const federation::LeftAlone& one : desired.left_alone)
    add_unknown(plan, one.key, one.api_version, one.code, "left alone, since the cluster is not ready");
}

bool is_left_alone(const federation::ClusterObjects& desired, const kube::ObjectKey& key) {
  return std::ranges::any_of(desired.left_alone, [&](const federation::LeftAlone& one) { return one.key == key; });
}

void settle_unserved(Item& item, const kube::Discovery& discovery, plan::ClusterPlan& plan) {
  item.settled = true;
  if (discovery.silent_groups().contains(item.change.key.group)) {
    make_unknown(item.change, Code::unreachable, silent_group(plan.name, item.change.key.group).message);
    return;
  }
  std::vector<std::string> kinds;
  for (const kube::Resource& resource : discovery.resources()) kinds.push_back(resource.kind);
  plan.errors.push_back(unserved_type(plan.name, *item.desired, kinds));
  make_unknown(item.change, Code::unknown_kind, "its type is unknown to the cluster");
}

std::vector<plan::Change> hidden_removals(const std::string& cluster, const kube::Discovery& discovery,
                                          const std::vector<federation::Absence>& absences, const std::optional<Prune>& prune,
                                          const std::set<std::string>& listed) {
  std::vector<plan::Change> hidden;
  const auto look_for = [&](const kube::ObjectKey& key, bool is_known_to_exist) {
    if (discovery.find_kind(key.kind, key.group) != nullptr) return;
    const bool is_silent = discovery.silent_groups().contains(key.group);
    if (!is_silent && !is_known_to_exist && !is_served_everywhere(key.group)) return;
    plan::Change change{.key = key, .api_version = key.group};
    if (is_silent) make_unknown(change, Code::unreachable, silent_group(cluster, key.group).message);
    if (!is_silent) make_unknown(change, Code::unknown_kind, "the cluster does not serve this type, so what is left of it is unknown");
    hidden.push_back(std::move(change));
  };
  for (const federation::Absence& absence : absences) look_for(absence.key, false);
  if (!prune) return hidden;
  for (const kube::GroupVersionKind& type : prune->types) look_for({type.group, type.kind, "", "*"}, false);
  for (const std::string& one : prune->set ? listed : std::set<std::string>{}) {
    const auto dot = one.find('.');
    look_for({dot == std::string::npos ? "" : one.substr(dot + 1), one.substr(0, dot), "", "*"}, true);
  }
  const bool is_of_files = prune->host_uid.empty() && !prune->set;
  for (const std::string& group : is_of_files ? discovery.silent_groups() : std::set<std::string>{}) {
    if (!holds_measurements(group)) look_for({group, "*", "", "*"}, false);
  }
  return hidden;
}

void give_reason(plan::Change& change, const federation::DesiredObject& desired) {
  const auto& scheduled = desired.scheduled;
  if (!scheduled) return;
  for (plan::FieldChange& field : change.fields) {
    if (field.path == "spec.replicas") field.reason = scheduled->reason;
  }
  if (change.action != plan::Action::create) return;
  change.note += fmt::format("{}{} {}", change.note.empty() ? "" : "; ",
                             text::count(static_cast<std::size_t>(scheduled->replicas), "replica"), scheduled->reason);
}

}  // namespace fedctl::inspect
