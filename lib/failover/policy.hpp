#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "data/conninfo.hpp"
#include "manifest/manifest.hpp"
#include "traffic/record.hpp"
#include "traffic/settings.hpp"

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Moving an application with its database from one cluster to another: decided, planned, done step by step, and undone.
namespace fedctl::failover {

inline constexpr std::string_view policy_kind = "FailoverPolicy";
inline constexpr std::string_view policy_group = "fedctl.io";
bool is_policy(const nlohmann::json& object);

/// A program of the user's, without a shell.
struct Action {
  std::vector<std::string> command;
  time::Duration timeout{60'000};
  explicit operator bool() const { return !command.empty(); }
};

/// A federated object whose overrides say which role each cluster has.
struct Target {
  std::string kind;
  std::string name;
  std::string name_space;
};

/// One thing that a role sets: the value at a path, or variables of a container, by name.
struct Setting {
  std::string path;  ///< JSON Pointer into the object; empty where it is `variables`.
  nlohmann::json value;
  std::string container;
  std::map<std::string, std::string> variables;
};

/// One way of finding out how a side is.
struct Check {
  enum class Kind { api_server, workload, http, postgres };
  Kind kind = Kind::api_server;
  std::string name;
  time::Duration interval{10'000};
  time::Duration timeout{3'000};
  int failure_threshold = 3;                ///< This many failures in a row make it bad.
  int success_threshold = 2;                ///< This many successes in a row make it good again.
  int min_available = 50;                   ///< workload: percent of the replicas that the targets ask for.
  std::map<std::string, std::string> urls;  ///< http, by cluster.
  std::vector<long> status;                 ///< http: expected; empty: 200 to 399.
  std::string ca_file;
  bool insecure = false;

  bool operator==(const Check&) const = default;
};
std::string_view to_string(Check::Kind kind);

/// Whose failure says the same thing: two checks of one source are one signal. The API server and what it tells of workloads are one.
std::string source_of(const Check& check);

/// Somebody elsewhere who can tell whether a side is up, so that our own broken network is not taken for a dead region.
struct Vantage {
  std::string url;      ///< Answers 2xx while it sees the active side up, 503 while it does not (as `watch` itself does).
  std::string cluster;  ///< Or: a Pod in this cluster that asks the active side's http check.
  std::string image;    ///< With curl in it.
  std::string name_space;
};

struct Health {
  std::vector<Check> checks;
  int agree = 2;                     ///< So many independent signals must be bad.
  time::Duration tolerate{0};        ///< And must have been for so long: blips are waited out.
  time::Duration cooldown{600'000};  ///< After a failover nothing is done by itself for so long.
  std::vector<Vantage> vantages;
};

/// An object of the cluster that is scaled to zero.
struct Workload {
  std::string kind;
  std::string name;
  std::string name_space;
};

/// What makes the old primary harmless.
struct Fencing {
  std::optional<time::Duration> guard_ttl;  ///< Guards run beside the databases and honour this ttl.
  bool guard_failsafe = true;               ///< A guard without its host goes on while all other databases follow its own.
  std::vector<Workload> scale;
  Action exec;
  std::optional<time::Duration> proceed_unfenced_after;  ///< Since the old side was last seen.
};

/// Where a connection string or a key is.
struct SecretSource {
  std::string environment;  ///< A variable's name; or a Secret:
  std::string name_space;
  std::string name;
  std::string key;
  std::string cluster;  ///< Whose Secret; empty: the host's, without one the side's own.
  bool empty() const { return environment.empty() && name.empty(); }
  bool operator==(const SecretSource&) const = default;
};

struct DatabaseSide {
  SecretSource connection;
  std::string application_name;          ///< Of its stream, in the pg_stat_replication of its primary.
  std::optional<data::Address> address;  ///< Where the other databases reach it; none: where the connection leads.
  Action stop;                           ///< Shuts it down cleanly.
  Action start;                          ///< Starts it as it is.
  /// Makes it a standby of the primary: pg_rewind or a new base backup, which copies all of it, and a start.
  Action rejoin{{}, std::chrono::hours{1}};
};

/// For which standbys a commit on the active side waits.
struct Replication {
  enum class Mode {
    keep,             ///< As the databases have it; what was in force goes along.
    async,            ///< For none.
    sync,             ///< Always, so what was acknowledged is not lost.
    sync_while_close  ///< While they are near; the guard takes it back, and says so before, when they are not.
  };
  Mode mode = Mode::keep;
  int quorum = 1;                        ///< How many other sides must have a commit on their disks.
  time::Duration give_up_after{10'000};  ///< sync_while_close: after how long without enough near standbys.

  bool waits() const { return mode == Mode::sync || mode == Mode::sync_while_close; }
};
std::string_view to_string(Replication::Mode mode);

struct Postgres {
  std::map<std::string, DatabaseSide> sides;
  std::int64_t max_lag_bytes = 16 << 20;
  time::Duration max_look_age{60'000};  ///< A last look that was older when the side failed tells nothing of what is lost.
  time::Duration catch_up_timeout{30'000};
  time::Duration promote_timeout{60'000};
  std::string count_query;  ///< Yields a number of what must not get lost, to count what was.
  Action promote;           ///< Instead of pg_promote.
  Replication replication;
};

struct Dns {
  traffic::Record record;  ///< Its value is a side's target.
  std::map<std::string, std::string> targets;
  std::string provider;  ///< route53, rfc2136, exec, endpoint
  traffic::Route53Options route53;
  std::string server;  ///< rfc2136
  std::string zone;
  std::string key_name;
  std::string key_algorithm;
  SecretSource key_secret;
  Action exec;
  std::string endpoint_name;  ///< DNSEndpoint
  std::string endpoint_namespace;
  std::string endpoint_cluster;        ///< Empty: the host, without one every cluster that is active.
  std::vector<std::string> resolvers;  ///< Asked to verify; empty: the provider only.
  time::Duration within{120'000};      ///< The time they have.
};

struct Hook {
  std::string name;  ///< Its own, or its number in the policy.
  std::string hash;  ///< Of all that it says, by which a run that is gone on with finds it again.
  std::string step;
  bool before = true;
  Action exec;
  std::string url;
  bool may_fail = false;
};

/// Where the state is kept, and who decides whose turn it is.
struct Coordination {
  std::vector<std::string> members;  ///< Clusters of which a majority decides; none: the host, or a file.
  std::string name_space;            ///< In each of them.
};

struct Policy {
  std::string name;
  std::string name_space;
  std::string place;                  ///< Where it is written, for errors.
  std::string hash;                   ///< Of its spec, for the record.
  nlohmann::json spec;                ///< As it is written, to tell what was changed.
  std::vector<std::string> clusters;  ///< The primary first, then standbys by preference.
  std::vector<Target> targets;
  std::vector<Setting> active;
  std::vector<Setting> standby;
  Coordination coordination;
  Health health;
  Fencing fencing;
  std::optional<Postgres> postgres;
  std::optional<Dns> dns;
  std::vector<Hook> hooks;
  time::Duration ready_timeout{300'000};
  std::optional<time::Duration> rto;
  std::optional<time::Duration> rpo;
  std::optional<std::int64_t> rpo_bytes;

  std::string full_name() const { return name_space + "/" + name; }
};

/// Errors: invalid_input, with the place, for an unknown field, a value that cannot be, a cluster that is none of the policy's, fewer than
/// two clusters, and signals that are not two independent ones.
Result<Policy> read_policy(const manifest::Manifest& manifest, const std::string& default_namespace);

}  // namespace fedctl::failover
