#include "failover/side_database.hpp"

#include <functional>

namespace fedctl::failover {
namespace {

using nlohmann::json;

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

}  // namespace

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
  Examined examined;
  const std::string count = site.policy.postgres->count_query;
  Use use = [&examined, count](data::Connection& session, const std::string&, data::Deadline deadline) -> Result<void> {
    auto standing = data::look(session, count, deadline);
    if (!standing) return Failure{standing.error()};
    examined.standing = std::move(*standing);
    auto checkup = data::examine(session, deadline);
    if (!checkup) return Failure{checkup.error()};
    examined.checkup = std::move(*checkup);
    return {};
  };
  const auto done = co_await with_session(site, cluster, timeout, std::move(use));
  if (!done) co_return Failure{done.error()};
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

json evidence_of(const data::Frozen& frozen) {
  json proof{{"sessionsEnded", frozen.ended},
             {"preparedTransactions", frozen.prepared},
             {"doorClosed", true},
             {"stillFor", time::format_duration(frozen.still)}};
  return {{"lsn", data::format_lsn(frozen.end)}, {"flushed", frozen.is_flushed}, {"proof", std::move(proof)}};
}

}  // namespace fedctl::failover
