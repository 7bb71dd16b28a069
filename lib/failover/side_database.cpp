#include "failover/side_database.hpp"

#include "http/leave.hpp"

#include <functional>

namespace fedctl::failover {
namespace {

using Use = std::function<Result<void>(data::Connection&, const std::string& conninfo, data::Deadline)>;

/// Opens a session and uses it, on a thread of its own.
Task<Result<Done>> with_session(Site& site, std::string cluster, time::Duration timeout, Use use) {
  const auto conninfo = co_await connection_of(site, cluster);
  if (!conninfo) co_return Failure{conninfo.error()};
  Result<void> done;
  co_await site.loop->offload([&] {
    const data::Deadline deadline = data::deadline_in(timeout);
    auto session = data::Connection::open(*conninfo, deadline);
    done = session ? use(*session, *conninfo, deadline) : Result<void>{Failure{session.error()}};
  });
  if (!done) co_return Failure{in_cluster(done.error(), cluster)};
  co_return Done{};
}

/// The same for what yields something.
template <typename T>
Use keeping(T& result, std::function<Result<T>(data::Connection&, const std::string&, data::Deadline)> use) {
  return [&result, use = std::move(use)](data::Connection& session, const std::string& conninfo, data::Deadline deadline) -> Result<void> {
    auto found = use(session, conninfo, deadline);
    if (!found) return Failure{found.error()};
    result = std::move(*found);
    return {};
  };
}

/// Opens a session and only looks: an interrupt leaves that behind. Errors also: cancelled, then.
template <typename T>
Task<Result<T>> look_by(Site& site, std::string cluster, std::string connection, time::Duration timeout,
                        std::function<Result<T>(data::Connection&, data::Deadline)> look) {
  std::function<Result<T>()> work = [text = std::move(connection), timeout, look = std::move(look)]() -> Result<T> {
    const data::Deadline deadline = data::deadline_in(timeout);
    auto session = data::Connection::open(text, deadline);
    if (!session) return Failure{session.error()};
    return look(*session, deadline);
  };
  auto found = co_await http::offload_or_leave<Result<T>>(*site.loop, std::move(work));
  Error problem{Code::cancelled, "interrupted"};
  if (found && *found) co_return std::move(*found);
  if (found) problem = found->error();
  co_return Failure{in_cluster(std::move(problem), cluster)};
}

}  // namespace

Task<Result<data::Standing>> glance_at_database(Site& site, std::string cluster, time::Duration timeout) {
  std::function<Result<data::Standing>(data::Connection&, data::Deadline)> look = [](data::Connection& session, data::Deadline deadline) {
    return data::look(session, "", deadline);
  };
  const auto connection = co_await connection_of(site, cluster);
  if (!connection) co_return Failure{connection.error()};
  auto standing = co_await look_by<data::Standing>(site, std::move(cluster), *connection, timeout, std::move(look));
  co_return standing;
}

Task<Result<data::Standing>> look_at_database(Site& site, std::string cluster, time::Duration timeout) {
  data::Standing standing;
  const std::string count = site.policy.postgres->count_query;
  Use use = keeping<data::Standing>(standing, [count](data::Connection& session, const std::string&, data::Deadline deadline) {
    return data::look(session, count, deadline);
  });
  const auto done = co_await with_session(site, cluster, timeout, std::move(use));
  if (!done) co_return Failure{done.error()};
  co_return standing;
}

Task<Result<Examined>> examine_database(Site& site, std::string cluster, time::Duration timeout) {
  const auto connection = co_await connection_of(site, cluster);
  if (!connection) co_return Failure{connection.error()};
  auto examined = co_await examine_by(site, std::move(cluster), *connection, timeout);
  co_return examined;
}

Task<Result<Examined>> examine_by(Site& site, std::string cluster, std::string connection, time::Duration timeout) {
  const std::string count = site.policy.postgres->count_query;
  std::function<Result<Examined>(data::Connection&, data::Deadline)> look = [count](data::Connection& session,
                                                                                    data::Deadline deadline) -> Result<Examined> {
    auto standing = data::look(session, count, deadline);
    if (!standing) return Failure{standing.error()};
    auto checkup = data::examine(session, deadline);
    if (!checkup) return Failure{checkup.error()};
    return Examined{std::move(*standing), std::move(*checkup)};
  };
  auto examined = co_await look_by<Examined>(site, std::move(cluster), std::move(connection), timeout, std::move(look));
  co_return examined;
}

Task<Result<data::Frozen>> freeze_database(Site& site, std::string cluster, time::Duration timeout) {
  data::Frozen frozen;
  Use use = keeping<data::Frozen>(frozen, &data::freeze);
  const auto done = co_await with_session(site, cluster, timeout, std::move(use));
  if (!done) co_return Failure{done.error()};
  co_return frozen;
}

Task<Result<Done>> thaw_database(Site& site, std::string cluster, time::Duration timeout) {
  Use use = &data::thaw;
  co_return co_await with_session(site, cluster, timeout, std::move(use));
}

Task<Result<Done>> open_to_readers(Site& site, std::string cluster, time::Duration timeout) {
  Use use = [](data::Connection& session, const std::string&, data::Deadline deadline) { return data::open_door(session, deadline); };
  co_return co_await with_session(site, cluster, timeout, std::move(use));
}

Task<Result<Done>> checkpoint_database(Site& site, std::string cluster, time::Duration timeout) {
  Use use = [](data::Connection& session, const std::string&, data::Deadline deadline) -> Result<void> {
    const auto done = session.query("CHECKPOINT", deadline);
    if (!done) return Failure{done.error()};
    return {};
  };
  co_return co_await with_session(site, cluster, timeout, std::move(use));
}

FrozenEvidence evidence_of(const data::Frozen& frozen) {
  const FreezeProof proof{.sessions_ended = frozen.ended,
                          .prepared_transactions = frozen.prepared,
                          .is_door_closed = true,
                          .still_for = time::format_duration(frozen.still)};
  return {.lsn = frozen.end, .is_flushed = frozen.is_flushed, .proof = proof};
}

}  // namespace fedctl::failover
