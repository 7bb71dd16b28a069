#pragma once

#include "base/error.hpp"
#include "kube/resource.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

/// Is an answer of 2xx what was asked for? Proxies, gateways and broken servers answer with other things, and nothing may be inferred
/// from those: an answer that is not understood is `Code::not_kubernetes`, never "nothing there".
namespace fedctl::kube {

/// Which object an answer must be, or which ones of a list; what is empty may be any.
struct Wanted {
  std::string_view name;
  std::string_view name_space = {};
  std::string_view uid = {};
  bool metadata_only = false;  ///< PartialObjectMetadata will do.
};

/// `body` must be a list of the type (or, where wanted, of its metadata): kind and apiVersion fit, and `items`, an array or null, holds
/// objects with names only, and in the namespace that was asked for ("" where all were). The kinds of custom types' lists are free
/// (CustomResourceDefinition's listKind), apart from ending in "List".
std::optional<Error> problem_of_list(const nlohmann::json& body, const Resource& resource, const Wanted& wanted);

/// `body` must be the wanted object of the type.
std::optional<Error> problem_of_object(const nlohmann::json& body, const Resource& resource, const Wanted& wanted);

/// `body` must say that the object was deleted, or is being deleted: a Status of success, or the object itself.
std::optional<Error> problem_of_removal(const nlohmann::json& body, const Resource& resource, const Wanted& wanted);

/// An answer that no Kubernetes API server gives; `found` says what it is instead, as "a Table".
Error not_understood(std::string_view found);

/// Bounds what a list may go on for: a server may neither repeat itself nor make us ask for ever.
class Pages {
 public:
  /// After each page: how many items it had (before any were left out) and its `continue`. An error where the list does not end:
  /// the same token twice, more than `most_short_pages` pages that are not full, or more than `most_items` items.
  std::optional<Error> add(std::size_t items, std::size_t page_size, const std::string& next);

  /// Pages that were full.
  std::size_t full() const { return full_pages_; }

  static constexpr std::size_t most_short_pages = 100;
  static constexpr std::size_t most_items = 10'000'000;

 private:
  std::string last_;
  std::size_t items_ = 0;
  std::size_t short_pages_ = 0;
  std::size_t full_pages_ = 0;
};

}  // namespace fedctl::kube
