#include "manifest/manifest.hpp"

#include "base/file.hpp"
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
  return Failure{{Code::invalid_input, std::move(message), yaml::place_of(document, pointer), "", "", std::move(hint)}};
}

bool is_list(const json& object) {
  return kube::string_at(object, "kind").ends_with("List") && object.contains("items") && object["items"].is_array();
}

/// Names become path segments of URLs and of files, so nothing but a path segment may pass (Kubernetes' own rule).
bool is_path_segment(const std::string& name) {
  return name != "." && name != ".." && name.find('/') == std::string::npos && name.find('%') == std::string::npos &&
         std::ranges::none_of(name, [](unsigned char c) { return c <= 0x20 || c == 0x7F || c == '?' || c == '#' || c == '\\'; });
}

Result<void> check(const json& object, const yaml::Document& document, const std::string& pointer) {
  if (!object.is_object()) return invalid(document, pointer, "expected a Kubernetes object, a map");
  for (const char* key : {"apiVersion", "kind"}) {
    if (kube::string_at(object, key).empty())
      return invalid(document, pointer, fmt::format("the object has no '{}'", key),
                     "every object needs apiVersion, kind and metadata.name");
  }
  if (is_list(object)) return {};
  const json metadata = object.value("metadata", json());
  if (!metadata.is_object())
    return invalid(document, pointer, "the object has no 'metadata'", "every object needs apiVersion, kind and metadata.name");
  if (metadata.contains("generateName") && !metadata.contains("name")) {
    return invalid(document, pointer + "/metadata/generateName", "generateName makes a new object each time; a plan needs metadata.name");
  }
  for (const char* key : {"name", "namespace"}) {
    if (metadata.contains(key) && !metadata[key].is_string())
      return invalid(document, pointer + "/metadata/" + key, fmt::format("metadata.{} must be a string; quote it", key));
    const std::string value = kube::string_at(metadata, key);
    if (!is_path_segment(value)) return invalid(document, pointer + "/metadata/" + key, fmt::format("'{}' is no valid {}", value, key));
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
  json& items = object["items"];
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (auto added = add(manifests, std::move(items[i]), document, fmt::format("{}/items/{}", pointer, i)); !added) return added;
  }
  return {};
}

bool is_manifest_file(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
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
  return std::ifstream{path}.peek() != '{';
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
  const auto part = spill->put(manifest.object.dump());
  if (!part) return;
  manifest.object = without_long_text(std::move(manifest.object), longest_text);
  manifest.aside = spill;
  manifest.part_aside = *part;
}

Result<yaml::Source> read_source(const fs::path& path) {
  if (path == "-") {
    return yaml::Source{"<stdin>", std::string{std::istreambuf_iterator<char>{std::cin}, std::istreambuf_iterator<char>{}}};
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
    return Failure{{Code::invalid_input, fmt::format("there is no object in {}", text::join(names, ", ")), "", "", "",
                    "nothing was done; name files with Kubernetes objects, -R for folders within folders"}};
  }
  return all;
}

}  // namespace fedctl::manifest
