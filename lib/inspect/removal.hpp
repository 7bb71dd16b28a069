#pragma once

#include "base/task.hpp"
#include "federation/apply_set.hpp"
#include "federation/render.hpp"
#include "kube/client.hpp"
#include "kube/discovery.hpp"
#include "plan/plan.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// What of a cluster is to go.
namespace fedctl::inspect {

/// Which objects go although nothing speaks of them any more: only what we applied, and of that
///  - for a host: its copies, of the types it federates;
///  - for a set: what carries the set's label, of the types its parent lists;
///  - else: what belongs to no host and no set, in the namespaces of the input.
/// Namespaces never go in passing.
struct Prune {
  std::string host_uid = {};
  std::vector<kube::GroupVersionKind> types = {};
  std::optional<federation::ApplySet> set = {};
  std::set<std::string> namespaces = {};
};

/// Does a listed object fall under it? `object` needs its metadata only.
bool is_prunable(const Prune& prune, const kube::Resource& resource, const nlohmann::json& object);

/// The change by which a listed object goes, or stays as nobody's where the absence says so.
plan::Change removal_of(const federation::Absence& absence, std::shared_ptr<const kube::Resource> resource, const nlohmann::json& listed);

/// A namespace takes all that is in it along, so it goes only when that is all of whoever made the namespace (the same host, or files of
/// the same set); else it is let go.
Task<Done> see_to_namespaces(kube::Client& client, const kube::Discovery& discovery, std::vector<plan::Change>& removals);

/// Reads what is to go, so that it can be shown whole.
Task<Done> read_removals(kube::Client& client, std::vector<plan::Change>& removals);

}  // namespace fedctl::inspect
