#include "inspect/creates.hpp"

#include "inspect/listing.hpp"
#include "plan/judge.hpp"
#include "plan/mark.hpp"

#include <set>

namespace fedctl::inspect {
namespace {

using nlohmann::json;
using plan::Change;

kube::Resource namespaces() { return {.version = "v1", .kind = "Namespace", .plural = "namespaces", .namespaced = false}; }

}  // namespace

Task<Done> trust_new(kube::Client& client, kube::Resource resource, std::string name_space, std::vector<Item*> items) {
  const kube::ListOptions everything{.name_space = name_space, .metadata_only = true};
  const auto list = co_await client.list(resource, everything);
  if (!list) co_return Done{};
  if (resource.namespaced) {
    const auto home = co_await client.get(namespaces(), "", name_space, true);
    if (!home) co_return Done{};
  }
  std::set<std::string> existing;
  for (const json& object : list->items) existing.insert(kube::name_of(object));
  for (Item* item : items) {
    if (existing.contains(item->change.key.name)) continue;
    item->change.desired = object_to_send(*item, nullptr);
    item->change = plan::as_unshown_new(std::move(item->change));
    item->settled = true;
  }
  co_return Done{};
}

void wait_for_definition(Item& item, const std::vector<federation::DesiredObject>& objects) {
  for (const federation::DesiredObject& other : objects) {
    const auto resource = served_by(other, kube::gvk(item.change.api_version, item.change.key.kind));
    if (!resource) continue;
    item.change.resource = std::make_shared<const kube::Resource>(*resource);
    item.change.desired = object_to_send(item, nullptr);
    item.change = plan::as_new(std::move(item.change), "not checked: its CustomResourceDefinition must come first");
    item.settled = true;
    return;
  }
}

Task<std::optional<Error>> missing_namespace(kube::Client& client, std::string name) {
  const auto found = co_await client.get(namespaces(), "", name, true);
  std::optional<Error> missing;
  if (!found && kube::is_missing_namespace(found.error())) missing = found.error();
  co_return missing;
}

Change new_namespace(const std::string& name) {
  const json object{{"apiVersion", "v1"},
                    {"kind", "Namespace"},
                    {"metadata", {{"name", name}, {"labels", {{std::string{federation::managed_label}, "true"}}}}}};
  Change change{.key = {"", "Namespace", "", name}, .api_version = "v1"};
  change.resource = std::make_shared<const kube::Resource>(namespaces());
  change.hash = plan::hash_of(object);
  change.desired = plan::with_mark(object, change.hash);
  change = plan::as_new(std::move(change), "");
  change.checked = true;
  return change;
}

}  // namespace fedctl::inspect
