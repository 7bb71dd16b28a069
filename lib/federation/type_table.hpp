#pragma once

#include "base/error.hpp"
#include "kube/object.hpp"
#include "kube/resource.hpp"
#include "manifest/manifest.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fedctl::federation {

/// A type that can be federated: `FederatedFoo` stands for Foo.
struct TargetType {
  kube::GroupVersionKind type;
  std::optional<bool> namespaced = {};  ///< Unknown for types named with --api only.
};

/// Which type a FederatedX is of, and which types have namespaces. Made from, strongest first: --api, FederatedTypeConfigs in
/// the input, Kubernetes' own types, CustomResourceDefinitions in the input, and what discovery says.
class TypeTable {
 public:
  /// With Kubernetes' own types.
  TypeTable();

  /// "FederatedFoo=example.com/v1/Foo" (or "FederatedFoo=v1/Foo" for the core group). Errors: usage.
  Result<void> add_api(std::string_view definition);

  /// Learns from FederatedTypeConfigs and CustomResourceDefinitions among the manifests.
  void learn(std::span<const manifest::Manifest> manifests);

  /// A type that discovery found; never overrules what is known already.
  void add_discovered(const kube::GroupVersionKind& type, bool namespaced);

  std::optional<TargetType> target_of(const std::string& federated_kind) const;
  std::optional<bool> is_namespaced(const std::string& group, const std::string& kind) const;

  /// How people may call a type, as far as that can be told without asking a server: its regular plural, kubectl's short names.
  kube::Resource resource_of(const kube::GroupVersionKind& type) const;

  /// Every federated kind that is known, for suggestions.
  std::vector<std::string> federated_kinds() const;

 private:
  std::map<std::string, TargetType, std::less<>> targets_;
  std::map<std::pair<std::string, std::string>, bool> scopes_;
};

/// Is this an object of `types.kubefed.io` that stands for others?
bool is_federated(const kube::GroupVersionKind& type);

}  // namespace fedctl::federation
