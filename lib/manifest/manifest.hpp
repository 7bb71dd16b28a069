#pragma once

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/spill.hpp"
#include "base/yaml.hpp"

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

/// What `-f` names: files, folders and standard input, as Kubernetes objects with their places.
namespace fedctl::manifest {

/// One object of the input, and where it was written.
struct Manifest {
  nlohmann::json object;                           ///< Where `aside` is set, without its long texts.
  std::shared_ptr<const yaml::Document> document;  ///< Null for what a host cluster holds.
  std::string pointer;                             ///< JSON Pointer of the object in its document: "" or, in a List, "/items/3".
  std::string host = {};                           ///< The host cluster that holds it; empty for files.
  bool removed = false;                            ///< It is on its way out: no cluster should have it any more.
  std::string origin = {};                         ///< Its place, where the document is not at hand: it comes from a saved plan.

  std::shared_ptr<const Spill> aside = {};  ///< Holds the whole object, a big one of a big file.
  Spill::Part part_aside = {};

  nlohmann::json whole() const { return aside ? parse_json(aside->get(part_aside)) : object; }

  /// "file:line:column" of a part of the object, e.g. "/spec/overrides/1"; of what a host holds, the host and the part.
  std::string place(const std::string& part = {}) const {
    if (document) return yaml::place_of(*document, pointer + part);
    const std::string& where = origin.empty() ? host : origin;
    return part.empty() ? where : where + " " + part;
  }
};

struct Manifests {
  std::vector<Manifest> items;
  std::vector<std::string> warnings;
};

/// By its name: .yaml, .yml or .json.
bool is_manifest_file(const std::filesystem::path& path);

/// Reads all `paths` in order: files, folders (their .yaml, .yml and .json files by name, `recursive`ly if wanted), "-".
/// Lists are unfolded; the items of typed ones (ConfigMapList) have the type that the list tells where they tell none. Errors: not_found;
/// invalid_input for what is no YAML or no Kubernetes object (apiVersion, kind and a valid metadata.name are required), and for input
/// without any object.
Result<Manifests> read(std::span<const std::string> paths, bool recursive);

/// The objects of one text. Errors as above, but no object is fine.
Result<Manifests> parse(std::shared_ptr<const yaml::Source> source);

}  // namespace fedctl::manifest
