#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "kube/client.hpp"

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fedctl::control {

/// What became of an object that was to be as it is now.
enum class Outcome { created, updated, unchanged, deleted, deleting };
std::string_view to_string(Outcome outcome);
/// `deleting` where the object is still there, kept by finalizers or by what is in the namespace.
Outcome outcome_of(const kube::Removal& removal);

/// One object that a command wrote, or with a dry run would write; for people.
struct Written {
  std::string cluster;
  std::string object;  ///< As kubectl names it: "customresourcedefinition.apiextensions.k8s.io/federatedfoos.types.kubefed.io".
  std::string name_space;
  Outcome outcome = Outcome::unchanged;
};
using OnWritten = std::function<void(const Written&)>;

/// "kubefedcluster.core.kubefed.io/tokyo".
std::string name_of(const kube::Resource& resource, const std::string& name);

struct Put {
  nlohmann::json object;
  Outcome outcome = Outcome::unchanged;
};

struct PutOptions {
  bool dry_run = false;
  std::string made_by = {};  ///< Annotates what is created (`made_by_annotation`); what exists keeps what it has.
};

/// Writes the object by server-side apply, and takes over fields that others had set.
Task<Result<Put>> put(kube::Client& client, kube::Resource resource, nlohmann::json object, PutOptions options);

/// Did fedctl make this object? The run that did, else "".
std::string maker_of(const nlohmann::json& live);

/// Waits until the object is there and `good` says so, by a watch. Errors: timeout with `what`; what the server says.
using Condition = std::function<bool(const nlohmann::json& object)>;
Task<Result<nlohmann::json>> wait_for(kube::Client& client, kube::Resource resource, std::string name_space, std::string name,
                                      Condition good, time::Duration timeout, std::string what);

/// The condition of this type is True.
bool has_condition(const nlohmann::json& object, std::string_view type);

}  // namespace fedctl::control
