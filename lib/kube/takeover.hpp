#pragma once

#include <nlohmann/json.hpp>

/// Taking over what a writer before us owns by plain updates: kubectl's client-side apply, or KubeFed's controller. Without it their
/// entry in `metadata.managedFields` would hold on to every field that we never mention. The rule is client-go's csaupgrade.
namespace fedctl::kube {

/// Is there anything to take over?
bool has_predecessor(const nlohmann::json& object);

/// Is there, and have we not taken over yet? That is done once, when an object becomes ours.
bool is_to_be_taken_over(const nlohmann::json& live);

/// The JSON Patch that makes their entries ours (field manager `fedctl`, operation Apply), guarded by UID, for patch_as_read, which adds
/// the resourceVersion. Nothing but the managed fields changes.
nlohmann::json takeover_operations(const nlohmann::json& live);

/// What `would_be`, the answer to an apply's dry run, would be had we taken over before: without the fields that only a predecessor
/// owns. What the server then fills in by default is missing, and only the server can tell.
nlohmann::json without_predecessors_fields(nlohmann::json would_be);

/// The fields that nobody but us owns, and nobody but the predecessors while they are still to be taken over; null: none.
nlohmann::json fields_only_ours(const nlohmann::json& object);

/// The fields that become ours by it, with those that are.
nlohmann::json fields_taken_over(const nlohmann::json& live);

/// The JSON Patch that undoes it, once the values of `live` are those of `before` again: what was ours and the predecessors' before is so
/// again, everybody else's entries stay as they are by now. Guarded alike.
nlohmann::json give_back_operations(const nlohmann::json& before, const nlohmann::json& live);

}  // namespace fedctl::kube
