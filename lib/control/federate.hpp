#pragma once

#include "control/enable.hpp"
#include "control/host.hpp"
#include "control/write.hpp"
#include "kube/discovery_cache.hpp"
#include "manifest/manifest.hpp"

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace fedctl::control {

struct FederateOptions {
  std::vector<std::string> placement = {};  ///< Clusters; empty: `selector`.
  nlohmann::json selector = nlohmann::json{{"matchLabels", nlohmann::json::object()}};
  bool adopt = false;                  ///< Existing objects of the members may be taken over.
  bool enable_type = false;            ///< Enable what is not yet.
  bool contents = false;               ///< Of a namespace: everything in it too.
  std::vector<std::string> skip = {};  ///< With `contents`: types, or whole groups, to pass over.
  bool dry_run = false;
  bool emit = false;  ///< Only make the federated objects; write nothing.
  kube::DiscoveryCache cache = {};
};

/// What stands for `object` in the host: the template without what servers and controllers set, and a placement. What had to be
/// left out although a person may have written it is named in `warnings`.
nlohmann::json federated_object_of(const nlohmann::json& object, const kube::Resource& federated, const FederateOptions& options,
                                   std::vector<std::string>& warnings);

struct FederateReport {
  std::vector<nlohmann::json> objects;
  std::vector<Written> written;
  std::vector<std::string> warnings;
};

/// Federates a live object of the host (or, with `contents`, a namespace and what is in it).
/// Errors: unknown_kind, not_found; conflict where the federated object exists; not_found with how to enable where the type is not.
Task<Result<FederateReport>> federate(Host host, std::string word, std::string name_space, std::string name, FederateOptions options);

/// Federates manifests; asks no cluster.
Result<FederateReport> federate_files(std::span<const manifest::Manifest> manifests, const FederateOptions& options);

/// "region=asia,tier=web" as a cluster selector. Errors: usage.
Result<nlohmann::json> selector_of(const std::string& text);

/// Orphaning of a federated object's copies when it is deleted.
enum class Orphaning { enable, disable, status };
Task<Result<bool>> orphaning(Host host, Orphaning action, std::string word, std::string name_space, std::string name,
                             kube::DiscoveryCache cache);

}  // namespace fedctl::control
