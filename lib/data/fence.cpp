#include "data/fence.hpp"

#include "base/text.hpp"
#include "data/column.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <optional>
#include <set>
#include <thread>
#include <vector>

namespace fedctl::data {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds pace{20};
/// How long nothing must have been written. A commit that is under way takes a few milliseconds.
constexpr std::chrono::milliseconds window{100};

/// Who could write of those that began until $1: everybody but ourselves, other sessions of this program, and the server's own processes; a
/// session whose type we may not see counts. Logins that are under way are in no list of sessions, and were forked before the door was
/// closed, so they would still get in; each holds a lock on its own virtual transaction already.
constexpr const char* others = R"(
WITH others AS (
  SELECT a.pid, coalesce(a.backend_type, '') AS type, coalesce(a.usename::text, '') AS role, coalesce(r.rolsuper, false) AS is_superuser
  FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid
  WHERE a.pid <> pg_backend_pid() AND (a.backend_start IS NULL OR a.backend_start <= $1::timestamptz)
    AND NOT (a.application_name = 'fedctl' AND a.usename = current_user)
    AND coalesce(a.backend_type, '') NOT IN ('walsender', 'walreceiver', 'walwriter', 'walsummarizer', 'checkpointer', 'background writer',
        'startup', 'archiver', 'logger', 'slotsync worker', 'io worker', 'autovacuum launcher', 'autovacuum worker',
        'logical replication launcher')
  UNION ALL
  SELECT DISTINCT l.pid, 'login', '', false FROM pg_locks l
  WHERE l.locktype = 'virtualxid' AND l.pid IS NOT NULL AND l.pid <> pg_backend_pid()
    AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.pid = l.pid)
) )";

struct Other {
  std::string pid;
  std::string type;
  std::string role;

  /// One that an extension began: the server begins it again.
  bool is_worker() const {
    constexpr std::array<std::string_view, 7> known{"",
                                                    "client backend",
                                                    "login",
                                                    "parallel worker",
                                                    "logical replication worker",
                                                    "logical replication tablesync worker",
                                                    "logical replication apply worker"};
    return std::ranges::find(known, type) == known.end();
  }
};

Failure not_proven(std::string message, std::string hint = {}) {
  return Failure{{.code = Code::rejected, .message = std::move(message), .hint = std::move(hint)}};
}

/// What postgresql.auto.conf says of the door. Few roles may read that file; nothing is known then.
struct DoorInFile {
  std::vector<std::string> libraries = {};  ///< Beside ours, which ALTER SYSTEM would otherwise lose.
  bool is_closed = false;
  bool is_changing = false;  ///< Another session of this program is writing that file.
};

Result<DoorInFile> door_in_file(Connection& connection, Deadline deadline) {
  const auto rows = connection.query(
      "SELECT trim(both ' \"' from one), (SELECT bool_or(setting = 'on') FROM pg_file_settings "
      "WHERE name = 'default_transaction_read_only' AND sourcefile LIKE '%postgresql.auto.conf'), "
      "EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'fedctl' AND usename = current_user "
      "AND state = 'active' AND query LIKE 'ALTER SYSTEM %') "
      "FROM (SELECT 1) anyway LEFT JOIN (SELECT regexp_split_to_table(setting, ',') FROM pg_file_settings "
      "WHERE name = 'session_preload_libraries' AND sourcefile LIKE '%postgresql.auto.conf') file (one) ON true",
      deadline);
  DoorInFile door;
  if (!rows && rows.error().code != Code::rejected) return Failure{rows.error()};
  for (const Row& row : rows.value_or(Rows{})) {
    const std::string library = row.at(0).value_or("");
    if (library == fence_library) {
      door.is_closed = row.at(1) == "t";
    } else if (!library.empty()) {
      door.libraries.push_back(library);
    }
    door.is_changing = row.at(2) == "t";
  }
  return door;
}

std::string list_of(const std::vector<std::string>& libraries) {
  std::string list;
  for (const std::string& library : libraries) list += (list.empty() ? "" : ", ") + literal(library);
  return list;
}

Result<void> run_all(Connection& connection, const std::vector<std::string>& statements, Deadline deadline) {
  for (const std::string& statement : statements) {
    if (const auto done = connection.query(statement, deadline); !done) return Failure{done.error()};
  }
  return {};
}

