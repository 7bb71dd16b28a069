#include "inspect/set_parent.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace fedctl::inspect {
namespace {

using nlohmann::json;
using plan::Action;
using plan::Change;

kube::Resource config_maps() { return {.version = "v1", .kind = "ConfigMap", .plural = "configmaps"}; }

std::set<std::string> words(const std::string& list) {
  std::set<std::string> result;
  for (const std::string& word : text::split(list, ',')) {
    if (!text::trim(word).empty()) result.insert(text::trim(word));
  }
  return result;
}

bool lists_the_same(const json& one, const json& other) {
  for (const auto& name : {federation::group_kinds_annotation, federation::namespaces_annotation, federation::tooling_annotation}) {
    if (kube::metadata_entry(one, "annotations", name) != kube::metadata_entry(other, "annotations", name)) return false;
  }
  return true;
}

}  // namespace

Task<Result<Done>> SetParent::read(kube::Client& client) {
  auto live = co_await client.get(config_maps(), set_.name_space, set_.name, true);
  if (!live && live.error().code != Code::not_found) co_return Failure{live.error()};
  live_ = live ? std::move(*live) : json();
  co_return Done{};
}

std::set<std::string> SetParent::group_kinds() const {
  return words(kube::metadata_entry(live_, "annotations", federation::group_kinds_annotation));
}

Change SetParent::change(const json& parent, plan::SetPart part) const {
  Change change{.key = kube::key_of(parent), .api_version = "v1"};
  change.resource = std::make_shared<const kube::Resource>(config_maps());
  change.desired = std::make_shared<const json>(parent);
  change.note = "the set's list of types";
  change.set_part = part;
  return change;
}

void SetParent::add_changes(plan::ClusterPlan& plan, const std::set<std::string>& now, const std::set<std::string>& namespaces, bool pruned,
                            bool adopt) const {
  std::set<std::string> kinds = group_kinds();
  kinds.insert(now.begin(), now.end());
  std::set<std::string> places = words(kube::metadata_entry(live_, "annotations", federation::namespaces_annotation));
  places.insert(namespaces.begin(), namespaces.end());
  const json during = federation::parent_of(set_, kinds, places);
  const json after = pruned ? federation::parent_of(set_, now, namespaces) : during;
  const std::string tool = kube::metadata_entry(live_, "annotations", federation::tooling_annotation);
  const bool is_parent = kube::metadata_entry(live_, "labels", federation::set_id_label) == set_.id();
  if (!live_.is_null() && (tool.empty() ? !is_parent && !adopt : !tool.starts_with("fedctl/"))) {
    Change refused = change(during, plan::SetPart::opens);
    refused.action = Action::conflict;
    refused.note = tool.empty() ? "exists, and is no set's parent; --adopt makes it one" : fmt::format("this set belongs to {}", tool);
    plan.changes.insert(plan.changes.begin(), std::move(refused));
    return;
  }
  if (live_.is_null()) {
    Change opens = change(during, plan::SetPart::opens);
    opens.action = Action::create;
    opens.fields = plan::fields_of_new(during);
    plan.changes.insert(plan.changes.begin(), std::move(opens));
  } else if (!lists_the_same(live_, during)) {
    plan.bookkeeping.push_back(change(during, plan::SetPart::opens));
  }
  if (!lists_the_same(during, after)) plan.bookkeeping.push_back(change(after, plan::SetPart::closes));
}

}  // namespace fedctl::inspect
