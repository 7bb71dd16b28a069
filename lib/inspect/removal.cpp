#include "inspect/removal.hpp"

#include "base/text.hpp"
#include "inspect/contents.hpp"
#include "kube/managed_fields.hpp"

#include <fmt/format.h>

namespace fedctl::inspect {
namespace {

using nlohmann::json;
using plan::Action;
using plan::Change;

void release(Change& change, std::string note) {
  change.action = Action::update;
  change.release = true;
  change.note = std::move(note);
  change.fields = {{.path = fmt::format("metadata.labels[{}]", federation::managed_label), .old_value = json("true")}};
}

Task<Done> read_whole(kube::Client& client, Change& change) {
  const auto live = co_await client.get(*change.resource, change.key.name_space, change.key.name);
  if (live) change.before = std::make_shared<const json>(plan::shown(*live, nullptr).before);
  co_return Done{};
}

/// Was the object made by whoever made the namespace: the same host, or files of the same set? So it goes along. Others that use this tool
/// mark their objects alike, and theirs are strangers.
bool goes_along(const Found& one, const json& name_space) {
  if (is_made_by_cluster(one)) return true;
  const auto annotation = [](const json& object) { return kube::metadata_entry(object, "annotations", federation::host_annotation); };
  const std::string set = kube::metadata_entry(one.object, "labels", federation::part_of_label);
  return kube::metadata_entry(one.object, "labels", federation::managed_label) == "true" &&
         annotation(one.object) == annotation(name_space) &&
         (set.empty() || set == kube::metadata_entry(name_space, "labels", federation::part_of_label));
}

}  // namespace

bool is_prunable(const Prune& prune, const kube::Resource& resource, const json& object) {
  if (resource.group.empty() && resource.kind == "Namespace") return false;
  const Found found{resource, object};
  if (is_made_by_cluster(found) || kube::applied_fields(object, kube::field_manager).is_null()) return false;
  const std::string host = kube::metadata_entry(object, "annotations", federation::host_annotation);
  const std::string set = kube::metadata_entry(object, "labels", federation::part_of_label);
  if (host != prune.host_uid) return false;
  if (!host.empty()) return true;
  if (prune.set) return set == prune.set->id();
  return set.empty() && prune.namespaces.contains(kube::namespace_of(object));
}

Change removal_of(const federation::Absence& absence, std::shared_ptr<const kube::Resource> resource, const json& listed) {
  Change change{.action = Action::remove, .key = absence.key, .api_version = resource->type().api_version()};
  change.resource = std::move(resource);
  change.uid = kube::uid_of(listed);
  change.resource_version = kube::string_at(kube::map_at(listed, "metadata"), "resourceVersion");
  change.writers = kube::writers(listed, kube::field_manager);
  change.note = absence.reason;
  change.place = absence.manifest == nullptr ? "" : absence.manifest->place();
  if (change.uid.empty())
    plan::make_unknown(change, Code::not_kubernetes, "the server lists it without a UID, so another one might be deleted");
  if (absence.orphan) release(change, absence.reason + (absence.reason.empty() ? "" : "; ") + "its copy stays");
  return change;
}

Task<Done> see_to_namespaces(kube::Client& client, const kube::Discovery& discovery, std::vector<Change>& removals) {
  for (Change& change : removals) {
    if (change.action != Action::remove || change.key.kind != "Namespace" || !change.key.group.empty()) continue;
    const Search search{.name_space = change.key.name};
    auto found = co_await find_all_objects(client, discovery, search);
    if (!found) {
      plan::make_unknown(change, found.error().code, "what is in it cannot be found out: " + found.error().message);
      continue;
    }
    const auto name_space = co_await client.get(*change.resource, "", change.key.name, true);
    if (!name_space) {
      plan::make_unknown(change, name_space.error().code, "it cannot be read: " + name_space.error().message);
      continue;
    }
    std::erase_if(*found, [&](const Found& one) { return goes_along(one, *name_space); });
    if (!found->empty())
      release(change, fmt::format("it holds {} that {} not the federation's, so it stays", text::count(found->size(), "object"),
                                  found->size() == 1 ? "is" : "are"));
  }
  co_return Done{};
}

Task<Done> read_removals(kube::Client& client, std::vector<Change>& removals) {
  std::vector<Task<Done>> tasks;
  for (Change& change : removals) {
    if (change.action == Action::remove) tasks.push_back(read_whole(client, change));
  }
  co_await when_all(std::move(tasks));
  co_return Done{};
}

}  // namespace fedctl::inspect
