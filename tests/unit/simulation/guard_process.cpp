#include "simulation/guard_process.hpp"

#include <fmt/format.h>

namespace simulation {

using failover::GuardLease;

GuardProcess::GuardProcess(Sides& sides, std::size_t side, const failover::Policy& policy)
    : sides_(sides), world_(sides.world), side_(side), database_(sides.databases[side]), policy_(policy) {
  process.name = "guard " + database_.name;
  process.begin = [this] {
    fedctl::guard::Failsafe failsafe{{sides_.other(database_).name}, policy_.fencing.guard_failsafe};
    rules_.emplace(sides_.ttl, fmt::format("{}/{}", process.name, process.life), std::move(failsafe));
    server_.reset();
    hand_is_taken_ = false;
    process.tasks.reserve(4);
    process.tasks.push_back(live());
  };
}

void GuardProcess::tell(const std::string& text) const {
  if (world_.tells()) world_.tell(fmt::format("{}: {}", process.name, text));
}

template <typename T>
Task<std::optional<T>> GuardProcess::ask_host(std::function<T()> act) {
  co_return co_await world_.call<T>(process, sides_.to_host[side_], clock().patience(), std::move(act));
}

template <typename T>
Task<std::optional<T>> GuardProcess::ask_database(Duration patience, std::function<std::optional<T>()> act) {
  auto in_session = sides_.in_session<T>(database_, std::move(act));
  auto answer =
      co_await world_.call<std::optional<T>>(process, sides_.local[side_], patience, std::move(in_session), &database_.stands_until);
  if (!answer) co_return std::nullopt;
  co_return std::move(*answer);
}

Task<Done> GuardProcess::live() {
  std::function<GuardLease()> read = [this] { return sides_.lease_of(side_); };
  auto there = co_await world_.call<GuardLease>(process, sides_.to_host[side_], clock().pace(), std::move(read));
  rules_->begin(now(), std::move(there));
  process.tasks.push_back(keep_renewing());
  process.tasks.push_back(keep_harmless());
  process.tasks.push_back(keep_confirming());
  process.tasks[1].start();
  process.tasks[2].start();
  process.tasks[3].start();
  co_return Done{};
}

Task<Done> GuardProcess::keep_renewing() {
  while (true) {
    const auto next = now() + clock().pace();
    co_await look();
    co_await try_hand();
    if (rules_->only_reads(now())) {
      co_await read_again();
    } else {
      co_await renew();
    }
    co_await thaw_if_free();
    co_await world_.sleep(process, std::chrono::duration_cast<Duration>(next - now()));
  }
}

Task<Done> GuardProcess::keep_harmless() {
  while (true) {
    if (const auto left = rules_->rest(now())) {
      co_await world_.rest(process, *left);
    } else {
      co_await make_harmless();
      co_await world_.sleep(process, rules_->pace_of_freezing());
    }
  }
}

Task<Done> GuardProcess::keep_confirming() {
  while (true) {
    if (rules_->wants_confirmation(now())) {
      co_await confirm();
    } else if (!clock().is_overdue(now())) {
      const auto replayed = co_await look_at_other();
      rules_->others_replayed(replayed);
    }
    co_await world_.sleep(process, clock().glance());
  }
}

/// What the other database has replayed, as ours is told by its stream.
Task<fedctl::guard::Replayed> GuardProcess::look_at_other() {
  using Replayed = fedctl::guard::Replayed;
  std::function<std::optional<Replayed>()> act = [this]() -> std::optional<Replayed> {
    Database& other = sides_.other(database_);
    if (!sides_.does_stream(other)) return std::nullopt;
    sides_.pull(other);
    return Replayed{{other.name, other.replayed}};
  };
  auto replayed = co_await ask_database<Replayed>(clock().patience(), std::move(act));
  co_return replayed.value_or(Replayed{});
}

Task<Done> GuardProcess::confirm() {
  const Steady sent = now();
  std::function<std::optional<data::Lsn>()> act = [this]() -> std::optional<data::Lsn> {
    if (!database_.takes_writes(world_.now)) return std::nullopt;
    return sides_.mark(database_);
  };
  const auto mark = co_await ask_database<data::Lsn>(clock().patience(), std::move(act));
  while (mark && now() < sent + clock().patience()) {
    const auto replayed = co_await look_at_other();
    if (rules_->failsafe().is_confirmed(replayed, *mark)) {
      if (rules_->confirmed(sent, now())) tell("goes on without the host");
      if (rules_->goes_on()) went_on = true;
      co_return Done{};
    }
    co_await world_.sleep(process, Duration{20});
  }
  co_return Done{};
}

Task<Done> GuardProcess::look() {
  const Steady begun = now();
  std::function<std::optional<data::Standing>()> act = [this]() -> std::optional<data::Standing> {
    if (!database_.runs) return std::nullopt;
    return sides_.look(database_);
  };
  auto seen = co_await ask_database<data::Standing>(clock().patience(), std::move(act));
  rules_->looked(begun, std::move(seen));
  co_return Done{};
}

Task<Done> GuardProcess::try_hand() {
  if (rules_->is_closing()) co_return Done{};
  const Steady begun = now();
  std::function<std::optional<unsigned>()> act = [this]() -> std::optional<unsigned> {
    if (!database_.runs || !database_.can_be_closed) return std::nullopt;
    return database_.incarnation;
  };
  const auto tried = co_await ask_database<unsigned>(clock().glance(), std::move(act));
  if (tried) server_ = *tried;
  rules_->tried(begun, tried ? "" : "no answer");
  co_return Done{};
}

Task<Done> GuardProcess::renew() {
  bool again = co_await renew_once();
  if (again) again = co_await renew_once();
  co_return Done{};
}

Task<bool> GuardProcess::renew_once() {
  const Rules::Renewal renewal = rules_->renewal(now());
  GuardLease lease = renewal.lease;
  lease.holder = renewal.holder;
  using Written = std::optional<GuardLease>;
  std::function<Written()> write = [this, written = std::move(lease)] { return sides_.write_lease(side_, written, true); };
  auto answer = co_await ask_host<Written>(std::move(write));
  if (answer && !*answer) {
    std::function<GuardLease()> read = [this] { return sides_.lease_of(side_); };
    auto theirs = co_await ask_host<GuardLease>(std::move(read));
    if (theirs) take_over(std::move(*theirs));
    if (theirs) co_return true;
    answer.reset();
  }
  if (!answer) {
    if (rules_->renewal_failed()) tell("the Lease is not renewed");
    co_return false;
  }
  const auto news = rules_->renewed(renewal, std::move(**answer));
  if (news.is_given_up) tell("the Lease is given up");
  if (news.is_renewed_again) tell("the Lease is renewed again");
  co_return false;
}

Task<Done> GuardProcess::read_again() {
  std::function<GuardLease()> read = [this] { return sides_.lease_of(side_); };
  auto theirs = co_await ask_host<GuardLease>(std::move(read));
  if (theirs) take_over(std::move(*theirs));
  co_return Done{};
}

void GuardProcess::take_over(GuardLease theirs) {
  if (!rules_->read(std::move(theirs))) return;
  world_.wake(process);
  tell(fmt::format("sees the fence of token {}", rules_->lease().fenced_by));
}

Task<Done> GuardProcess::make_harmless() {
  const bool is_harmless = co_await is_harmless_already();
  if (is_harmless) co_return Done{};
  const bool is_free = co_await is_free_by_now();
  if (is_free) co_return Done{};
  rules_->freezing();
  struct Answer {
    bool is_standby = false;
    data::Lsn end = 0;
  };
  std::function<std::optional<Answer>()> act = [this]() -> std::optional<Answer> {
    if (!database_.runs || !database_.can_be_closed) return std::nullopt;
    if (database_.in_recovery) return Answer{.is_standby = true};
    sides_.change(database_, [](Database& changed) { changed.closed = true; });
    return Answer{.end = sides_.position(database_)};
  };
  std::optional<Answer> frozen;
  const Steady deadline = now() + rules_->patience_of_freezing(now());
  if (co_await take_hand()) {
    frozen = co_await ask_database<Answer>(std::chrono::duration_cast<Duration>(deadline - now()), std::move(act));
    // Nothing takes place for so long: that is the proof.
    if (frozen && !frozen->is_standby) co_await world_.sleep(process, Duration{100});
    hand_is_taken_ = false;
  }
  if (!frozen || frozen->is_standby) {
    rules_->not_frozen(now());
    if (frozen) co_return co_await acknowledge_standby();
    tell("its database is not known to take no writes");
    co_await stop();
    co_return Done{};
  }
  rules_->frozen(now(), frozen->end);
  tell(fmt::format("its database takes no writes; its log ended at {}", frozen->end));
  std::function<std::optional<data::Standing>()> look_again = [this]() -> std::optional<data::Standing> {
    if (!database_.runs) return std::nullopt;
    return sides_.look(database_);
  };
  auto seen = co_await ask_database<data::Standing>(clock().patience(), std::move(look_again));
  if (seen) {
    seen->written = frozen->end;
    co_await acknowledge(std::move(*seen));
  }
  co_return Done{};
}

Task<bool> GuardProcess::is_free_by_now() {
  if (!rules_->is_fenced()) co_return false;
  std::function<GuardLease()> read = [this] { return sides_.lease_of(side_); };
  auto theirs = co_await ask_host<GuardLease>(std::move(read));
  if (!theirs || theirs->fenced_by != 0) co_return false;
  take_over(std::move(*theirs));
  co_await renew();
  co_return true;
}

Task<Done> GuardProcess::acknowledge_standby() {
  std::function<std::optional<data::Standing>()> act = [this]() -> std::optional<data::Standing> {
    if (!database_.runs) return std::nullopt;
    return sides_.look(database_);
  };
  auto seen = co_await ask_database<data::Standing>(clock().patience(), std::move(act));
  const bool is_standby = seen && seen->in_recovery;
  if (is_standby) co_await acknowledge(std::move(*seen));
  co_return Done{};
}

Task<bool> GuardProcess::take_hand() {
  const Steady deadline = now() + clock().patience();
  while (hand_is_taken_ && now() < deadline) co_await world_.sleep(process, Duration{20});
  if (hand_is_taken_) co_return false;
  hand_is_taken_ = true;
  co_return true;
}

Task<bool> GuardProcess::is_harmless_already() {
  if (!rules_->is_glance_enough()) co_return false;
  std::function<std::optional<data::Standing>()> act = [this]() -> std::optional<data::Standing> {
    if (!database_.runs) return std::nullopt;
    return sides_.look(database_);
  };
  auto seen = co_await ask_database<data::Standing>(clock().glance(), std::move(act));
  const Rules::Glance glance = rules_->glanced(seen);
  if (glance == Rules::Glance::closed || glance == Rules::Glance::standby) co_await acknowledge(std::move(*seen));
  co_return glance != Rules::Glance::harmful;
}

/// There is no program that stops it, so it is ended by SIGKILL, which ends one that stands still too.
Task<Done> GuardProcess::stop() {
  if (!rules_->may_stop()) co_return Done{};
  // Taken for granted: who starts a database that ended by itself starts it closed, once its guard had to make it harmless.
  if (!database_.runs) database_.closed = true;
  if (!server_) co_return Done{};
  const bool is_same = database_.runs && database_.incarnation == *server_;
  if (is_same) {
    tell("ends its database by SIGKILL");
    sides_.change(database_, [](Database& changed) { changed.closed = true; });
    sides_.crash(database_);
  }
  if (database_.runs) co_return Done{};
  if (rules_->stopped()) co_await renew();
  co_return Done{};
}

Task<Done> GuardProcess::acknowledge(data::Standing seen) {
  if (rules_->acknowledges(std::move(seen))) co_await renew();
  co_return Done{};
}

Task<Done> GuardProcess::thaw_if_free() {
  if (!rules_->wants_to_thaw(now())) co_return Done{};
  std::function<failover::State()> read = [this] { return sides_.read_state(); };
  const auto state = co_await ask_host<failover::State>(std::move(read));
  if (!state || !rules_->may_thaw(now(), policy_, *state, database_.name)) co_return Done{};
  std::function<std::optional<bool>()> act = [this]() -> std::optional<bool> {
    if (!database_.runs || !database_.can_be_closed) return std::nullopt;
    tell("its database takes writes again");
    sides_.change(database_, [](Database& changed) { changed.closed = false; });
    return true;
  };
  const Steady begun = now();
  rules_->thawing();
  if (!co_await take_hand()) co_return Done{};
  const auto thawed = co_await ask_database<bool>(clock().patience(), std::move(act));
  hand_is_taken_ = false;
  if (!thawed) rules_->thawing();
  if (!thawed) co_return Done{};
  rules_->thawed(begun);
  co_await look();
  co_return Done{};
}

}  // namespace simulation
