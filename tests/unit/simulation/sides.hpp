#pragma once

#include "data/standing.hpp"
#include "failover/guard_lease.hpp"
#include "failover/state.hpp"
#include "simulation/world.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string>

/// What the processes act on: two databases with writers that never rest, and the host with its Leases and the state.
namespace simulation {

namespace data = fedctl::data;
namespace failover = fedctl::failover;

struct Database {
  std::string name;
  bool runs = true;
  bool in_recovery = false;
  bool closed = false;        ///< By a freeze: no session of an application comes in.
  bool can_be_closed = true;  ///< For the guard: its role's password, its rights, room for its session.
  int timeline = 1;
  unsigned incarnation = 1;  ///< Which server process it is, of those that were started one after the other.
  Moment stands_until = 0;
  data::Lsn written = 1000;  ///< At `settled`; as long as it takes writes, its log grows.
  Moment settled = 0;
  bool fenced = false;   ///< A run has proven that it takes no writes, and did not undo that.
  bool is_held = false;  ///< A standby that is kept from replaying what it receives.
  data::Lsn replayed = 1000;
  std::optional<data::Lsn> proven;  ///< Where a run has proven that its log ended.
  std::optional<data::Lsn> upstream;
  Moment upstream_at = 0;

  void unfence() {
    fenced = false;
    proven.reset();
  }
  bool takes_writes(Moment now) const { return runs && !in_recovery && !closed && stands_until <= now; }
};

/// A Lease of a guard, as the host keeps it.
struct LeaseBox {
  failover::GuardLease lease;
  int version = 0;
  Moment renewed = 0;
  int renewals = 0;
};

/// Two sides and all that is between them. Checks at each change of a database that nothing is written that must not be.
class Sides {
 public:
  explicit Sides(World& world);

  World& world;
  std::array<Database, 2> databases;
  std::array<LeaseBox, 2> leases;
  failover::State state;
  int state_version = 0;
  int newest_timeline = 1;
  const Process* holder = nullptr;  ///< Who is at a run.
  Moment held_until = 0;
  bool may_stay_closed = false;  ///< An abort said that a side may stay closed, for its database did not answer.
  Duration ttl{3'000};
  std::function<void(std::size_t)> on_mark = {};  ///< Called when a run has marked the Lease of a side.

  Link stream{.name = "the stream"};
  std::array<Link, 2> to_host;  ///< Of the guards.
  std::array<Link, 2> local;    ///< Of each guard to its database.

  /// Changes a database; what it wrote until now is counted before.
  template <typename Change>
  void change(Database& database, Change change) {
    settle(database);
    change(database);
    check();
  }

  /// What is asked over a session, which ends with the server.
  template <typename T>
  std::function<std::optional<T>()> in_session(Database& database, std::function<std::optional<T>()> act) {
    return [&database, server = database.incarnation, act = std::move(act)]() -> std::optional<T> {
      if (!database.runs || database.incarnation != server) return std::nullopt;
      return act();
    };
  }

  /// Where its log is now.
  data::Lsn position(const Database& database) const;
  data::Standing look(Database& database);
  /// The standby takes in what came over the stream.
  void pull(Database& standby);
  /// Writes a record, and tells where the log is behind it.
  data::Lsn mark(Database& primary);
  /// Keeps a standby from replaying, or lets it.
  void hold_replay(Database& standby, bool is_held);
  bool does_stream(const Database& standby) const;
  Database& other(const Database& database) { return databases[&database == databases.data() ? 1 : 0]; }

  failover::GuardLease lease_of(std::size_t side) const;
  /// The same with what tells renewals apart, which guards do not look at.
  failover::GuardLease lease_for_run(std::size_t side) const;
  /// Nothing: somebody wrote it since.
  std::optional<failover::GuardLease> write_lease(std::size_t side, const failover::GuardLease& lease, bool is_renewal);
  /// Whether it was written; `state.version` is the new one then.
  bool write_state(failover::State& state);
  failover::State read_state() const;

  void promote(Database& database);
  /// How long a supervisor takes at most to start a database that ended.
  static constexpr Moment longest_restart = 8'000'000;
  /// The database becomes a standby of the other one, as by pg_rewind.
  void rejoin(Database& database);
  void stand_still(Database& database, Moment until);
  void crash(Database& database);
  void start(Database& database);
  void cut_stream(Moment until);
  std::string describe(const Database& database) const;

 private:
  void settle(Database& database);
  void check();
};

}  // namespace simulation
