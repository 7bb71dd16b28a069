#pragma once

#include "base/error.hpp"
#include "manifest/manifest.hpp"
#include "plan/plan.hpp"

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// A plan in a file: what was decided, and the input it was decided from, so that exactly this can be applied later.
namespace fedctl::plan {

/// One object of the input. Of what holds a Secret's values only a keyed digest is kept; its source is read again.
struct SavedManifest {
  std::string place;
  nlohmann::json identity;  ///< {apiVersion, kind, namespace, name}
  nlohmann::json object;    ///< Null where only the digest is kept.
  std::string digest;       ///< HMAC-SHA-256 of the object with the file's salt.
};

struct SavedPlan {
  std::string version;     ///< fedctl's.
  std::string made_by;     ///< "alice@laptop"
  std::string created;     ///< RFC 3339.
  std::string salt;        ///< Random, as hexadecimal digits.
  nlohmann::json command;  ///< What it was planned with; the command line's business.
  std::vector<SavedManifest> manifests;
  Plan plan;
};

/// Who, when and of which input; `plan` has what was decided.
SavedPlan save(Plan plan, std::span<const manifest::Manifest> manifests, nlohmann::json command);

/// The file's text, and the plan in it. Errors: invalid_input for a text that is no saved plan, one of a format this version does
/// not know, and one that is damaged; the field that is wrong is named. `command` is only known to be a map.
std::string to_text(const SavedPlan& saved);
Result<SavedPlan> parse_saved(std::string_view text);

/// Must the source be read again for it?
bool needs_source(const SavedPlan& saved);

/// The input that was planned. What only a digest is kept of is taken from `source`, which was read again.
/// Errors: conflict for an object that the source lacks now, or has otherwise.
Result<std::vector<manifest::Manifest>> manifests_of(const SavedPlan& saved, std::vector<manifest::Manifest> source);

}  // namespace fedctl::plan
