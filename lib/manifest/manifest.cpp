#include "manifest/manifest.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "kube/object.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace fedctl::manifest {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uintmax_t most_kept = 1u << 20;

tl::unexpected<Error> invalid(const yaml::Document& document, const std::string& pointer, std::string message, std::string hint = {}) {
  return Failure{
      {.code = Code::invalid_input, .message = std::move(message), .place = yaml::place_of(document, pointer), .hint = std::move(hint)}};
}

bool is_list(const json& object) {
  if (!string_at(object, "kind").ends_with("List") || !object.contains("items")) return false;
  const json& items = value_at(object, "items");
  return items.is_array() || items.is_null();
}

/// The items of a typed list, such as a ConfigMapList, need not say what they are.
void inherit_type(json& item, const std::string& api_version, const std::string& list_kind) {
  if (!item.is_object() || list_kind == "List") return;
  if (!string_at(item, "apiVersion").empty() && !string_at(item, "kind").empty()) return;
  item["apiVersion"] = api_version;
  item["kind"] = list_kind.substr(0, list_kind.size() - std::string_view{"List"}.size());
}

/// Names and types become path segments of URLs and of files, so nothing but a path segment may pass (Kubernetes' own rule).
Result<void> check_type(const json& object, const yaml::Document& document, const std::string& pointer) {
  const std::string api = string_at(object, "apiVersion");
  const auto parts = text::split(api, '/');
  if (parts.size() > 2 || !std::ranges::all_of(parts, file::is_path_segment))
    return invalid(document, pointer + "/apiVersion", fmt::format("'{}' is no valid apiVersion", api), "it is VERSION or GROUP/VERSION");
  const std::string kind = string_at(object, "kind");
  if (!file::is_path_segment(kind)) return invalid(document, pointer + "/kind", fmt::format("'{}' is no valid kind", kind));
  return {};
}

Result<void> check(const json& object, const yaml::Document& document, const std::string& pointer) {
  if (!object.is_object()) return invalid(document, pointer, "expected a Kubernetes object, a map");
  for (const char* key : {"apiVersion", "kind"}) {
    if (string_at(object, key).empty())
      return invalid(document, pointer, fmt::format("the object has no '{}'", key),
                     "every object needs apiVersion, kind and metadata.name");
  }
  if (auto typed = check_type(object, document, pointer); !typed) return typed;
  if (is_list(object)) return {};
  if (string_at(object, "kind") == "List") return invalid(document, pointer + "/items", "the items of a List must be a list");
  const json& metadata = value_at(object, "metadata");
  if (!metadata.is_object())
    return invalid(document, pointer, "the object has no 'metadata'", "every object needs apiVersion, kind and metadata.name");
  if (metadata.contains("generateName") && !metadata.contains("name")) {
    return invalid(document, pointer + "/metadata/generateName", "generateName makes a new object each time; a plan needs metadata.name");
  }
  for (const char* key : {"name", "namespace"}) {
    if (metadata.contains(key) && !value_at(metadata, key).is_string())
      return invalid(document, pointer + "/metadata/" + key, fmt::format("metadata.{} must be a string; quote it", key));
    const std::string value = string_at(metadata, key);
    if (!value.empty() && !file::is_path_segment(value))
      return invalid(document, pointer + "/metadata/" + key, fmt::format("'{}' is no valid {}", value, key));
  }
  if (kube::name_of(object).empty()) return invalid(document, pointer + "/metadata", "the object has no metadata.name");
  return {};
}

Result<void> add(Manifests& manifests, json object, const std::shared_ptr<const yaml::Document>& document, const std::string& pointer) {
  if (auto checked = check(object, *document, pointer); !checked) return checked;
  if (!is_list(object)) {
    manifests.items.push_back({std::move(object), document, pointer});
    return {};
  }
  const std::string api_version = string_at(object, "apiVersion");
  const std::string kind = string_at(object, "kind");
  json& items = object["items"];
  for (std::size_t i = 0; i < items.size(); ++i) {
    inherit_type(items[i], api_version, kind);
    if (auto added = add(manifests, std::move(items[i]), document, fmt::format("{}/items/{}", pointer, i)); !added) return added;
  }
  return {};
}

