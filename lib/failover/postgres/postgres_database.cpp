#include "failover/postgres/postgres_database.hpp"

#include "data/replay.hpp"
#include "data/upstream.hpp"
#include "failover/quorum.hpp"
#include "failover/site.hpp"
#include "http/leave.hpp"

#include <fmt/format.h>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace fedctl::failover {
namespace {

using Use = std::function<Result<void>(data::Connection&, const std::string& conninfo, data::Deadline)>;

/// Of a use that yields something: keeps that.
template <typename T>
Use keeping(T& result, std::function<Result<T>(data::Connection&, const std::string&, data::Deadline)> use) {
  return [&result, use = std::move(use)](data::Connection& session, const std::string& conninfo, data::Deadline deadline) -> Result<void> {
    auto found = use(session, conninfo, deadline);
    if (!found) return Failure{found.error()};
    result = std::move(*found);
    return {};
  };
}

/// The standby receives from the new primary from now on, as `name` (application_name) where that is not empty. A standby that has a slot
/// gets one of the same name there.
Result<void> lead(const std::string& of_standby, const std::string& of_primary, const data::Address& address, const std::string& name,
                  data::Deadline deadline) {
  auto standby = data::Connection::open(of_standby, deadline);
  if (!standby) return Failure{standby.error()};
  const auto upstream = data::upstream_of(*standby, deadline);
  if (!upstream) return Failure{upstream.error()};
  if (!upstream->slot.empty()) {
    auto primary = data::Connection::open(of_primary, deadline);
    if (!primary) return Failure{primary.error()};
    if (auto kept = data::keep_slot(*primary, upstream->slot, deadline); !kept) return kept;
  }
  auto conninfo = data::led_to(upstream->conninfo, address);
  if (conninfo && !name.empty()) conninfo = data::with_keyword(*conninfo, "application_name", name);
  if (!conninfo) return Failure{conninfo.error()};
  return data::set_upstream(*standby, *conninfo, deadline);
}

Result<HeldReplay> hold_replay_of(data::Connection& session, const std::string& /*conninfo*/, data::Deadline deadline) {
  HeldReplay held;
  if (const auto paused = data::pause_replay(session, deadline); !paused) {
    if (paused.error().code != Code::rejected) return Failure{paused.error()};
    held.problem = paused.error().message;
  }
  held.asked = std::chrono::steady_clock::now();
  const auto stands = data::replay_position(session, deadline);
  if (!stands) return Failure{stands.error()};
  held.answered = std::chrono::steady_clock::now();
  held.position = fmt::format("{} {}", stands->started, data::format_lsn(stands->replayed));
  return held;
}

Result<void> release_replay_of(data::Connection& session, const std::string& /*conninfo*/, data::Deadline deadline) {
  const auto stands = data::replay_position(session, deadline);
  if (!stands) return Failure{stands.error()};
  return stands->is_paused ? data::resume_replay(session, deadline) : Result<void>{};
}

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(Site& site, std::string cluster) : site_(site), cluster_(std::move(cluster)) {}

  Task<Result<Done>> find() override {
    if (!connection_) {
      auto read = co_await connection_of(site_, cluster_);
      connection_ = std::move(read);
    }
    if (!*connection_) co_return Failure{connection_->error()};
    co_return Done{};
  }

  Task<std::vector<data::Address>> addresses() override {
    const auto found = co_await find();
    std::vector<data::Address> addresses;
    if (const auto& stated = site_.policy.postgres->sides.at(cluster_).address) {
      addresses.push_back(*stated);
    } else if (found) {
      addresses = data::addresses_of(**connection_).value_or(std::vector<data::Address>{});
    }
    co_return addresses;
  }

  Task<Result<data::Standing>> look(time::Duration timeout) override {
    data::Standing standing;
    const std::string count = site_.policy.postgres->count_query;
    Use use = keeping<data::Standing>(standing, [count](data::Connection& session, const std::string&, data::Deadline deadline) {
      return data::look(session, count, deadline);
    });
    const auto done = co_await with_session(timeout, std::move(use));
    if (!done) co_return Failure{done.error()};
    co_return standing;
  }

  Task<Result<data::Standing>> glance(time::Duration timeout) override {
    std::function<Result<data::Standing>(data::Connection&, data::Deadline)> look = [](data::Connection& session, data::Deadline deadline) {
      return data::look(session, "", deadline);
    };
    auto standing = co_await look_by<data::Standing>(timeout, std::move(look));
    co_return standing;
  }

  Task<Result<Examined>> examine(time::Duration timeout) override {
    const std::string count = site_.policy.postgres->count_query;
    std::function<Result<Examined>(data::Connection&, data::Deadline)> look = [count](data::Connection& session,
                                                                                      data::Deadline deadline) -> Result<Examined> {
      auto standing = data::look(session, count, deadline);
      if (!standing) return Failure{standing.error()};
      auto checkup = data::examine(session, deadline);
      if (!checkup) return Failure{checkup.error()};
      return Examined{std::move(*standing), std::move(*checkup)};
    };
    auto examined = co_await look_by<Examined>(timeout, std::move(look));
    co_return examined;
  }

