#pragma once

#include "base/task.hpp"
#include "federation/render.hpp"
#include "kube/client.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace fedctl::inspect {

/// Namespace and name.
using Place = std::pair<std::string, std::string>;
inline Place place_of(const kube::ObjectKey& key) { return {key.name_space, key.name}; }

/// Everything of one type: what the list by our label answers for.
struct Group {
  std::shared_ptr<const kube::Resource> resource;
  std::set<std::string> namespaces;
  std::vector<std::size_t> items;  ///< Positions in the inspector's items, sorted by place.
  std::vector<const federation::Absence*> absences;
  bool prunes = false;      ///< What nothing speaks of may go.
  bool everywhere = false;  ///< Listed in all namespaces, since anything may have been left anywhere.
  Result<kube::List> list = kube::List{};
};

/// Fills `group.list` with the metadata of what carries our label, as far as `keep` says so of each: one request where the type's objects
/// share a namespace, or all namespaces may be listed; one a namespace where only that is allowed.
Task<Done> list_group(kube::Client& client, Group& group, kube::Client::Keep keep);

/// What keeps the whole cluster from being planned: the first failure of a list. A type that may not be listed only leaves its own objects
/// unknown, and so does an API group whose own server does not answer while the others do; that group's error then says so.
std::optional<Error> problem_of_lists(std::map<std::string, Group>& groups);

/// The error for an API group that is registered, but whose own server does not answer.
Error silent_group(const std::string& cluster, const std::string& group);

/// Finds out which cluster it is, by the UID of its kube-system namespace. Who may not read that does without.
Task<Done> identify(kube::Client& client, std::string& identity);

/// The type that a CustomResourceDefinition of the same plan will serve; nothing where it is another's.
std::optional<kube::Resource> served_by(const federation::DesiredObject& definition, const kube::GroupVersionKind& type);

}  // namespace fedctl::inspect
