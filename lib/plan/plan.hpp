#pragma once

#include "base/error.hpp"
#include "federation/render.hpp"
#include "kube/object.hpp"
#include "kube/resource.hpp"
#include "plan/diff.hpp"

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

/// Desired against live: the Plan, a value. What reads the clusters is lib/inspect, what carries it out lib/apply.
namespace fedctl::plan {

enum class Action {
  create,
  update,
  remove,  ///< "delete" for people.
  unchanged,
  conflict,  ///< Not ours, or a field somebody else applies, or what only a replacement can make, or what would undo a failover.
  unknown,   ///< The cluster, or its answer about this object, could not be had.
};

std::string_view to_string(Action action);

/// The parent of a set (federation/apply_set.hpp) is written first and last: at every moment it lists all types that the set has.
enum class SetPart { none, opens, closes };

/// What is to happen to one object in one cluster.
struct Change {
  Action action = Action::unchanged;
  kube::ObjectKey key;
  std::string api_version;
  std::vector<FieldChange> fields;  ///< Masked where they are secret.
  std::string note;                 ///< Why it is a conflict or unknown; or what a person should know.
  std::optional<Code> reason;       ///< Of an unknown: in a word, why it could not be had.
  bool checked = true;              ///< False: no server has looked at it, because something of this plan must come first.
  std::shared_ptr<const nlohmann::json>
      before;                                   ///< The live object as it may be shown (see `shown`); null where it is new or was not read.
  std::shared_ptr<const nlohmann::json> after;  ///< What it would be; null where it goes. Both only of what is to change.
  std::vector<kube::Writer> writers;            ///< Who else wrote the live object, latest first.

  // What apply needs, and no output shows.
  std::shared_ptr<const kube::Resource> resource;  ///< Null where the cluster has no such type, or was not asked.
  std::shared_ptr<const nlohmann::json> desired;   ///< With our marks; null for deletes.
  std::string uid;                                 ///< Of the live object; empty for creates.
  std::string resource_version;                    ///< Of the live object as it was judged.
  std::string hash;                                ///< Of the desired object (see plan/mark.hpp); empty for deletes.
  bool adopts = false;                             ///< Takes over an object that is not ours yet.
  bool takes_over = false;                         ///< The fields of a predecessor become ours first (kube/takeover.hpp).
  bool release = false;                            ///< The object stays, but is no longer ours: our label and fields are let go.
  bool refresh = false;                            ///< Nothing changes but our mark, which is out of date.
  SetPart set_part = SetPart::none;
  std::string place;  ///< Where the input has it.
};

void make_unknown(Change& change, Code reason, std::string note);

/// What we know of a cluster after asking it.
enum class ClusterStatus {
  ok,
  unknown,  ///< Could not be asked: `problem` says why.
  error,    ///< Asked, and something of the input cannot work there: `errors`.
};

std::string_view to_string(ClusterStatus status);

struct ClusterPlan {
  std::string name;
  std::string identity;  ///< The UID of its kube-system namespace, where asked for and told.
  ClusterStatus status = ClusterStatus::ok;
  std::optional<Error> problem;
  std::vector<Error> errors;        ///< With status ok: of objects that fail alone.
  std::vector<Change> changes;      ///< In the order of the input, deletes last.
  std::vector<Change> bookkeeping;  ///< Writes that nobody need see: a set's parent.
};

struct Summary {
  std::size_t create = 0;
  std::size_t update = 0;
  std::size_t remove = 0;
  std::size_t unchanged = 0;
  std::size_t conflict = 0;
  std::size_t unknown = 0;

  bool has_changes() const { return create + update + remove > 0; }
};

struct Plan {
  std::optional<ClusterPlan> host;  ///< What is to change in the host itself.
  std::vector<ClusterPlan> clusters;
  std::vector<Error> errors;  ///< Of objects that fail alone, in every cluster or before any was asked.
  std::vector<std::string> notices;

  Summary summary() const;
  std::size_t clusters_with(ClusterStatus status) const;
  /// How many objects are unknown for which reason.
  std::map<Code, std::size_t> unknown_reasons() const;
};

Summary summary_of(const ClusterPlan& cluster);

/// "Plan: 6 to create, 0 to update, 0 to delete; 0 unchanged, 0 in conflict, 0 unknown." Scripts read it: frozen by a test.
std::string summary_line(const Summary& summary);

/// "Unknown: 3 unreachable, 1 forbidden."; empty where nothing is.
std::string unknown_line(const Plan& plan);

}  // namespace fedctl::plan
