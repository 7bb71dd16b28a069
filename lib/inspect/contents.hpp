#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "kube/client.hpp"
#include "kube/discovery.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fedctl::inspect {

/// An object somewhere in a cluster, of which only the metadata was read.
struct Found {
  kube::Resource resource;
  nlohmann::json object;
};

/// The types that objects are of, one version each, without those that only mirror others (endpoints, endpoint slices, events).
std::vector<kube::Resource> object_types(const kube::Discovery& discovery);

struct Search {
  std::string name_space = {};  ///< Empty: everywhere.
  std::string label_selector = {};
  bool metadata_only = true;
};

/// Every object of these types that the selector selects. Deletes depend on the answer, so it is whole or an error: a type that cannot
/// be listed (forbidden, 405, 410, an answer that is no list) fails the search. Only a type that the server no longer serves has none.
Task<Result<std::vector<Found>>> find_objects(kube::Client& client, std::vector<kube::Resource> types, Search search);

/// The same for all types that the cluster has; an error also where a registered API group does not answer, since what it holds is
/// unknown then.
Task<Result<std::vector<Found>>> find_all_objects(kube::Client& client, const kube::Discovery& discovery, Search search);

/// Does somebody else make this object: a controller that owns it, or Kubernetes itself in every namespace (the default
/// service account, kube-root-ca.crt, a service account's token)?
bool is_made_by_cluster(const Found& found);

}  // namespace fedctl::inspect