/// Has the server read its files again, and returns when it has: sessions that begin from then on have what they say.
Result<void> reload(Connection& connection, Deadline deadline) {
  const auto before = connection.value("SELECT pg_conf_load_time()", deadline);
  if (!before) return Failure{before.error()};
  if (const auto told = connection.query("SELECT pg_reload_conf()", deadline); !told) return Failure{told.error()};
  while (true) {
    const auto now = connection.value("SELECT pg_conf_load_time()", deadline);
    if (!now) return Failure{now.error()};
    if (*now != *before) return {};
    if (Clock::now() + pace >= deadline)
      return not_proven("the server does not take its configuration over", "look for an error in postgresql.conf, in the server's log");
    std::this_thread::sleep_for(pace);
  }
}

/// Two at once, a guard and a failover, would wait twice for a slow disk: whoever comes second lets the first write for a half of its time.
Result<DoorInFile> door_when_written(Connection& connection, Deadline deadline) {
  const auto begun = Clock::now();
  while (true) {
    auto door = door_in_file(connection, deadline);
    if (!door || !door->is_changing || Clock::now() + pace >= begun + (deadline - begun) / 2) return door;
    std::this_thread::sleep_for(pace);
  }
}

Result<void> close_door(Connection& connection, Deadline deadline) {
  auto door = door_when_written(connection, deadline);
  if (!door) return Failure{door.error()};
  if (door->is_closed) return reload(connection, deadline);
  door->libraries.insert(door->libraries.begin(), std::string{fence_library});
  const std::vector<std::string> statements{"ALTER SYSTEM SET default_transaction_read_only = on",
                                            "ALTER SYSTEM SET session_preload_libraries = " + list_of(door->libraries)};
  if (auto set = run_all(connection, statements, deadline); !set) return set;
  return reload(connection, deadline);
}

Result<std::string> open_statement(Connection& connection, Deadline deadline) {
  const auto door = door_in_file(connection, deadline);
  if (!door) return Failure{door.error()};
  if (door->libraries.empty()) return "ALTER SYSTEM RESET session_preload_libraries";
  return "ALTER SYSTEM SET session_preload_libraries = " + list_of(door->libraries);
}

/// A moment after every other one.
constexpr const char* always = "infinity";

Result<std::vector<Other>> list_others(Connection& connection, const std::string& until, Deadline deadline) {
  const std::vector<std::string> parameters{until};
  const auto rows = connection.query(fmt::format("{} SELECT pid, type, role FROM others", others), parameters, deadline);
  if (!rows) return Failure{rows.error()};
  std::vector<Other> found;
  for (const Row& row : *rows) found.push_back({row.at(0).value_or(""), row.at(1).value_or(""), row.at(2).value_or("")});
  return found;
}

/// Ending all sessions: what is to be ended, and what was found.
struct Ended {
  std::string until = always;         ///< Sessions that began later find the door closed.
  std::set<std::string> logins = {};  ///< That were under way when it was closed, and are not known to be over.
  std::set<std::string> pids = {};
  std::set<std::string> workers = {};  ///< Types of background workers that were there.
  std::string refused = {};            ///< Why one of those that are left may not be ended.
};

/// Tells each that is there to end; one that our role may not end does not keep the others. Errors: of the connection.
Result<std::vector<Other>> end_each(Connection& connection, Ended& ended, Deadline deadline) {
  const auto found = list_others(connection, ended.until, deadline);
  if (!found) return found;
  ended.refused.clear();
  for (const Other& one : *found) {
    if (one.is_worker()) ended.workers.insert(one.type);
    const std::vector<std::string> pid{one.pid};
    const auto told = connection.query("SELECT pg_terminate_backend($1::int)", pid, deadline);
    if (told) ended.pids.insert(one.pid);
    if (told) continue;
    if (told.error().code != Code::rejected) return Failure{told.error()};
    ended.refused = fmt::format("a session of {} may not be ended: {}", one.role.empty() ? one.type : one.role, told.error().message);
  }
  return found;
}

/// Those of `found` that must be gone. Logins that began later are refused at the door; they are ended as well, since nobody can tell when
/// they began.
std::vector<Other> remaining_of(const std::vector<Other>& found, const Ended& ended) {
  std::vector<Other> remaining;
  std::ranges::copy_if(found, std::back_inserter(remaining),
                       [&](const Other& one) { return one.type != "login" || ended.logins.contains(one.pid); });
  return remaining;
}

