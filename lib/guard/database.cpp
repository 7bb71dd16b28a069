#include "guard/database.hpp"

#include "data/role.hpp"
#include "data/server_process.hpp"
#include "guard/kept_session.hpp"

#include <fmt/format.h>
#include <functional>
#include <mutex>
#include <optional>

namespace fedctl::guard {
namespace {

using data::Connection;
using data::Deadline;

Result<void> check_rights(Connection& session, bool can_stop, Deadline deadline) {
  const auto missing = data::missing_rights(session, deadline);
  if (!missing) return Failure{missing.error()};
  if (!missing->empty()) {
    return Failure{{.code = Code::rejected,
                    .message = fmt::format("its role may not make it read-only: it lacks {}", missing->front()),
                    .hint = "run what 'fedctl failover role --print-sql' prints"}};
  }
  if (can_stop) return {};
  const auto masters = data::unendable(session, deadline);
  if (!masters) return Failure{masters.error()};
  if (!masters->empty())
    return Failure{{Code::rejected, fmt::format("a session of the superuser {} is there, which its role may not end", masters->front())}};
  const auto workers = data::background_workers(session, deadline);
  if (!workers) return Failure{workers.error()};
  if (workers->empty()) return {};
  return Failure{{Code::rejected, fmt::format("the background worker '{}' is there, which comes back when it is ended", workers->front())}};
}

}  // namespace

struct Database::Impl {
  failover::Site& site;
  std::string side;
  std::string conninfo;
  KeptSession looks;
  KeptSession hand;
  std::mutex mutex;                           ///< Of the next one.
  std::optional<data::ServerProcess> server;  ///< As the hand last saw it, while it lived.

  /// Tries the rights of a session, and remembers whose it is. A server that ended meanwhile stays the one that it was.
  Result<void> examine(Connection& session, bool has_stop, Deadline deadline) {
    const auto found = data::process_of(session);
    auto tried = check_rights(session, has_stop || found.has_value(), deadline);
    if (!session.is_open()) return tried;
    const std::lock_guard lock{mutex};
    server = found ? std::optional{*found} : std::nullopt;
    return tried;
  }

  /// Uses the hand on a thread of its own.
  Task<Result<Done>> with_hand(time::Duration patience, std::function<Result<void>(Connection&, Deadline)> use) {
    Result<void> done;
    const std::string connection = conninfo;
    co_await site.loop->offload([&] {
      const Deadline deadline = data::deadline_in(patience);
      done = hand.with(connection, deadline, [&](Connection& session) { return use(session, deadline); });
    });
    if (!done) co_return Failure{done.error()};
    co_return Done{};
  }
};

Database::Database(failover::Site& site, std::string side)
    : impl_(new Impl{.site = site, .side = std::move(side), .conninfo = {}, .looks = {}, .hand = {}, .mutex = {}, .server = {}}) {}
Database::~Database() = default;

Task<Result<Done>> Database::find_connection() {
  auto fresh = co_await failover::connection_of(impl_->site, impl_->side);
  if (!fresh) co_return Failure{fresh.error()};
  impl_->conninfo = std::move(*fresh);
  co_return Done{};
}

Task<Result<data::Standing>> Database::look(time::Duration patience) {
  Impl& self = *impl_;
  Result<data::Standing> seen = Failure{Error{}};
  const std::string count = self.site.policy.postgres->count_query;
  const std::string connection = self.conninfo;
  co_await self.site.loop->offload([&] {
    const Deadline deadline = data::deadline_in(patience);
    const auto done = self.looks.with(connection, deadline, [&](Connection& session) -> Result<void> {
      seen = data::look(session, count, deadline);
      if (!seen) return Failure{seen.error()};
      return {};
    });
    if (!done) seen = Failure{done.error()};
  });
  co_return seen;
}

Task<Result<Done>> Database::try_hand(bool has_stop, time::Duration patience) {
  std::function<Result<void>(Connection&, Deadline)> use = [this, has_stop](Connection& session, Deadline deadline) {
    return impl_->examine(session, has_stop, deadline);
  };
  co_return co_await impl_->with_hand(patience, std::move(use));
}

Task<Result<Done>> Database::sweep(time::Duration patience) {
  std::function<Result<void>(Connection&, Deadline)> use = &data::sweep;
  co_return co_await impl_->with_hand(patience, std::move(use));
}

Task<bool> Database::is_refused(time::Duration patience) {
  bool refused = false;
  const std::string connection = impl_->conninfo;
  co_await impl_->site.loop->offload([&] {
    const auto session = Connection::open(connection, data::deadline_in(patience), data::Entry::as_application);
    refused = !session && data::is_refused(session.error());
  });
  co_return refused;
}

bool Database::can_kill() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->server.has_value();
}

Task<Result<data::Frozen>> Database::freeze(time::Duration patience) {
  Result<data::Frozen> frozen = Failure{Error{}};
  const std::string connection = impl_->conninfo;
  std::function<Result<void>(Connection&, Deadline)> use = [&](Connection& session, Deadline deadline) {
    frozen = data::freeze(session, connection, deadline);
    return frozen ? Result<void>{} : Result<void>{Failure{frozen.error()}};
  };
  const auto done = co_await impl_->with_hand(patience, std::move(use));
  if (!done) co_return Failure{done.error()};
  co_return frozen;
}

Task<Result<Done>> Database::thaw(time::Duration patience) {
  const std::string connection = impl_->conninfo;
  std::function<Result<void>(Connection&, Deadline)> use = [&](Connection& session, Deadline deadline) {
    return data::thaw(session, connection, deadline);
  };
  co_return co_await impl_->with_hand(patience, std::move(use));
}

Task<Result<Done>> Database::kill(time::Duration patience) {
  std::optional<data::ServerProcess> server;
  {
    const std::lock_guard lock{impl_->mutex};
    server = impl_->server;
  }
  if (!server) co_return Failure{{Code::rejected, "its processes were not seen on this machine"}};
  Result<void> killed;
  co_await impl_->site.loop->offload([&] { killed = data::kill_server(*server, data::deadline_in(patience)); });
  if (!killed) co_return Failure{killed.error()};
  co_return Done{};
}

}  // namespace fedctl::guard
