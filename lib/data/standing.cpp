#include "data/standing.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <thread>

namespace fedctl::data {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds pace{20};

constexpr const char* look_statement = R"(
SELECT r.in_recovery,
       current_setting('default_transaction_read_only'),
       (SELECT system_identifier FROM pg_control_system()),
       CASE WHEN r.in_recovery THEN (SELECT min_recovery_end_timeline FROM pg_control_recovery())
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int END,
       (SELECT timeline_id FROM pg_control_checkpoint()),
       CASE WHEN r.in_recovery THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_insert_lsn() END,
       CASE WHEN r.in_recovery THEN pg_last_wal_replay_lsn() END,
       (SELECT latest_end_lsn FROM pg_stat_wal_receiver WHERE status = 'streaming'),
       CASE WHEN r.in_recovery THEN (extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint END,
       EXISTS (SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'),
       (SELECT received_tli FROM pg_stat_wal_receiver)
FROM (SELECT pg_is_in_recovery() AS in_recovery) r)";

constexpr const char* other_sessions = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

std::int64_t number(const std::optional<std::string>& text) {
  std::int64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

Lsn lsn(const std::optional<std::string>& text) { return text ? parse_lsn(*text).value_or(0) : 0; }

/// Sets the default for all sessions to come, and returns when a new one has it.
Result<void> set_read_only(const std::string& conninfo, Connection& connection, bool read_only, Deadline deadline) {
  const char* statement =
      read_only ? "ALTER SYSTEM SET default_transaction_read_only = on" : "ALTER SYSTEM RESET default_transaction_read_only";
  for (const char* one : {statement, "SELECT pg_reload_conf()"}) {
    if (const auto done = connection.query(one, deadline); !done) return Failure{done.error()};
  }
  const std::string wanted = read_only ? "on" : "off";
  while (true) {
    // A session that is made now has what the server took over; ours may be older than that.
    auto fresh = Connection::open(conninfo, deadline);
    if (!fresh) return Failure{fresh.error()};
    const auto setting = fresh->value("SHOW default_transaction_read_only", deadline);
    if (!setting) return Failure{setting.error()};
    if (*setting == wanted) return {};
    if (Clock::now() + pace >= deadline) {
      return Failure{{Code::rejected, "default_transaction_read_only does not change", "", "", "",
                      "look for a setting of the role or the database: ALTER ROLE ... RESET default_transaction_read_only"}};
    }
    std::this_thread::sleep_for(pace);
  }
}

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
  standing.timeline = std::max({number(row[3]), number(row[4]), number(row[10])});
  standing.written = lsn(row[5]);
  standing.replayed = standing.in_recovery ? lsn(row[6]) : standing.written;
  if (row[7]) standing.upstream = lsn(row[7]);
  if (row[8]) standing.replay_age = time::Duration{number(row[8])};
  standing.streams = row[9] == "t";
  if (count_query.empty()) return standing;
  const auto counted = connection.value(count_query, deadline);
  if (!counted) return Failure{counted.error()};
  standing.counted = *counted;
  return standing;
}

Result<Lsn> freeze(const std::string& conninfo, Deadline deadline) {
  auto connection = Connection::open(conninfo, deadline);
  if (!connection) return Failure{connection.error()};
  if (auto set = set_read_only(conninfo, *connection, true, deadline); !set) return Failure{set.error()};
  // Whoever came before the default was read-only may still write; whoever comes after may not. So those that are here now are ended,
  // and it is over when none of them is left.
  const auto now = connection->value("SELECT clock_timestamp()", deadline);
  if (!now) return Failure{now.error()};
  const std::vector<std::string> before{*now};
  const std::string older = fmt::format("{} AND backend_start < $1::timestamptz", other_sessions);
  while (true) {
    const auto ended = connection->query(fmt::format("SELECT pg_terminate_backend(pid) {}", older), before, deadline);
    if (!ended) return Failure{ended.error()};
    if (ended->empty()) break;
    if (Clock::now() + pace >= deadline)
      return Failure{{Code::rejected, fmt::format("{} sessions of the old primary did not end", ended->size())}};
    std::this_thread::sleep_for(pace);
  }
  const auto end = connection->value("SELECT pg_current_wal_insert_lsn()", deadline);
  if (!end) return Failure{end.error()};
  // A commit that need not wait for the disk (synchronous_commit = off) may not have been flushed, and so not sent.
  if (const auto flushed = connection->query("CHECKPOINT", deadline); !flushed) return Failure{flushed.error()};
  return parse_lsn(*end).value_or(0);
}

Result<void> thaw(const std::string& conninfo, Deadline deadline) {
  auto connection = Connection::open(conninfo, deadline);
  if (!connection) return Failure{connection.error()};
  if (auto set = set_read_only(conninfo, *connection, false, deadline); !set) return set;
  // Sessions made while it was read-only would stay so.
  const auto ended =
      connection->query(fmt::format("SELECT pg_terminate_backend(pid) {} AND application_name <> 'fedctl'", other_sessions), deadline);
  if (!ended) return Failure{ended.error()};
  return {};
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
    auto connection = Connection::open(conninfo, deadline);
    if (!connection) return Failure{connection.error()};
    const auto setting = connection->value("SHOW default_transaction_read_only", deadline);
    if (!setting) return Failure{setting.error()};
    if (*setting == "on") {
      if (auto set = set_read_only(conninfo, *connection, false, deadline); !set) return Failure{set.error()};
    }
  }
  auto connection = Connection::open(conninfo, deadline);
  if (!connection) return Failure{connection.error()};
  const auto written = write_probe(*connection, deadline);
  if (!written) return Failure{written.error()};
  return look(conninfo, "", deadline);
}

}  // namespace fedctl::data
