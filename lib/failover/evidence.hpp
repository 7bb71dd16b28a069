#pragma once

#include "data/standing.hpp"

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What the steps of a run found and did, one type a step. It is JSON in the journal only. What may be missing is optional, or empty: a
/// step that was done by an older version may not have said it.
namespace fedctl::failover {

/// There was nothing to do.
struct Skipped {
  std::string why;
};

/// What was proven of a database that takes no writes.
struct FreezeProof {
  std::optional<std::int64_t> sessions_ended;
  std::optional<std::int64_t> prepared_transactions;
  bool is_door_closed = false;
  std::string still_for;  ///< For how long it was seen that no transaction took place: "100ms".
};

struct FrozenEvidence {
  std::optional<data::Lsn> lsn;  ///< Where its log ended.
  std::optional<bool> is_flushed;
  std::optional<FreezeProof> proof;
};

/// What makes the old side harmless, in the order in which it is tried; the first that is proven will do.
enum class FenceWay {
  none_needed,  ///< Its database is no primary.
  database,     ///< Closed, all sessions ended, and proven (data/fence.hpp); stopped where there is a program for it.
  stop,         ///< It does not answer: the side's program stops it.
  program,
  scale,  ///< Workloads scaled to zero.
  guard,  ///< Its own guard's ttl ends.
  unfenced,
};
std::string_view to_string(FenceWay way);

struct FenceEvidence {
  std::optional<FenceWay> way;
  bool is_unreachable = false;          ///< The old side's API server did not answer.
  std::vector<std::string> not_proven;  ///< The ways that were tried in vain before.
  FrozenEvidence frozen;                ///< Way database; of way guard the position that it acknowledged.
  std::string not_frozen;               ///< Way database: why it was stopped only.
  std::optional<std::int64_t> timeline;
  std::optional<std::string> counted;  ///< What the policy's query yielded there.
  std::optional<bool> is_stopped;
  std::optional<std::string> said;                         ///< The program's words.
  std::optional<std::vector<std::string>> scaled_to_zero;  ///< Way scale: "Deployment production/shop".
  std::optional<std::int64_t> waited;                      ///< Way guard: milliseconds.
  std::optional<std::int64_t> ttl;                         ///< Way guard: milliseconds, where that was waited for.
  bool is_acknowledged = false;                            ///< Way guard.
  std::string overridden;                                  ///< Way unfenced: what let it pass.
};

struct DrainEvidence {
  FrozenEvidence frozen;  ///< Its `lsn` is the token that the new side must have replayed.
  std::string system_identifier;
  std::optional<std::int64_t> timeline;
  std::string at;
  std::optional<std::string> counted;
};

struct StopEvidence {
  std::optional<std::string> said;
};

struct CatchUpEvidence {
  std::optional<data::Lsn> standby_lsn;  ///< What the new side had of the old one's log; a fenced server still adds records of its own.
  std::optional<data::Lsn> primary_lsn;  ///< Where the old one's ended, as far as is known.
  std::optional<data::Lsn> token_lsn;    ///< Of a switchover.
  std::optional<std::string> basis;      ///< How it is known.
  std::optional<bool> is_exact;          ///< Else at least so much is lost.
  std::optional<std::int64_t> lost_bytes;
  bool is_loss_unknown = false;
  std::optional<std::string> primary_counted;
  std::optional<std::string> standby_counted;
  std::optional<std::int64_t> lost_counted;
};

/// What synchronous_standby_names of the new side was and became before its promotion, and is to become after it.
struct PromotionNames {
  std::optional<std::string> before;
  std::optional<std::string> set;
  std::optional<std::string> later;  ///< Once enough standbys stream; empty: nothing more.
  std::optional<bool> was_altered;   ///< It had been set by ALTER SYSTEM.
};

struct PromoteEvidence {
  bool was_asked = false;  ///< The standby was told to become the primary, and may do so whatever is seen of it. Until it is done.
  std::optional<std::int64_t> timeline;
  std::optional<data::Lsn> lsn;
  std::optional<data::Lsn> fork;              ///< Where its log leaves that of the old side.
  std::vector<std::string> led;               ///< The clusters whose standbys were told to receive from it.
  std::optional<PromotionNames> synchronous;  ///< Where there is something to set.
};

struct RolesEvidence {
  std::optional<std::int64_t> federated_objects;
  std::vector<std::string> clusters;  ///< Those that were given their role.
  std::optional<std::int64_t> changed;
  std::string left_alone;  ///< Why the old side was not.
};

struct ReadyEvidence {
  std::optional<std::int64_t> ready;
};

struct DnsEvidence {
  std::string name;
  std::string type;
  std::optional<std::int64_t> ttl;
  std::optional<std::string> value;
  std::optional<std::string> before;
  std::string provider;
  std::string follows;  ///< What changes the record in our place.
  bool is_unchanged = false;
};

struct VerifyEvidence {
  bool is_writable = false;
  std::vector<std::string> resolvers;
  std::optional<std::string> resolvers_not_asked;  ///< Why.
  std::vector<std::string> answers;                ///< URLs.
};

struct FollowEvidence {
  std::map<std::string, std::string> ways;  ///< By cluster, as FollowWay has it.
};

struct RejoinEvidence {
  std::optional<data::Lsn> lsn;
  std::optional<std::int64_t> timeline;
};

struct SynchronousEvidence {
  std::string names;                ///< What commits wait for, as synchronous_standby_names; empty: for nobody, as they are to.
  std::vector<std::string> named;   ///< The clusters whose standbys got their names.
  std::vector<std::string> exempt;  ///< Roles and databases whose commits wait for no standby's disk.
  bool is_unchanged = false;
};

struct HookEvidence {
  std::optional<std::string> said;
  std::string failed;  ///< Of a hook that may fail.
};

/// One of them; nothing where a step has nothing to say, or was not done yet.
using Findings =
    std::variant<std::monostate, Skipped, FenceEvidence, DrainEvidence, StopEvidence, CatchUpEvidence, PromoteEvidence, RolesEvidence,
                 ReadyEvidence, DnsEvidence, VerifyEvidence, FollowEvidence, RejoinEvidence, SynchronousEvidence, HookEvidence>;

/// What the journal keeps of a step.
struct Evidence {
  Findings found;
  std::string error = {};                          ///< What it failed with when it was last tried; empty once it is done.
  nlohmann::json rest = nlohmann::json::object();  ///< What another version wrote and this one does not understand: kept as it is.

  template <typename T>
  const T* as() const {
    return std::get_if<T>(&found);
  }
  /// The same, or one that says nothing.
  template <typename T>
  T read() const {
    return as<T>() == nullptr ? T{} : *as<T>();
  }
  bool is_skipped() const { return as<Skipped>() != nullptr; }

  /// Says this from now on; the error stays, until the step is done.
  void say(Findings findings);
};

/// {} where there is none.
nlohmann::json to_json(const Evidence& evidence);

/// Of the step, or the hook's record, that has this name. Whatever the object is, `to_json` of the result is the same object.
Evidence evidence_from(std::string_view step, const nlohmann::json& object);

}  // namespace fedctl::failover
