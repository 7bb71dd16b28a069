#pragma once

#include "base/error.hpp"
#include "kube/resource.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fedctl::kube {

/// The types a server serves: REST mapping from kinds and from what people type.
/// Resources are in the server's order of preference: per group, the preferred version first. Copies share what they hold.
class Discovery {
 public:
  Discovery() = default;
  explicit Discovery(std::vector<Resource> resources) : served_(std::make_shared<Served>(Served{std::move(resources), {}})) {}

  std::span<const Resource> resources() const { return served_->resources; }
  const Resource* find(const GroupVersionKind& type) const;
  /// The preferred version of a kind, in `group` or, where that is unknown, in any.
  const Resource* find_kind(std::string_view kind, const std::optional<std::string>& group = std::nullopt) const;

  /// What a person may call a type, case ignored: plural, singular, Kind, short name, and each with `.group` (`deploy`,
  /// `deployments.apps`). The core group wins at once; several groups are an error that asks for `plural.group`.
  /// Errors: unknown_kind with the nearest name, usage for an ambiguous word.
  Result<Resource> match(std::string_view word) const;

  void add(Resource resource) { own().resources.push_back(std::move(resource)); }

  /// Groups that are registered, but whose own server (an APIService) does not answer: which types they have is unknown. What must
  /// know all types, as a delete of a namespace does, must not go on while there are any.
  const std::set<std::string>& silent_groups() const { return served_->silent_groups; }
  void add_silent_group(std::string group) { own().silent_groups.insert(std::move(group)); }

 private:
  struct Served {
    std::vector<Resource> resources = {};
    std::set<std::string> silent_groups = {};
  };
  Served& own();

  std::shared_ptr<Served> served_ = std::make_shared<Served>();
};

/// Is it one of the documents that servers answer discovery with: of a known kind, with the list that makes it one, and in that list
/// nothing that has another shape? What is odd further inside makes its group a silent one when it is read.
bool is_discovery_document(const nlohmann::json& body);

/// Reads an aggregated document (APIGroupDiscoveryList, v2 or v2beta1; KEP-3352) into `discovery`. A version whose `freshness` is
/// "Stale", or an entry that is not understood, makes its group a silent one.
void read_aggregated(const nlohmann::json& document, Discovery& discovery);

/// Reads one APIResourceList, as every server has had it (`/api/v1`, `/apis/GROUP/VERSION`), likewise.
void read_resource_list(const nlohmann::json& document, Discovery& discovery);

/// The paths of the group versions that an unaggregated answer (APIVersions, APIGroupList) names, preferred versions first.
std::vector<std::string> version_paths(const nlohmann::json& document);

/// The groups of an APIGroupList whose versions are not understood.
std::vector<std::string> groups_not_understood(const nlohmann::json& document);

}  // namespace fedctl::kube
