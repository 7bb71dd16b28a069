#include "data/synchronous.hpp"

#include "data/column.hpp"
#include "data/standing.hpp"
#include "data/synchronous_names.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <thread>

namespace fedctl::data {
namespace {

constexpr std::chrono::milliseconds between_questions{20};

/// Has the server read its files again, until it has `names`.
Result<void> reload_until(Connection& server, const std::string& names, Deadline deadline) {
  if (const auto told = server.query("SELECT pg_reload_conf()", deadline); !told) return Failure{told.error()};
  while (true) {
    const auto now = server.query("SHOW synchronous_standby_names", deadline);
    if (!now) return Failure{now.error()};
    if (now->at(0).at(0).value_or("") == names) return {};
    if (std::chrono::steady_clock::now() + between_questions >= deadline) {
      return Failure{{.code = Code::rejected,
                      .message = "the server does not take synchronous_standby_names over",
                      .hint = "see in pg_file_settings, or on its command line, what else sets it"}};
    }
    std::this_thread::sleep_for(between_questions);
  }
}

/// Those that answer to these names. Errors: rejected where two have the same one.
Result<std::vector<Receiver>> receivers_of(Connection& server, const SynchronousNames& names, Deadline deadline) {
  const auto rows = server.query(
      "SELECT lower(application_name), flush_lsn FROM pg_stat_replication WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum', "
      "'potential') ORDER BY 1",
      deadline);
  if (!rows) return Failure{rows.error()};
  std::vector<Receiver> receivers;
  for (const Row& row : *rows) {
    Receiver receiver{row.at(0).value_or(""), parse_lsn(row.at(1).value_or("")).value_or(0)};
    if (!is_named(names, receiver.name)) continue;
    if (!receivers.empty() && receivers.back().name == receiver.name) {
      return Failure{{.code = Code::rejected,
                      .message = fmt::format("several receivers call themselves {}, so a commit may wait for the wrong one", receiver.name),
                      .hint = "see in pg_stat_replication who they are, and give each its own application_name"}};
    }
    receivers.push_back(std::move(receiver));
  }
  return receivers;
}

}  // namespace

Result<Synchronous> synchronous_of(Connection& server, Deadline deadline) {
  const auto rows = server.query(
      "SELECT current_setting('synchronous_standby_names'), current_setting('synchronous_commit'), pg_is_in_recovery(), "
      "(SELECT sourcefile LIKE '%postgresql.auto.conf' FROM pg_settings WHERE name = 'synchronous_standby_names')",
      deadline);
  if (!rows) return Failure{rows.error()};
  const Row& row = rows->at(0);
  Synchronous found{.names = row.at(0).value_or(""), .is_altered = row.at(3) == "t", .commit = row.at(1).value_or("")};
  found.in_recovery = row.at(2) == "t";
  auto streaming = column(server, "SELECT application_name FROM pg_stat_replication WHERE state = 'streaming' ORDER BY 1", deadline);
  if (!streaming) return Failure{streaming.error()};
  found.streaming = std::move(*streaming);
  auto shared = column(server,
                       "SELECT lower(application_name) FROM pg_stat_replication WHERE state = 'streaming' GROUP BY 1 "
                       "HAVING count(DISTINCT coalesce(client_addr::text, '')) > 1 ORDER BY 1",
                       deadline);
  if (!shared) return Failure{shared.error()};
  found.shared = std::move(*shared);
  auto exempt = column(server,
                       "SELECT coalesce('role ' || r.rolname, 'database ' || d.datname, 'every role') FROM pg_db_role_setting s "
                       "LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase "
                       "WHERE EXISTS (SELECT 1 FROM unnest(s.setconfig) one WHERE one ~* '^synchronous_commit=(off|local|remote_write)') "
                       "ORDER BY 1",
                       deadline);
  if (!exempt) return Failure{exempt.error()};
  found.exempt = std::move(*exempt);
  return found;
}

bool waits_for_disk(const std::string& synchronous_commit) { return synchronous_commit == "on" || synchronous_commit == "remote_apply"; }

Result<void> set_synchronous_names(Connection& server, const std::string& names, Deadline deadline) {
  // ALTER SYSTEM takes no parameters.
  const auto set = server.query("ALTER SYSTEM SET synchronous_standby_names = " + literal(names), deadline);
  if (!set) return Failure{set.error()};
  return reload_until(server, names, deadline);
}

Result<void> restore_synchronous_names(Connection& server, const Synchronous& before, Deadline deadline) {
  if (before.is_altered) return set_synchronous_names(server, before.names, deadline);
  const auto reset = server.query("ALTER SYSTEM RESET synchronous_standby_names", deadline);
  if (!reset) return Failure{reset.error()};
  return reload_until(server, before.names, deadline);
}

Result<std::vector<Receiver>> prove_synchronous(Connection& server, const std::string& names, Deadline deadline) {
  const auto wanted = parse_synchronous_names(names);
  if (!wanted) return Failure{wanted.error()};
  const auto now = synchronous_of(server, deadline);
  if (!now) return Failure{now.error()};
  if (now->names != names) return Failure{{Code::rejected, fmt::format("synchronous_standby_names is '{}', not '{}'", now->names, names)}};
  // Commits begin to wait when the checkpointer has read the setting, and it reads it between two checkpoints.
  if (const auto done = server.query("CHECKPOINT", deadline); !done) return Failure{done.error()};
  if (const auto set = server.query("SET synchronous_commit = on", deadline); !set) return Failure{set.error()};
  const auto written = write_probe(server, deadline);
  if (!written) return Failure{written.error()};
  if (const auto reset = server.query("RESET synchronous_commit", deadline); !reset) return Failure{reset.error()};
  // That it waited, and did not merely return, is seen by where those that count are by now.
  const auto receivers = receivers_of(server, *wanted, deadline);
  if (!receivers) return Failure{receivers.error()};
  const auto confirming = std::ranges::count_if(*receivers, [&](const Receiver& one) { return one.flushed >= *written; });
  if (confirming >= static_cast<std::int64_t>(wanted->count)) return receivers;
  return Failure{{Code::timeout, fmt::format("only {} of {} synchronous standbys confirmed a commit that was to wait for them", confirming,
                                             wanted->count)}};
}

}  // namespace fedctl::data
