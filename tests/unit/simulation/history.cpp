#include "simulation/history.hpp"

#include "simulation/guard_process.hpp"
#include "simulation/run_process.hpp"

#include <fmt/format.h>

namespace simulation {
namespace {

failover::Policy make_policy(Duration ttl, bool tolerates, bool has_failsafe) {
  failover::Policy policy;
  policy.name_space = "production";
  policy.name = "shop";
  policy.clusters = {"a", "b"};
  policy.postgres.emplace();
  policy.postgres->sides["a"] = {};
  policy.postgres->sides["b"] = {};
  policy.postgres->catch_up_timeout = Duration{3'000};
  policy.fencing.guard_ttl = ttl;
  policy.fencing.guard_failsafe = has_failsafe;
  for (const auto kind : {failover::Check::Kind::api_server, failover::Check::Kind::postgres}) {
    failover::Check check{.kind = kind, .name = std::string{failover::to_string(kind)}};
    check.failure_threshold = 2;
    check.success_threshold = 1;
    policy.health.checks.push_back(check);
  }
  if (tolerates) policy.health.tolerate = Duration{1'000};
  return policy;
}

class History {
 public:
  History(std::uint64_t seed, bool tells)
      : world_(seed, tells),
        ttl_(world_.random.between(2, 5) * 1'000),
        policy_(draw_policy()),
        sides_(world_),
        guards_{{{sides_, 0, policy_}, {sides_, 1, policy_}}},
        runs_{{{sides_, "watch 1", policy_}, {sides_, "watch 2", policy_}}} {
    sides_.ttl = ttl_;
    for (GuardProcess& guard : guards_) draw_clocks(guard.process);
    if (world_.random.chance(25)) {
      // Databases that are slow, but answer in the time that a guard leaves them.
      for (Link& local : sides_.local) local = {.name = "local", .slowest = ttl_ / 8, .late_percent = 0};
    }
    for (RunProcess& run : runs_) draw_clocks(run.process);
  }

  Outcome run() {
    for (GuardProcess& guard : guards_) world_.start(guard.process);
    for (RunProcess& run : runs_) world_.start(run.process);
    // The worst moment for a guard not to hear of it, while it holds what it has just renewed.
    sides_.on_mark = [this](std::size_t side) {
      if (world_.random.chance(30)) cut_off(side, world_.now + 3 * micros(ttl_));
    };
    const Moment mended = micros(ttl_) * world_.random.between(3, 6);
    const std::int64_t faults = world_.random.between(1, 7);
    for (std::int64_t i = 0; i < faults; ++i) world_.at(world_.random.below(mended), [this] { go_wrong(); });
    if (world_.random.chance(50)) {
      // What matters most: the active side is cut off, a failover is wanted, and its guard is in trouble just then.
      const Moment when = world_.random.below(mended);
      for (RunProcess& run : runs_) world_.at(when - world_.random.below(2'000'000), [&run] { run.is_told_to_run = true; });
      world_.at(when, [this, when] {
        cut_off(0, when + 3 * micros(ttl_));
        if (world_.random.chance(50)) restart_guard(0);
      });
    }
    world_.run(mended);
    if (world_.failure().empty()) settle_down();
    Outcome outcome{.failure = world_.failure(), .told = world_.told(), .events = world_.events()};
    outcome.has_failed_over = sides_.newest_timeline > 1;
    outcome.has_gone_on = guards_[0].went_on || guards_[1].went_on;
    return outcome;
  }

 private:
  failover::Policy draw_policy() {
    const bool tolerates = world_.random.chance(30);
    return make_policy(ttl_, tolerates, world_.random.chance(70));
  }

  /// No two steady clocks differ by more than 2 % of the time that passes; wall clocks say anything.
  void draw_clocks(Process& process) {
    process.rate = 1 + static_cast<double>(world_.random.between(-990, 990)) / 100'000;
    process.steady_offset = world_.random.below(1'000'000'000);
    process.wall_offset = world_.random.chance(50) ? 0 : world_.random.between(-600'000'000, 600'000'000);
  }

  /// Of a guard: how long it may be missing, stopped or dead, while its side needs it. Between the half of the ttl at which it begins to
  /// close the database, and the three quarters at which it must.
  Moment gap() { return world_.random.below(micros(ttl_) / 12); }
  Moment a_while() { return world_.random.between(1, 2 * ttl_.count()) * 1'000; }

  void cut(Link& link, Moment until) {
    link.cut_until = std::max(link.cut_until, until);
    world_.tell(fmt::format("{} is cut until {:.3f}", link.name, static_cast<double>(until) / 1e6));
  }

  void cut_stream(Moment until) {
    sides_.cut_stream(until);
    cut(sides_.stream, until);
  }

  void cut_off(std::size_t side, Moment until) {
    cut(sides_.to_host[side], until);
    for (RunProcess& run : runs_) cut(run.to_database[side], until);
    cut_stream(until);
  }

  void go_wrong() {
    const auto side = static_cast<std::size_t>(world_.random.below(2));
    const auto which = static_cast<std::size_t>(world_.random.below(2));
    const Moment until = world_.now + a_while();
    GuardProcess& guard = guards_[side];
    RunProcess& run = runs_[which];
    Database& database = sides_.databases[side];
    switch (world_.random.below(14)) {
      case 0: return cut(sides_.to_host[side], until);
      case 1: return cut(run.to_host, until);
      case 2: return cut(run.to_database[side], until);
      case 3: return cut_stream(until);
      case 4: return cut_off(0, until);
      case 5: return cut_off(side, until);
      case 6: return world_.stand_still(guard.process, world_.now + gap());
      case 7: return restart_guard(side);
      case 8: return world_.stand_still(run.process, until);
      case 9: return restart(run.process, a_while());
      case 10:
        if (!may_trouble(side)) return;
        trouble(side, until);
        return sides_.stand_still(database, until);
      case 11:
        if (!may_trouble(side) || !database.runs) return;
        trouble(side, world_.now + Sides::longest_restart);
        return sides_.crash(database);
      case 12:
        if (!may_trouble(side)) return;
        trouble(side, until);
        database.can_be_closed = false;
        world_.tell(fmt::format("database {} cannot be closed by its guard", database.name));
        return world_.at(until, [&database] { database.can_be_closed = true; });
      default: run.is_told_to_run = true;
    }
  }

  /// What is taken for granted: a guard that begins, or whose database does, finds the server only where that answers and lets it in. So
  /// one thing of these at a time.
  void restart_guard(std::size_t side) {
    const Database& database = sides_.databases[side];
    if (!may_trouble(side) || !database.runs || database.stands_until > world_.now) return;
    trouble(side, world_.now);
    restart(guards_[side].process, gap());
  }
  void trouble(std::size_t side, Moment until) { troubled_until_[side] = until + 2 * micros(ttl_); }
  bool may_trouble(std::size_t side) const { return troubled_until_[side] < world_.now; }

  void restart(Process& process, Moment after) {
    world_.kill(process);
    world_.at(world_.now + after, [this, &process] { world_.start(process); });
  }

  /// Everything is mended, and nobody begins anything new: then it ends.
  void settle_down() {
    world_.tell("everything is mended");
    sides_.on_mark = nullptr;
    for (std::size_t i = 0; i < 2; ++i) {
      Database& database = sides_.databases[i];
      sides_.to_host[i].cut_until = 0;
      database.can_be_closed = true;
      guards_[i].process.stands_until = 0;
      runs_[i].process.stands_until = 0;
      runs_[i].to_host.cut_until = 0;
      for (Link& link : runs_[i].to_database) link.cut_until = 0;
      world_.start(guards_[i].process);
      world_.start(runs_[i].process);
    }
    sides_.stream.cut_until = 0;
    for (RunProcess& run : runs_) run.is_told_to_run = run.may_begin = false;
    const Moment longest = world_.now + micros(ttl_) * 6 + 40'000'000;
    while (world_.now < longest && world_.failure().empty()) {
      world_.run(world_.now + 1'000'000);
      repair();
      if (has_ended()) return;
    }
    if (world_.failure().empty())
      world_.fail(fmt::format("it does not end: a is {}; b is {}; {}", sides_.describe(sides_.databases[0]),
                              sides_.describe(sides_.databases[1]), runs_[0].last_refusal));
  }

  const Database& active() const { return sides_.databases[failover::active_cluster(policy_, sides_.state) == "a" ? 0 : 1]; }

  /// As 'failover repair' does: what does not follow the active side is made to.
  void repair() {
    if (sides_.state.has_unfinished_run()) return;
    Database& other = sides_.other(active());
    if (!active().in_recovery && other.runs && (!other.in_recovery || other.timeline != active().timeline)) sides_.rejoin(other);
  }

  bool has_ended() const {
    return !sides_.state.has_unfinished_run() && (active().takes_writes(world_.now) || (active().closed && sides_.may_stay_closed)) &&
           sides_.does_stream(sides_.databases[&active() == sides_.databases.data() ? 1 : 0]);
  }

  World world_;
  Duration ttl_;
  failover::Policy policy_;
  Sides sides_;
  std::array<GuardProcess, 2> guards_;
  std::array<RunProcess, 2> runs_;
  std::array<Moment, 2> troubled_until_{};
};

}  // namespace

Outcome run_history(std::uint64_t seed, bool tells) { return History{seed, tells}.run(); }

}  // namespace simulation
