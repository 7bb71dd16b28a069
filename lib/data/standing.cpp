#include "data/standing.hpp"

#include "data/fence.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

namespace fedctl::data {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* look_statement = R"(
SELECT r.in_recovery,
       current_setting('default_transaction_read_only'),
       (SELECT system_identifier FROM pg_control_system()),
       CASE WHEN r.in_recovery THEN (SELECT min_recovery_end_timeline FROM pg_control_recovery())
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int END,
       (SELECT timeline_id FROM pg_control_checkpoint()),
       CASE WHEN r.in_recovery THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_insert_lsn() END,
       pg_last_wal_replay_lsn(),
       (SELECT latest_end_lsn FROM pg_stat_wal_receiver WHERE status = 'streaming'),
       CASE WHEN r.in_recovery THEN (extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint END,
       EXISTS (SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'),
       (SELECT received_tli FROM pg_stat_wal_receiver),
       (SELECT (extract(epoch FROM clock_timestamp() - last_msg_receipt_time) * 1000)::bigint FROM pg_stat_wal_receiver
        WHERE status = 'streaming'),
       pg_last_wal_receive_lsn() IS NOT NULL,
       CASE WHEN r.in_recovery THEN (extract(epoch FROM current_setting('recovery_min_apply_delay')::interval) * 1000)::bigint END,
       CASE WHEN r.in_recovery THEN pg_is_wal_replay_paused() END
FROM (SELECT pg_is_in_recovery() AS in_recovery) r)";

/// The newest timeline of what is in pg_wal. Members of pg_monitor may list it.
constexpr const char* newest_timeline =
    "SELECT coalesce(max(('x' || substr(name, 1, 8))::bit(32)::int), 0) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'";

/// Of a standby whose receiver is gone pg_control tells the timeline as it was at the last restartpoint, which may be minutes ago.
Result<void> correct_timeline(Connection& connection, Standing& standing, Deadline deadline) {
  if (!standing.in_recovery || standing.received_timeline != 0) return {};
  const auto newest = connection.value(newest_timeline, deadline);
  if (!newest && newest.error().code != Code::rejected) return Failure{newest.error()};
  if (newest) standing.timeline = std::max(standing.timeline, whole_number(*newest));
  return {};
}

Lsn lsn(const std::optional<std::string>& text) { return text ? parse_lsn(*text).value_or(0) : 0; }

}  // namespace

std::optional<Lsn> parse_lsn(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  Lsn high = 0;
  Lsn low = 0;
  const char* begin = text.data();
  const auto first = std::from_chars(begin, begin + slash, high, 16);
  const auto second = std::from_chars(begin + slash + 1, begin + text.size(), low, 16);
  if (first.ptr != begin + slash || second.ptr != begin + text.size() || first.ec != std::errc{} || second.ec != std::errc{})
    return std::nullopt;
  return (high << 32) | low;
}

std::string format_lsn(Lsn lsn) { return fmt::format("{:X}/{:X}", lsn >> 32, lsn & 0xFFFFFFFFu); }

Result<Standing> look(const std::string& conninfo, const std::string& count_query, Deadline deadline) {
  auto connection = Connection::open(conninfo, deadline);
  if (!connection) return Failure{connection.error()};
  return look(*connection, count_query, deadline);
}

Result<Standing> look(Connection& connection, const std::string& count_query, Deadline deadline) {
  const auto rows = connection.query(look_statement, deadline);
  if (!rows) return Failure{rows.error()};
  const Row& row = rows->at(0);
  Standing standing;
  standing.in_recovery = row[0] == "t";
  standing.read_only = standing.in_recovery || row[1] == "on";
  standing.system_identifier = row[2].value_or("");
  standing.timeline = std::max({whole_number(row[3]), whole_number(row[4]), whole_number(row[10])});
  standing.received_timeline = whole_number(row[10]);
  standing.written = lsn(row[5]);
  standing.replayed = standing.in_recovery ? lsn(row[6]) : standing.written;
  if (!standing.in_recovery && row[6]) standing.left_at = lsn(row[6]);
  if (row[7]) standing.upstream = lsn(row[7]);
  if (row[11]) standing.upstream_age = time::Duration{whole_number(row[11])};
  if (row[8]) standing.replay_age = time::Duration{whole_number(row[8])};
  standing.streams = row[9] == "t";
  // A standby asks for more of the log only when its own is at its end.
  standing.is_all_read = row[12] == "t";
  standing.replay_delay = time::Duration{whole_number(row[13])};
  standing.is_replay_paused = row[14] == "t";
  if (auto corrected = correct_timeline(connection, standing, deadline); !corrected) return Failure{corrected.error()};
  if (count_query.empty()) return standing;
  // What cannot be counted must not hide all the rest.
  const auto counted = connection.value(count_query, deadline);
  if (counted) standing.counted = *counted;
  if (!counted) standing.count_problem = counted.error().message;
  return standing;
}

bool follows(const Standing& standby, const Standing& primary) {
  const bool receives = standby.in_recovery && standby.streams && standby.received_timeline == primary.timeline;
  const Lsn has = standby.replay_delay.count() > 0 ? standby.written : standby.replayed;
  return receives && !standby.is_replay_paused && has >= primary.written;
}

std::optional<std::int64_t> parted(const Standing& standby, const Standing& primary, Lsn fork) {
  const bool is_on_old = standby.timeline < primary.timeline;
  if (!is_on_old || standby.written <= fork) return std::nullopt;
  return static_cast<std::int64_t>(standby.written - fork);
}

std::string why_not_following(const Standing& standby, const Standing& primary) {
  if (!standby.in_recovery) return "it is no standby";
  if (!standby.streams) return "it does not stream";
  if (standby.received_timeline != primary.timeline)
    return fmt::format("it receives timeline {}, and the primary is on {}", standby.received_timeline, primary.timeline);
  if (standby.is_replay_paused) return "its replay is paused: pg_wal_replay_resume() ends that";
  if (standby.replay_delay.count() > 0)
    return fmt::format("it has received up to {}, not up to {}", format_lsn(standby.written), format_lsn(primary.written));
  return fmt::format("it has replayed up to {}, not up to {}", format_lsn(standby.replayed), format_lsn(primary.written));
}

Result<Lsn> write_probe(Connection& connection, Deadline deadline) {
  // Logical messages of transactions are committed like any write, and leave nothing behind; but a read-only transaction may send them.
  const auto rows = connection.query(
      "SELECT pg_logical_emit_message(true, 'fedctl', 'writable') WHERE current_setting('transaction_read_only') = 'off'", deadline);
  if (!rows) return Failure{rows.error()};
  if (rows->empty()) return Failure{{Code::rejected, "the database takes no writes"}};
  return lsn(rows->front().at(0));
}

Result<Standing> promote(const std::string& conninfo, Deadline deadline) {
  {
    auto connection = Connection::open(conninfo, deadline);
    if (!connection) return Failure{connection.error()};
    const auto in_recovery = connection->value("SELECT pg_is_in_recovery()", deadline);
    if (!in_recovery) return Failure{in_recovery.error()};
    if (*in_recovery == "t") {
      const auto left = std::chrono::ceil<std::chrono::seconds>(deadline - Clock::now()).count();
      const auto promoted = connection->value(fmt::format("SELECT pg_promote(true, {})", std::max<std::int64_t>(left, 1)), deadline);
      if (!promoted) return Failure{promoted.error()};
      if (*promoted != "t") return Failure{{Code::timeout, "the standby was told to become the primary, and did not in time"}};
    }
  }
  return open_for_writes(conninfo, deadline);
}

Result<Standing> open_for_writes(const std::string& conninfo, Deadline deadline) {
  {
    auto connection = Connection::open(conninfo, deadline, Entry::as_application);
    if (!connection && !is_fenced(connection.error())) return Failure{connection.error()};
    const auto setting = connection ? connection->value("SHOW default_transaction_read_only", deadline) : Result<std::string>{"on"};
    if (!setting) return Failure{setting.error()};
    if (*setting == "on") {
      auto session = Connection::open(conninfo, deadline);
      if (!session) return Failure{session.error()};
      if (auto thawed = thaw(*session, conninfo, deadline); !thawed) return Failure{thawed.error()};
    }
  }
  auto connection = Connection::open(conninfo, deadline, Entry::as_application);
  if (!connection) return Failure{connection.error()};
  // The standbys that synchronous_standby_names may want are not there yet.
  if (const auto set = connection->query("SET synchronous_commit = local", deadline); !set) return Failure{set.error()};
  const auto written = write_probe(*connection, deadline);
  if (!written) return Failure{written.error()};
  return look(*connection, "", deadline);
}

}  // namespace fedctl::data
