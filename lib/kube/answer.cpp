#include "kube/answer.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::kube {
namespace {

using nlohmann::json;

constexpr std::string_view metadata_version = "meta.k8s.io/v1";

std::string name_of_kind(const json& body) {
  if (!body.is_object()) return fmt::format("JSON of type {}", body.type_name());
  const std::string kind = string_at(body, "kind");
  return kind.empty() ? "an object without a kind" : fmt::format("kind {} of {}", kind, string_at(body, "apiVersion"));
}

bool is_of_type(const json& body, const Resource& resource, std::string_view suffix, bool metadata_will_do) {
  const std::string kind = string_at(body, "kind");
  const std::string version = string_at(body, "apiVersion");
  if (kind == fmt::format("PartialObjectMetadata{}", suffix)) return metadata_will_do && version == metadata_version;
  if (version != resource.type().api_version()) return false;
  const bool is_free = suffix == "List" && !is_builtin_group(resource.group);
  return is_free ? kind.ends_with(suffix) : kind == fmt::format("{}{}", resource.kind, suffix);
}

/// ListMeta: where there is more there is a continue token (https://kubernetes.io/docs/reference/using-api/api-concepts/).
bool says_where_it_ends(const json& metadata) {
  if (metadata.is_null()) return true;
  if (!metadata.is_object()) return false;
  const json& next = value_at(metadata, "continue");
  const json& remaining = value_at(metadata, "remainingItemCount");
  if (!next.is_null() && !next.is_string()) return false;
  if (remaining.is_null()) return true;
  return remaining.is_number_integer() && (remaining == 0 || !string_at(metadata, "continue").empty());
}

bool is_within(const json& object, const Resource& resource, std::string_view name_space) {
  return !resource.namespaced || name_space.empty() || namespace_of(object) == name_space;
}

}  // namespace

Error not_understood(std::string_view found) {
  return {.code = Code::not_kubernetes,
          .message = fmt::format("the server answered with {}, which is not what was asked for", found),
          .hint = "check the server address in the kubeconfig, and any proxy before it"};
}

std::optional<Error> problem_of_list(const json& body, const Resource& resource, const Wanted& wanted) {
  if (!is_of_type(body, resource, "List", wanted.metadata_only)) return not_understood(name_of_kind(body));
  if (!says_where_it_ends(value_at(body, "metadata"))) return not_understood("a list that does not say whether it is whole");
  const json& items = value_at(body, "items");
  if (!body.contains("items") || !(items.is_array() || items.is_null())) return not_understood("a list without items");
  for (const json& item : items) {
    if (string_at(value_at(item, "metadata"), "name").empty()) return not_understood("a list whose items are not all objects with names");
    if (!is_within(item, resource, wanted.name_space))
      return not_understood(fmt::format("an object of namespace '{}'", namespace_of(item)));
  }
  return std::nullopt;
}

std::optional<Error> problem_of_object(const json& body, const Resource& resource, const Wanted& wanted) {
  if (!is_of_type(body, resource, "", wanted.metadata_only)) return not_understood(name_of_kind(body));
  const std::string found = name_of(body);
  if (!wanted.name.empty() && found != wanted.name) return not_understood(fmt::format("an object named '{}'", found));
  if (!is_within(body, resource, wanted.name_space)) return not_understood(fmt::format("an object of namespace '{}'", namespace_of(body)));
  const std::string uid = uid_of(body);
  if (!wanted.uid.empty() && uid != wanted.uid) return not_understood("another object of that name (its UID is another one)");
  return std::nullopt;
}

std::optional<Error> problem_of_removal(const json& body, const Resource& resource, const Wanted& wanted) {
  const bool is_success = string_at(body, "kind") == "Status" && string_at(body, "status") == "Success";
  return is_success ? std::nullopt : problem_of_object(body, resource, wanted);
}

std::optional<Error> Pages::add(std::size_t items, std::size_t page_size, const std::string& next) {
  items_ += items;
  ++(items < page_size ? short_pages_ : full_pages_);
  const bool repeats = !next.empty() && next == last_;
  last_ = next;
  if (next.empty()) return std::nullopt;
  if (repeats) return not_understood("the same continue token twice");
  if (short_pages_ > most_short_pages || items_ > most_items) return not_understood("a list that does not end");
  return std::nullopt;
}

}  // namespace fedctl::kube
