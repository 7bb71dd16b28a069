#pragma once

#include "kube/object.hpp"

#include <string>
#include <vector>

namespace fedctl::kube {

/// A type that an API server serves, and how to write its paths.
struct Resource {
  std::string group;
  std::string version;
  std::string kind;
  std::string plural;
  std::string singular = {};
  std::vector<std::string> short_names = {};
  bool namespaced = true;
  bool listable = true;  ///< And deletable: false for reviews, bindings and their like.

  GroupVersionKind type() const { return {group, version, kind}; }

  /// "/apis/apps/v1/namespaces/production/deployments/web"; without `name` the collection, without `name_space` all of them.
  std::string path(const std::string& name_space = {}, const std::string& name = {}) const;

  /// "deployments.apps", as RBAC and FederatedTypeConfigs name it.
  std::string qualified_plural() const { return group.empty() ? plural : plural + "." + group; }
};

}  // namespace fedctl::kube