template <typename Iterator>
Result<std::vector<fs::path>> files_below(const fs::path& folder) {
  std::error_code problem;
  std::vector<fs::path> files;
  for (Iterator entry{folder, problem}; !problem && entry != Iterator{}; entry.increment(problem)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && is_manifest_file(entry->path())) files.push_back(entry->path());
  }
  if (problem) return Failure{{Code::not_found, fmt::format("cannot read the folder {}: {}", folder.string(), problem.message())}};
  std::ranges::sort(files);
  return files;
}

Result<std::vector<fs::path>> expand(const std::string& path, bool recursive) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return std::vector<fs::path>{path};
  return recursive ? files_below<fs::recursive_directory_iterator>(path) : files_below<fs::directory_iterator>(path);
}

/// More than is worth keeping in memory beside what it says. JSON's escapes need the text.
bool is_big_yaml(const fs::path& path) {
  std::error_code problem;
  if (!fs::is_regular_file(path, problem) || fs::file_size(path, problem) < most_kept || problem) return false;
  std::ifstream file{path};
  return (file >> std::ws).peek() != '{';
}

/// Of text: more is not worth keeping in memory; longer strings tell nothing of an object's shape.
constexpr std::size_t most_text = 4096;
constexpr std::size_t longest_text = 256;

/// Only plain objects: what speaks to the federation is looked at all the time. And no Secret, for the file lies on a disk.
void put_aside(Manifest& manifest, const std::shared_ptr<Spill>& spill) {
  const kube::GroupVersionKind type = kube::gvk_of(manifest.object);
  const bool is_plain = !type.kind.starts_with("Federated") && !type.group.ends_with("kubefed.io") && type.group != "fedctl.io" &&
                        type.kind != "CustomResourceDefinition" && type.kind != "Secret";
  if (!is_plain || text_in(manifest.object) < most_text) return;
  const auto part = spill->put(to_text(manifest.object));
  if (!part) return;
  manifest.object = without_long_text(std::move(manifest.object), longest_text);
  manifest.aside = spill;
  manifest.part_aside = *part;
}

Result<yaml::Source> read_source(const fs::path& path) {
  if (path == "-") {
    auto text = file::read_standard_input();
    if (!text) return Failure{text.error()};
    return yaml::Source{"<stdin>", std::move(*text)};
  }
  if (is_big_yaml(path)) return yaml::Source{path.string(), "", path};
  auto text = file::read(path);
  if (!text) return Failure{text.error()};
  return yaml::Source{path.string(), std::move(*text)};
}

}  // namespace

Result<Manifests> parse(std::shared_ptr<const yaml::Source> source) {
  Manifests manifests;
  const bool is_big = !source->file.empty();
  std::shared_ptr<Spill> spill;
  auto warnings = yaml::parse_each(std::move(source), [&](yaml::Document document) -> Result<void> {
    json object = std::move(document.value);
    document.value = nullptr;
    const std::size_t before = manifests.items.size();
    const auto shared = std::make_shared<const yaml::Document>(std::move(document));
    if (auto added = add(manifests, std::move(object), shared, ""); !added) return added;
    if (!is_big) return {};
    if (!spill) spill = Spill::create();
    for (std::size_t i = before; i < manifests.items.size() && spill; ++i) put_aside(manifests.items[i], spill);
    return {};
  });
  if (!warnings) return Failure{warnings.error()};
  manifests.warnings = std::move(*warnings);
  return manifests;
}

bool is_manifest_file(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

Result<Manifests> read(std::span<const std::string> paths, bool recursive) {
  Manifests all;
  for (const std::string& path : paths) {
    const auto files = expand(path, recursive);
    if (!files) return Failure{files.error()};
    for (const fs::path& name : *files) {
      auto source = read_source(name);
      if (!source) return Failure{source.error()};
      auto manifests = manifest::parse(std::make_shared<const yaml::Source>(std::move(*source)));
      if (!manifests) return Failure{manifests.error()};
      std::ranges::move(manifests->items, std::back_inserter(all.items));
      std::ranges::move(manifests->warnings, std::back_inserter(all.warnings));
    }
  }
  if (all.items.empty()) {
    std::vector<std::string> names{paths.begin(), paths.end()};
    return Failure{{.code = Code::invalid_input,
                    .message = fmt::format("there is no object in {}", text::join(names, ", ")),
                    .hint = "nothing was done; name files with Kubernetes objects, -R for folders within folders"}};
  }
  return all;
}

}  // namespace fedctl::manifest
