#include "inspect/unsettled.hpp"

#include "base/text.hpp"
#include "inspect/listing.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::inspect {
namespace {

void add_unknown(plan::ClusterPlan& plan, const kube::ObjectKey& key, const std::string& api_version, Code code, std::string note) {
  plan::Change change{.key = key, .api_version = api_version};
  make_unknown(change, code, std::move(note));
  plan.changes.push_back(std::move(change));
}

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
