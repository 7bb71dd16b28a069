#pragma once

#include "base/error.hpp"
#include "import/script.hpp"
#include "manifest/manifest.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::import {

/// The policy that a script amounts to.
struct Imported {
  nlohmann::json policy;               ///< A FailoverPolicy; null where the script does not say what a field must be.
  std::vector<std::string> forgotten;  ///< What the script leaves undone, each a sentence.
  std::vector<std::string> missing;    ///< What a person must fill in: "dns.targets.tokyo-cluster: what app.example.com points to today".
};

struct ImportOptions {
  std::map<std::string, std::string> targets;  ///< By cluster, what the name points to while it is active.
};

/// Finds the scripts in ConfigMaps and how often a CronJob runs them, and says what they amount to. The federated objects that they patch
/// must be among the manifests. Pure. Errors: invalid_input where there is no script that patches a federated object, or its object is
/// missing.
Result<Imported> import_scripts(const std::vector<manifest::Manifest>& manifests, const std::vector<std::string>& plain_scripts,
                                const ImportOptions& options);

/// The policy as YAML, with what was forgotten and what is missing as comments.
std::string to_yaml(const Imported& imported);

}  // namespace fedctl::import
