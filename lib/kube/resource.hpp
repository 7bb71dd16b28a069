#pragma once

#include "kube/object.hpp"

#include <string>
#include <string_view>
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
  bool listable = true;  ///< False for reviews, bindings and their like.

  GroupVersionKind type() const { return {group, version, kind}; }

  /// "/apis/apps/v1/namespaces/production/deployments/web"; without `name` the collection, without `name_space` all of them.
  std::string path(const std::string& name_space = {}, const std::string& name = {}) const;

  /// "deployments.apps", as RBAC and FederatedTypeConfigs name it.
  std::string qualified_plural() const { return group.empty() ? plural : plural + "." + group; }
};

/// May a person call the type so: plural, singular, Kind or short name, each also with `.group`, case ignored?
bool is_called(const Resource& resource, std::string_view word);

/// What a person named as TYPE/NAME.
struct Named {
  std::string type;
  std::string name;
  std::string name_space = {};  ///< Empty: any.
};

/// Does `named` mean this object of the type? `FederatedDeployment` names the Deployments that it makes too.
bool is_meant(const Named& named, const Resource& type, const ObjectKey& key);

}  // namespace fedctl::kube