/// Ends all who could write, until none is left. Errors: rejected where one stays.
Result<void> end_sessions(Connection& connection, Ended& ended, Deadline deadline) {
  while (true) {
    const auto found = end_each(connection, ended, deadline);
    if (!found) return Failure{found.error()};
    const std::vector<Other> remaining = remaining_of(*found, ended);
    if (remaining.empty()) return {};
    if (Clock::now() + pace >= deadline) {
      if (!ended.refused.empty()) return not_proven(ended.refused);
      return not_proven(
          fmt::format("{} did not end: {} {}", text::count(remaining.size(), "session"), remaining.front().type, remaining.front().role));
    }
    std::this_thread::sleep_for(pace);
  }
}

/// Tries to come in as an application would.
Result<void> try_door(const std::string& conninfo, Deadline deadline) {
  while (true) {
    const auto session = Connection::open(conninfo, deadline, Entry::as_application);
    if (session) {
      return not_proven("applications can still log in",
                        "look for session_preload_libraries of a role or a database: ALTER ROLE ... RESET session_preload_libraries");
    }
    if (is_fenced(session.error())) return {};
    if (Clock::now() + pace >= deadline) return not_proven("whether applications can log in is not known: " + session.error().message);
    std::this_thread::sleep_for(pace);
  }
}

/// Settings of roles and databases come after those of the server.
Result<void> check_settings(Connection& connection, Deadline deadline) {
  const auto rows = connection.query(
      "SELECT coalesce(r.rolname, 'every role'), coalesce(d.datname, 'every database') FROM pg_db_role_setting s "
      "LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase "
      "WHERE EXISTS (SELECT 1 FROM unnest(s.setconfig) one WHERE one ~* '^session_preload_libraries=')",
      deadline);
  if (!rows) return Failure{rows.error()};
  if (rows->empty()) return {};
  const Row& row = rows->front();
  return not_proven(fmt::format("session_preload_libraries is set for {} in {}, so the door cannot be closed there", row.at(0).value_or(""),
                                row.at(1).value_or("")),
                    "set it for the server instead");
}

Result<void> check_subscriptions(Connection& connection, Deadline deadline) {
  const auto enabled = subscriptions(connection, deadline);
  if (!enabled) return Failure{enabled.error()};
  if (enabled->empty()) return {};
  return not_proven(fmt::format("the logical subscription {} writes into it", enabled->front()),
                    "ALTER SUBSCRIPTION ... DISABLE, or give the side a `stop` program");
}

/// One look at what has been written, and by whom it could be.
struct Moment {
  std::string next_transaction;
  std::int64_t others = 0;
  std::int64_t prepared = 0;
  bool vacuums = false;
};

Result<Moment> moment(Connection& connection, const Ended& ended, Deadline deadline) {
  const std::vector<std::string> parameters{ended.until};
  const auto rows = connection.query(
      fmt::format(
          "{} SELECT pg_snapshot_xmax(pg_current_snapshot()), (SELECT count(*) FROM others WHERE type <> 'login'), "
          "(SELECT count(*) FROM pg_prepared_xacts), EXISTS (SELECT 1 FROM pg_stat_activity WHERE backend_type = 'autovacuum worker')",
          others),
      parameters, deadline);
  if (!rows) return Failure{rows.error()};
  const Row& row = rows->at(0);
  return Moment{row.at(0).value_or(""), whole_number(row.at(1)), whole_number(row.at(2)), row.at(3) == "t"};
}

/// Watches until nothing was written for a while. Vacuum takes transactions too, and writes nothing of anybody's.
Result<Moment> watch_stillness(Connection& connection, Ended& ended, Deadline deadline) {
  auto before = moment(connection, ended, deadline);
  while (before) {
    std::this_thread::sleep_for(window);
    auto after = moment(connection, ended, deadline);
    if (!after) return after;
    const bool is_alone = before->others == 0 && after->others == 0;
    const bool is_still = before->next_transaction == after->next_transaction || before->vacuums || after->vacuums;
    if (is_alone && is_still) return after;
    if (Clock::now() + window >= deadline) {
      return not_proven(is_alone ? "transactions still take place, and no session is seen that makes them"
                                 : "a session or a background worker comes back");
    }
    if (!is_alone) {
      if (const auto done = end_sessions(connection, ended, deadline); !done) return Failure{done.error()};
    }
    before = std::move(after);
  }
  return before;
}

/// One commit that waits for the disk brings with it all that did not (synchronous_commit = off); it waits for no standby.
bool flush(Connection& connection, Deadline deadline) {
  return run_all(connection, {"SET synchronous_commit = local", "SELECT pg_logical_emit_message(true, 'fedctl', 'fenced')"}, deadline)
      .has_value();
}

}  // namespace

