#include "simulation/sides.hpp"

#include "base/json.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace simulation {
namespace {

/// How fast an application writes, and by how much a standby is behind at most while all is well.
constexpr Moment micros_a_byte = 100;
constexpr Moment longest_lag = micros(Duration{300});

int version_in(const failover::GuardLease& lease) { return lease.exists() ? lease.object.at("v").get<int>() : 0; }

}  // namespace

Sides::Sides(World& in) : world(in) {
  databases[0].name = "a";
  databases[1].name = "b";
  databases[1].in_recovery = true;
  for (std::size_t i = 0; i < 2; ++i) {
    to_host[i].name = fmt::format("the way from guard {} to the host", databases[i].name);
    local[i] = {.name = "local", .slowest = Duration{5}, .late_percent = 1};
    leases[i].lease.cluster = databases[i].name;
  }
}

data::Lsn Sides::position(const Database& database) const {
  if (!database.takes_writes(world.now)) return database.written;
  return database.written + static_cast<data::Lsn>((world.now - database.settled) / micros_a_byte);
}

void Sides::settle(Database& database) {
  pull(databases[0]);
  pull(databases[1]);
  database.written = position(database);
  database.settled = world.now;
}

bool Sides::does_stream(const Database& standby) const {
  const Database& primary = databases[&standby == databases.data() ? 1 : 0];
  return standby.runs && standby.in_recovery && primary.runs && !primary.in_recovery && primary.timeline == standby.timeline &&
         stream.cut_until <= world.now;
}

void Sides::pull(Database& standby) {
  if (!does_stream(standby)) return;
  const Database& primary = other(standby);
  if (primary.stands_until > world.now || standby.stands_until > world.now) return;
  const Moment lag = world.random.between(0, longest_lag);
  data::Lsn sent = primary.written;
  if (primary.takes_writes(world.now)) {
    sent += static_cast<data::Lsn>(std::max<Moment>(0, world.now - lag - primary.settled) / micros_a_byte);
  } else if (world.now - primary.settled < lag) {
    return;
  }
  standby.written = std::max(standby.written, sent);
  if (!standby.is_held) standby.replayed = standby.written;
  standby.upstream = sent;
  standby.upstream_at = world.now;
}

void Sides::check() {
  for (Database& database : databases) {
    if (database.proven && position(database) > *database.proven)
      return world.fail(fmt::format("{} wrote behind the position {} that a run had proven", database.name, *database.proven));
    if (database.fenced && database.takes_writes(world.now))
      return world.fail(fmt::format("{} takes writes although a run had fenced it", database.name));
    if (database.takes_writes(world.now) && database.timeline < newest_timeline)
      return world.fail(fmt::format("two writers: {} takes writes on timeline {}, and {} was promoted to {}", database.name,
                                    database.timeline, other(database).name, newest_timeline));
  }
}

data::Standing Sides::look(Database& database) {
  pull(database);
  data::Standing seen{.in_recovery = database.in_recovery, .read_only = database.in_recovery || database.closed};
  seen.system_identifier = "7";
  seen.timeline = database.timeline;
  seen.written = position(database);
  seen.replayed = database.in_recovery ? database.replayed : seen.written;
  seen.streams = does_stream(database);
  if (seen.streams) {
    seen.received_timeline = database.timeline;
    seen.upstream = database.upstream;
    seen.upstream_age = std::chrono::duration_cast<Duration>(std::chrono::microseconds{world.now - database.upstream_at});
  }
  return seen;
}

data::Lsn Sides::mark(Database& primary) {
  change(primary, [](Database& changed) { ++changed.written; });
  return position(primary);
}

void Sides::hold_replay(Database& standby, bool is_held) {
  pull(standby);
  standby.is_held = is_held && standby.in_recovery;
  if (!standby.is_held) standby.replayed = standby.written;
}

failover::GuardLease Sides::lease_of(std::size_t side) const {
  failover::GuardLease lease = leases[side].lease;
  if (lease.exists()) lease.age = Duration{(world.now - leases[side].renewed) / 1'000'000 * 1'000 + 1'000};
  return lease;
}

