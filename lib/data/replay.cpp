#include "data/replay.hpp"

namespace fedctl::data {
namespace {

/// Nothing is paused, and nothing resumed, that does not replay.
Result<void> run_on_standby(Connection& standby, const std::string& call, Deadline deadline) {
  const auto done = standby.query("SELECT " + call + " WHERE pg_is_in_recovery()", deadline);
  if (!done) return Failure{done.error()};
  return {};
}

}  // namespace

Result<std::vector<Stream>> streams_of(Connection& primary, Deadline deadline) {
  const auto rows = primary.query(
      "SELECT r.application_name, r.replay_lsn FROM pg_stat_replication r WHERE r.state = 'streaming' AND r.replay_lsn IS NOT NULL "
      "AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')",
      deadline);
  if (!rows) return Failure{rows.error()};
  std::vector<Stream> streams;
  for (const Row& row : *rows) streams.push_back({row.at(0).value_or(""), parse_lsn(row.at(1).value_or("")).value_or(0)});
  return streams;
}

Result<Lsn> mark_log(Connection& primary, Deadline deadline) {
  if (const auto set = primary.query("SET synchronous_commit = local", deadline); !set) return Failure{set.error()};
  const auto marked = primary.value("SELECT pg_logical_emit_message(true, 'fedctl', 'mark')", deadline);
  if (!marked) return Failure{marked.error()};
  const auto lsn = parse_lsn(*marked);
  if (!lsn) return Failure{{Code::rejected, "the server did not say where it wrote"}};
  return *lsn;
}

Result<ReplayPosition> replay_position(Connection& standby, Deadline deadline) {
  const auto rows = standby.query(
      "SELECT pg_last_wal_replay_lsn(), pg_postmaster_start_time(), CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END",
      deadline);
  if (!rows) return Failure{rows.error()};
  const Row& row = rows->at(0);
  return ReplayPosition{parse_lsn(row.at(0).value_or("")).value_or(0), row.at(1).value_or(""), row.at(2) == "t"};
}

Result<void> pause_replay(Connection& standby, Deadline deadline) { return run_on_standby(standby, "pg_wal_replay_pause()", deadline); }

Result<void> resume_replay(Connection& standby, Deadline deadline) { return run_on_standby(standby, "pg_wal_replay_resume()", deadline); }

}  // namespace fedctl::data
