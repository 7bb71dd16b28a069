#pragma once

#include "base/error.hpp"
#include "federation/render.hpp"
#include "plan/plan.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::plan {

struct JudgeOptions {
  bool adopt = false;               ///< Take over objects that are not ours.
  bool force_conflicts = false;     ///< Take over fields that others apply.
  bool all_ours = false;            ///< Objects need no label to be ours.
  bool accept_role_change = false;  ///< Undo what a failover decided (plan/undone_roles.hpp).
  std::string acting_policy = {};   ///< The policy whose failover writes, as NAMESPACE/NAME; empty: none does.
};

/// What the server said about one desired object.
struct Evidence {
  nlohmann::json live;                     ///< Null where the object does not exist.
  std::optional<nlohmann::json> would_be;  ///< The server-side-apply dry run's answer, after the takeover where there is one.
  std::optional<Error> refusal;            ///< Why there is no `would_be`.
  /// Set where other managers apply parts of it: the conflict that an apply without force met.
  std::optional<Error> field_conflict = {};
  bool takes_over = false;  ///< What a predecessor owns becomes ours (kube/takeover.hpp).
};

/// Judges one object from the evidence; `change` comes with its key, resource and desired object filled in.
/// An error means the cluster's plan cannot be carried out: the server refuses the object for what it says.
Result<Change> judge(Change change, const Evidence& evidence, const JudgeOptions& options);

/// The change by which its desired object comes to be; nobody looked at it where `note` says why not.
Change as_new(Change change, std::string note);

/// The same where nobody will look at it before it is carried out: neither its fields nor the whole of it are worked out.
Change as_unshown_new(Change change);

}  // namespace fedctl::plan