failover::GuardLease Sides::lease_for_run(std::size_t side) const {
  failover::GuardLease lease = lease_of(side);
  if (lease.exists()) lease.object["spec"] = nlohmann::json{{"renewTime", std::to_string(leases[side].renewals)}};
  return lease;
}

std::optional<failover::GuardLease> Sides::write_lease(std::size_t side, const failover::GuardLease& lease, bool is_renewal) {
  LeaseBox& box = leases[side];
  if (version_in(lease) != box.version) return std::nullopt;
  box.lease = lease;
  ++box.version;
  box.lease.object = nlohmann::json{{"v", box.version}};
  if (is_renewal) {
    box.renewed = world.now;
    ++box.renewals;
    box.lease.ttl = ttl;
  }
  if (!is_renewal && lease.fenced_by != 0 && on_mark) on_mark(side);
  box.lease.is_harmless = lease.is_harmless && lease.fenced_by != 0;
  box.lease.is_stopped = lease.is_stopped && box.lease.is_harmless;
  return lease_of(side);
}

failover::State Sides::read_state() const {
  failover::State read = state;
  read.version = state_version == 0 ? "" : std::to_string(state_version);
  return read;
}

bool Sides::write_state(failover::State& written) {
  if (written.version != (state_version == 0 ? "" : std::to_string(state_version))) return false;
  ++state_version;
  written.version = std::to_string(state_version);
  state = written;
  if (!state.run) return true;
  const failover::Run& run = *state.run;
  Database& old_side = databases[run.from == "a" ? 0 : 1];
  const failover::StepRecord& fence = *run.find(failover::StepKind::fence);
  if (fence.state != failover::StepRecord::State::done) {
    old_side.unfence();
  } else if (run.state == failover::Run::State::running) {
    old_side.fenced = true;
    old_side.proven = fence.evidence.read<failover::FenceEvidence>().frozen.lsn;
  }
  check();
  return true;
}

void Sides::promote(Database& database) {
  settle(databases[0]);
  settle(databases[1]);
  if (!database.in_recovery) return;
  database.in_recovery = database.is_held = false;
  database.closed = false;
  database.unfence();
  database.timeline = ++newest_timeline;
  world.tell(fmt::format("{} is promoted: {}", database.name, describe(database)));
  check();
}

void Sides::rejoin(Database& database) {
  change(database, [&](Database& changed) {
    changed.in_recovery = true;
    changed.is_held = changed.closed = false;
    changed.unfence();
    changed.timeline = other(changed).timeline;
    changed.replayed = changed.written = position(other(changed));
  });
  world.tell(fmt::format("{} follows {} again: {}", database.name, other(database).name, describe(database)));
}

void Sides::stand_still(Database& database, Moment until) {
  if (until <= std::max(world.now, database.stands_until)) return;
  change(database, [&](Database& changed) { changed.stands_until = until; });
  world.tell(fmt::format("database {} stands still until {:.3f}", database.name, static_cast<double>(until) / 1e6));
  world.at(until, [this, &database, until] {
    if (database.stands_until == until) database.settled = world.now;
    check();
  });
}

void Sides::crash(Database& database) {
  change(database, [](Database& changed) {
    changed.runs = false;
    changed.stands_until = 0;
  });
  world.tell(fmt::format("database {} is down", database.name));
  // A supervisor starts it again.
  world.at(world.now + world.random.between(100'000, longest_restart), [this, &database] { start(database); });
}

void Sides::start(Database& database) {
  if (database.runs) return;
  change(database, [](Database& changed) {
    changed.runs = true;
    changed.is_held = false;
    ++changed.incarnation;
  });
  world.tell(fmt::format("database {} is started: {}", database.name, describe(database)));
}

void Sides::cut_stream(Moment until) {
  pull(databases[0]);
  pull(databases[1]);
  stream.cut_until = std::max(stream.cut_until, until);
}

std::string Sides::describe(const Database& database) const {
  return fmt::format("{}{}{}{} on timeline {} at {}", database.runs ? "" : "down, ", database.stands_until > world.now ? "standing, " : "",
                     database.in_recovery ? "standby" : "primary", database.closed ? ", closed" : "", database.timeline,
                     position(database));
}

}  // namespace simulation
