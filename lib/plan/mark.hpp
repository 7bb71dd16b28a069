#pragma once

#include "federation/render.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

/// How we know our own objects again, and whether they are as we left them.
namespace fedctl::plan {

/// Holds the hash of the desired object as it was last applied: equal hash, desired unchanged.
inline constexpr std::string_view hash_annotation = "fedctl.io/applied-hash";

/// The hash of a desired object.
std::string hash_of(const nlohmann::json& desired);

/// A copy with the hash annotation in it: what we send.
std::shared_ptr<const nlohmann::json> with_mark(const nlohmann::json& desired, const std::string& hash);

/// Whose is a live object?
enum class Ownership {
  ours,       ///< Carries the managed label: fedctl or KubeFed put it there.
  foreign,    ///< Somebody else's.
  hands_off,  ///< kubefed.io/managed: "false".
};
Ownership ownership_of(const nlohmann::json& live);

/// Is the live object, of which only the metadata is needed, just as we last applied `desired`? Both its hash must be the
/// one of `desired`, every field of `desired` still be ours, and it must not be about to go. With `retain_replicas` spec.replicas may be
/// anybody's.
bool is_as_applied(const nlohmann::json& live_metadata, const nlohmann::json& desired, const std::string& hash, bool retain_replicas);

}  // namespace fedctl::plan
