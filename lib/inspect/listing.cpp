#include "inspect/listing.hpp"

#include "kube/cluster_uid.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <iterator>

namespace fedctl::inspect {
namespace {

kube::ListOptions our_objects(std::string name_space) {
  return {.name_space = std::move(name_space), .label_selector = std::string{federation::managed_label} + "=true", .metadata_only = true};
}

}  // namespace

Task<Done> list_group(kube::Client& client, Group& group, kube::Client::Keep keep) {
  const bool one_namespace = group.resource->namespaced && group.namespaces.size() == 1 && !group.everywhere;
  const std::string scope = one_namespace ? *group.namespaces.begin() : "";
  group.list = co_await client.list(*group.resource, our_objects(scope), keep);
  const bool may_narrow = group.resource->namespaced && !one_namespace;
  if (group.list || group.list.error().code != Code::forbidden || !may_narrow) co_return Done{};
  // Who may not list everywhere may still list where it matters.
  kube::List all;
  for (const std::string& name_space : group.namespaces) {
    auto part = co_await client.list(*group.resource, our_objects(name_space), keep);
    if (!part) {
      group.list = Failure{part.error()};
      co_return Done{};
    }
    std::ranges::move(part->items, std::back_inserter(all.items));
  }
  group.list = std::move(all);
  co_return Done{};
}

std::optional<Error> problem_of_lists(std::map<std::string, Group>& groups) {
  const bool one_answers = std::ranges::any_of(groups, [](const auto& entry) { return entry.second.list.has_value(); });
  for (auto& [path, group] : groups) {
    if (group.list || group.list.error().code == Code::forbidden) continue;
    const Error error = group.list.error();
    const bool is_silent = error.code == Code::unreachable && one_answers && !kube::is_builtin_group(group.resource->group);
    if (!is_silent) return error;
    group.list = Failure{silent_group(error.cluster, group.resource->group)};
  }
  return std::nullopt;
}

Error silent_group(const std::string& cluster, const std::string& group) {
  Error error{.code = Code::unreachable,
              .message = fmt::format("the API group {} is registered, but its server does not answer", group),
              .cluster = cluster};
  error.hint = "mend or delete its APIService";
  return error;
}

Task<Done> identify(kube::Client& client, std::string& identity) {
  const auto found = co_await kube::uid_of_cluster(client);
  if (found) identity = *found;
  co_return Done{};
}

std::optional<kube::Resource> served_by(const federation::DesiredObject& definition, const kube::GroupVersionKind& type) {
  if (definition.key.kind != "CustomResourceDefinition") return std::nullopt;
  const nlohmann::json spec = kube::map_at(*definition.content->get(), "spec");
  const nlohmann::json names = kube::map_at(spec, "names");
  if (kube::string_at(spec, "group") != type.group || kube::string_at(names, "kind") != type.kind) return std::nullopt;
  for (const nlohmann::json& version : kube::list_at(spec, "versions")) {
    if (kube::string_at(version, "name") != type.version) continue;
    return kube::Resource{.group = type.group,
                          .version = type.version,
                          .kind = type.kind,
                          .plural = kube::string_at(names, "plural"),
                          .namespaced = kube::string_at(spec, "scope") != "Cluster"};
  }
  return std::nullopt;
}

}  // namespace fedctl::inspect