  Task<Result<data::Frozen>> freeze(time::Duration timeout) override {
    data::Frozen frozen;
    Use use = keeping<data::Frozen>(frozen, &data::freeze);
    const auto done = co_await with_session(timeout, std::move(use));
    if (!done) co_return Failure{done.error()};
    co_return frozen;
  }

  Task<Result<Done>> thaw(time::Duration timeout) override {
    Use use = &data::thaw;
    co_return co_await with_session(timeout, std::move(use));
  }

  Task<Result<Done>> open_to_readers(time::Duration timeout) override {
    Use use = [](data::Connection& session, const std::string&, data::Deadline deadline) { return data::open_door(session, deadline); };
    co_return co_await with_session(timeout, std::move(use));
  }

  Task<Result<HeldReplay>> hold_replay(time::Duration timeout) override {
    HeldReplay held;
    Use use = keeping<HeldReplay>(held, &hold_replay_of);
    const auto done = co_await with_session(timeout, std::move(use));
    if (!done) co_return Failure{done.error()};
    co_return held;
  }

  Task<Result<Done>> release_replay(time::Duration timeout) override {
    Use use = &release_replay_of;
    co_return co_await with_session(timeout, std::move(use));
  }

  Task<Result<data::Standing>> promote(PromotedBy by, time::Duration timeout) override {
    const auto found = co_await find();
    if (!found) co_return Failure{found.error()};
    Result<data::Standing> standing = Failure{Error{}};
    co_await site_.loop->offload([&] {
      const data::Deadline deadline = data::deadline_in(timeout);
      standing = by == PromotedBy::program ? data::open_for_writes(**connection_, deadline) : data::promote(**connection_, deadline);
    });
    if (!standing) co_return Failure{in_cluster(standing.error(), cluster_)};
    co_return standing;
  }

  Task<Result<Done>> follow(Database& primary, data::Address address, time::Duration timeout) override {
    // A policy has databases of one kind.
    auto& of_primary = dynamic_cast<PostgresDatabase&>(primary);
    const auto found = co_await find();
    if (!found) co_return Failure{found.error()};
    const auto found_primary = co_await of_primary.find();
    if (!found_primary) co_return Failure{found_primary.error()};
    // Names that a person gave are for names that a person wrote into synchronous_standby_names.
    std::string name;
    if (site_.policy.postgres->replication.waits()) name = standby_name(cluster_);
    Result<void> led;
    co_await site_.loop->offload([&] { led = lead(**connection_, **of_primary.connection_, address, name, data::deadline_in(timeout)); });
    if (!led) co_return Failure{led.error()};
    co_return Done{};
  }

  /// It writes out all that it has in memory, which takes as long as its disk does: up to PostgreSQL 15 pg_rewind reads the primary's
  /// timeline from its last checkpoint, and finds nothing to rewind where that is from before the promotion
  /// (https://www.postgresql.org/docs/15/app-pgrewind.html, Notes).
  Task<Result<Done>> prepare_rejoin(time::Duration timeout) override {
    Use use = [](data::Connection& session, const std::string&, data::Deadline deadline) -> Result<void> {
      const auto done = session.query("CHECKPOINT", deadline);
      if (!done) return Failure{done.error()};
      return {};
    };
    co_return co_await with_session(timeout, std::move(use));
  }

 private:
  /// Opens a session and uses it, on a thread of its own.
  Task<Result<Done>> with_session(time::Duration timeout, Use use) {
    const auto found = co_await find();
    if (!found) co_return Failure{found.error()};
    Result<void> done;
    co_await site_.loop->offload([&] {
      const data::Deadline deadline = data::deadline_in(timeout);
      auto session = data::Connection::open(**connection_, deadline);
      done = session ? use(*session, **connection_, deadline) : Result<void>{Failure{session.error()}};
    });
    if (!done) co_return Failure{in_cluster(done.error(), cluster_)};
    co_return Done{};
  }

  /// Opens a session and only looks: an interrupt leaves that behind. Errors also: cancelled, then.
  template <typename T>
  Task<Result<T>> look_by(time::Duration timeout, std::function<Result<T>(data::Connection&, data::Deadline)> look) {
    const auto reached = co_await find();
    if (!reached) co_return Failure{reached.error()};
    std::function<Result<T>()> work = [text = **connection_, timeout, look = std::move(look)]() -> Result<T> {
      const data::Deadline deadline = data::deadline_in(timeout);
      auto session = data::Connection::open(text, deadline);
      if (!session) return Failure{session.error()};
      return look(*session, deadline);
    };
    auto found = co_await http::offload_or_leave<Result<T>>(*site_.loop, std::move(work));
    Error problem{Code::cancelled, "interrupted"};
    if (found && *found) co_return std::move(*found);
    if (found) problem = found->error();
    co_return Failure{in_cluster(std::move(problem), cluster_)};
  }

  Site& site_;
  std::string cluster_;
  std::optional<Result<std::string>> connection_;  ///< Once it was read.
};

}  // namespace

std::unique_ptr<Database> make_postgres_database(Site& site, std::string cluster) {
  return std::make_unique<PostgresDatabase>(site, std::move(cluster));
}

}  // namespace fedctl::failover
