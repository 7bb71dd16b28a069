#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "kube/client.hpp"
#include "kube/resource.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace fedctl::kube {

/// The types a server serves: REST mapping from kinds and from what people type.
/// Resources are in the server's order of preference: per group, the preferred version first.
class Discovery {
 public:
  Discovery() = default;
  explicit Discovery(std::vector<Resource> resources) : resources_(std::move(resources)) {}

  std::span<const Resource> resources() const { return resources_; }
  const Resource* find(const GroupVersionKind& type) const;
  /// The preferred version of a kind, in `group` or, where that is unknown, in any.
  const Resource* find_kind(std::string_view kind, const std::optional<std::string>& group = std::nullopt) const;

  /// What a person may call a type, case ignored: plural, singular, Kind, short name, and each with `.group` (`deploy`,
  /// `deployments.apps`). The core group wins at once; several groups are an error that asks for `plural.group`.
  /// Errors: unknown_kind with the nearest name, usage for an ambiguous word.
  Result<Resource> match(std::string_view word) const;

  void add(Resource resource) { resources_.push_back(std::move(resource)); }

 private:
  std::vector<Resource> resources_;
};

/// Reads an aggregated document (APIGroupDiscoveryList, v2 or v2beta1; KEP-3352), appending to `resources`.
void read_aggregated(const nlohmann::json& document, std::vector<Resource>& resources);

/// Reads one APIResourceList, as every server has had it (`/api/v1`, `/apis/GROUP/VERSION`).
void read_resource_list(const nlohmann::json& document, std::vector<Resource>& resources);

/// Asks the server: two requests where discovery is aggregated (1.26 on), else one a group and version.
/// A kept answer in `cache` that is younger than ten minutes is used instead, unless `fresh` is wanted; an older one is
/// asked for again with its ETags.
Task<Result<Discovery>> discover(Client& client, const std::filesystem::path& cache, bool fresh);

}  // namespace fedctl::kube