Result<Frozen> freeze(Connection& connection, const std::string& conninfo, Deadline deadline) {
  const auto in_recovery = connection.value("SELECT pg_is_in_recovery()", deadline);
  if (!in_recovery) return Failure{in_recovery.error()};
  if (*in_recovery == "t") return Failure{{Code::conflict, "it is a standby, so it takes no writes, and nothing was changed"}};
  if (auto closed = close_door(connection, deadline); !closed) return Failure{closed.error()};
  const auto closed_at = connection.value("SELECT clock_timestamp()", deadline);
  if (!closed_at) return Failure{closed_at.error()};
  Ended ended{.until = *closed_at};
  const auto present = list_others(connection, ended.until, deadline);
  if (!present) return Failure{present.error()};
  for (const Other& one : *present) {
    if (one.type == "login") ended.logins.insert(one.pid);
  }
  if (auto done = end_sessions(connection, ended, deadline); !done) return Failure{done.error()};
  if (auto checked = check_settings(connection, deadline); !checked) return Failure{checked.error()};
  if (auto checked = check_subscriptions(connection, deadline); !checked) return Failure{checked.error()};
  if (auto tried = try_door(conninfo, deadline); !tried) return Failure{tried.error()};
  const auto still = watch_stillness(connection, ended, deadline);
  if (!still) return Failure{still.error()};
  if (!ended.workers.empty()) {
    return not_proven(fmt::format("the background worker '{}' was ended, and comes back by itself", *ended.workers.begin()),
                      "give the side a `stop` program");
  }
  const auto end = connection.value("SELECT pg_current_wal_insert_lsn()", deadline);
  if (!end) return Failure{end.error()};
  Frozen frozen{.end = parse_lsn(*end).value_or(0), .prepared = still->prepared, .still = window};
  frozen.ended = static_cast<std::int64_t>(ended.pids.size());
  frozen.is_flushed = flush(connection, deadline);
  return frozen;
}

Result<void> sweep(Connection& connection, Deadline deadline) {
  Ended ended;
  const auto found = end_each(connection, ended, deadline);
  if (!found) return Failure{found.error()};
  return {};
}

Result<std::vector<std::string>> unendable(Connection& connection, Deadline deadline) {
  const std::vector<std::string> parameters{always};
  const auto rows = connection.query(
      fmt::format(
          "{} SELECT DISTINCT role FROM others WHERE is_superuser AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)",
          others),
      parameters, deadline);
  if (!rows) return Failure{rows.error()};
  std::vector<std::string> roles;
  for (const Row& row : *rows) roles.push_back(row.at(0).value_or(""));
  return roles;
}

Result<std::vector<std::string>> subscriptions(Connection& connection, Deadline deadline) {
  return column(connection, "SELECT subname FROM pg_subscription WHERE subenabled ORDER BY 1", deadline);
}

Result<std::vector<std::string>> background_workers(Connection& connection, Deadline deadline) {
  const auto found = list_others(connection, always, deadline);
  if (!found) return Failure{found.error()};
  std::set<std::string> types;
  for (const Other& one : *found) {
    if (one.is_worker()) types.insert(one.type);
  }
  return std::vector<std::string>{types.begin(), types.end()};
}

Result<void> open_door(Connection& connection, Deadline deadline) {
  const auto open = open_statement(connection, deadline);
  if (!open) return Failure{open.error()};
  if (auto set = run_all(connection, {*open}, deadline); !set) return set;
  return reload(connection, deadline);
}

Result<void> thaw(Connection& connection, const std::string& conninfo, Deadline deadline) {
  const auto open = open_statement(connection, deadline);
  if (!open) return Failure{open.error()};
  if (auto set = run_all(connection, {"ALTER SYSTEM RESET default_transaction_read_only", *open}, deadline); !set) return set;
  if (auto read = reload(connection, deadline); !read) return read;
  // Sessions that began while it was read-only would stay so. One that may not be ended has itself to blame.
  if (auto swept = sweep(connection, deadline); !swept) return swept;
  auto session = Connection::open(conninfo, deadline, Entry::as_application);
  if (!session) return Failure{session.error()};
  const auto setting = session->value("SHOW default_transaction_read_only", deadline);
  if (!setting) return Failure{setting.error()};
  if (*setting == "off") return {};
  return not_proven("new sessions are still read-only by default",
                    "look for a setting of the role or the database: ALTER ROLE ... RESET default_transaction_read_only");
}

}  // namespace fedctl::data
