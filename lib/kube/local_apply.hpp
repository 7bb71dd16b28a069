#pragma once

#include <nlohmann/json.hpp>

/// Server-side apply as far as an object's managed fields alone tell how it goes: for where no server can be asked, and to have
/// something to ask the server about.
namespace fedctl::kube {

/// What applying `desired` with force would make of `live`: what `desired` leaves out of `only_ours`, the fields that nobody but the
/// applier owns (kube/takeover.hpp; null: none), goes, and what `desired` says is set. Defaults are not filled in. Which lists are merged
/// by keys, and which are sets, is read from the managed fields; other lists are replaced.
nlohmann::json applied_locally(const nlohmann::json& live, const nlohmann::json& desired, const nlohmann::json& only_ours);

/// The JSON Patch, guarded by the UID, that makes `live` into `target`, but for what the server keeps for itself.
nlohmann::json operations_between(const nlohmann::json& live, const nlohmann::json& target);

}  // namespace fedctl::kube
