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

/// Every object of these types that the selector selects; `name_space` empty: everywhere. Types that may not be listed are
/// passed over when `forbidden_is_empty`, and an error otherwise.
struct Search {
  std::string name_space = {};
  std::string label_selector = {};
  bool metadata_only = true;
  bool forbidden_is_empty = false;
};
Task<Result<std::vector<Found>>> find_objects(kube::Client& client, std::vector<kube::Resource> types, Search search);

/// Does somebody else make this object: a controller that owns it, or Kubernetes itself in every namespace (the default
/// service account, kube-root-ca.crt, a service account's token)?
bool is_made_by_cluster(const Found& found);

}  // namespace fedctl::inspect
