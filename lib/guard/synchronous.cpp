#include "guard/synchronous.hpp"

#include "data/synchronous.hpp"
#include "data/synchronous_names.hpp"
#include "failover/assess.hpp"
#include "failover/quorum.hpp"
#include "failover/synchronous.hpp"
#include "guard/close_rule.hpp"
#include "http/rest.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <optional>
#include <vector>

namespace fedctl::guard {
namespace {

constexpr time::Duration look_pace{1'000};
constexpr time::Duration look_time{3'000};

/// What one look at the database tells.
struct Nearness {
  bool in_recovery = false;
  std::string names;
  std::size_t close = 0;  ///< How many standbys are near: of those that commits wait for, or of all while they wait for none.
  std::string waiting;    ///< The session that waits for a standby longest; "" where none does.
};

Result<Nearness> look_around(data::Connection& server, const data::SynchronousNames& wanted, std::int64_t most_bytes,
                             data::Deadline deadline) {
  const auto setting = data::synchronous_of(server, deadline);
  if (!setting) return Failure{setting.error()};
  Nearness seen{.in_recovery = setting->in_recovery, .names = setting->names};
  if (seen.in_recovery) return seen;
  const std::vector<std::string> limit{std::to_string(most_bytes)};
  const auto near = server.query(
      "SELECT application_name FROM pg_stat_replication WHERE state = 'streaming' AND pg_current_wal_lsn() - flush_lsn <= $1::numeric",
      limit, deadline);
  if (!near) return Failure{near.error()};
  // Those that have no name yet get one before commits wait for them.
  const bool counts_all = seen.names != data::to_string(wanted);
  seen.close = static_cast<std::size_t>(
      std::ranges::count_if(*near, [&](const data::Row& row) { return counts_all || data::is_named(wanted, row.at(0).value_or("")); }));
  const auto waiting = server.query(
      "SELECT coalesce(min(query_start::text || ' ' || pid), '') FROM pg_stat_activity WHERE wait_event = 'SyncRep'", deadline);
  if (!waiting) return Failure{waiting.error()};
  seen.waiting = waiting->at(0).at(0).value_or("");
  return seen;
}

}  // namespace

struct SynchronousKeeper::Impl {
  failover::Site& site;
  std::string side;
  Tell tell;
  std::string names;
  data::SynchronousNames wanted;
  CloseRule rule;
  std::optional<data::Connection> session = {};  ///< Kept: commits that hang may hold all connections.
  std::string waited = {};                       ///< Who waited at the last look.
  std::string last_problem = {};
  bool is_promised = false;

  void tell_trouble(const std::string& problem) {
    if (problem != last_problem && !problem.empty()) tell(problem);
    last_problem = problem;
  }

  /// Uses the kept session on a thread of its own; opens it where there is none.
  Task<Result<Done>> with_kept(failover::OnServer use) {
    const auto conninfo = co_await failover::connection_of(site, side);
    if (!conninfo) co_return Failure{conninfo.error()};
    Result<void> done;
    co_await site.loop->offload([&] {
      const data::Deadline deadline = data::deadline_in(look_time);
      if (!session || !session->is_open()) {
        session.reset();
        auto opened = data::Connection::open(*conninfo, deadline);
        if (opened) session = std::move(*opened);
        if (!opened) done = Failure{opened.error()};
      }
      if (session) done = use(*session, deadline);
    });
    if (!done) co_return Failure{done.error()};
    co_return Done{};
  }

  Task<Done> tend() {
    Nearness seen;
    const std::int64_t most_bytes = site.policy.postgres->max_lag_bytes;
    failover::OnServer use = [&](data::Connection& server, data::Deadline deadline) -> Result<void> {
      auto looked = look_around(server, wanted, most_bytes, deadline);
      if (!looked) return Failure{looked.error()};
      seen = std::move(*looked);
      return {};
    };
    const auto looked = co_await with_kept(std::move(use));
    if (!looked || seen.in_recovery) {
      is_promised = false;
      co_return Done{};
    }
    const bool is_set = seen.names == names;
    if (!is_set) is_promised = false;
    const bool is_stuck = !seen.waiting.empty() && seen.waiting == waited;
    waited = seen.waiting;
    const bool may_hang = !seen.names.empty() && (is_set || is_stuck);
    const CloseRule::Wish wish = rule.judge(seen.close, may_hang, is_stuck, CloseRule::Instant::clock::now());
    const bool must_prove = wish == CloseRule::Wish::none && is_set && !is_promised && seen.close >= wanted.count && !is_stuck;
    if (wish == CloseRule::Wish::none && !must_prove) co_return Done{};
    const auto state = co_await site.store->load();
    const bool is_ours = state && !state->has_unfinished_run() && failover::active_cluster(site.policy, *state) == side;
    if (!is_ours) co_return Done{};
    if (wish == CloseRule::Wish::give_up) co_return co_await give_up();
    co_return co_await begin();
  }

  Task<Done> begin() {
    const auto settled = co_await failover::settle_synchronous(site, side, time::Duration{0});
    is_promised = settled.has_value();
    tell_trouble(settled ? "" : describe(settled.error()));
    if (settled && !settled->is_unchanged) tell(fmt::format("commits wait for {}", names));
    co_return Done{};
  }

  Task<Done> give_up() {
    const auto taken_back = co_await failover::take_back_promise(site, side);
    if (!taken_back) {
      tell_trouble(fmt::format("commits go on waiting for standbys that are not near: {}", describe(taken_back.error())));
      co_return Done{};
    }
    failover::OnServer use = [](data::Connection& server, data::Deadline deadline) {
      return data::set_synchronous_names(server, "", deadline);
    };
    const auto done = co_await with_kept(std::move(use));
    tell_trouble(done ? "" : describe(done.error()));
    if (done) tell("commits wait for no standby any more: too few are near");
    is_promised = false;
    co_return Done{};
  }
};

SynchronousKeeper::SynchronousKeeper(failover::Site& site, std::string side, Tell tell) {
  if (!site.policy.postgres || !site.policy.postgres->replication.waits()) return;
  const failover::Replication& replication = site.policy.postgres->replication;
  const std::string names = failover::wanted_names(site.policy, side);
  const bool may_give_up = replication.mode == failover::Replication::Mode::sync_while_close;
  const CloseRule rule{static_cast<std::size_t>(replication.quorum), may_give_up, replication.give_up_after};
  impl_.reset(new Impl{site, std::move(side), std::move(tell), names,
                       data::parse_synchronous_names(names).value_or(data::SynchronousNames{}), rule});
}
SynchronousKeeper::~SynchronousKeeper() = default;

Task<Done> SynchronousKeeper::keep() {
  if (!impl_) co_return Done{};
  while (!impl_->site.loop->interrupted()) {
    co_await impl_->tend();
    const http::Rest rest = co_await http::rest(*impl_->site.loop, look_pace);
    if (rest == http::Rest::interrupted) break;
  }
  co_return Done{};
}

}  // namespace fedctl::guard
