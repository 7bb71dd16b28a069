#pragma once

#include "failover/assess.hpp"
#include "failover/guard_wait.hpp"
#include "failover/steps.hpp"
#include "simulation/sides.hpp"
#include "watch/verdict.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string>

namespace simulation {

/// A watch, and the runs that it begins, goes on with, or undoes, in the order of lib/failover's engine and steps. It holds no lock:
/// whatever keeps two of them apart is the state's token and version alone.
class RunProcess {
 public:
  RunProcess(Sides& sides, std::string name, const failover::Policy& policy);
  Process process;
  Link to_host;
  std::array<Link, 2> to_database;
  bool is_told_to_run = false;    ///< By hand, whatever the checks say.
  bool may_begin = true;          ///< And not only finish what was begun.
  std::string last_refusal = {};  ///< Why the last run did not go on.

 private:
  /// What became of a write of the state.
  struct Written {
    bool is_written;
    std::string version;
  };

  template <typename T>
  Task<std::optional<T>> ask_host(std::function<T()> act);
  template <typename T>
  Task<std::optional<T>> ask_database(std::size_t side, std::function<std::optional<T>()> act);

  Task<Done> watch();
  Task<Done> sample();
  Task<Done> keep_look(const data::Standing& seen, const failover::GuardLease& guard, const std::string& active);
  Task<failover::Survey> survey();
  Task<std::optional<data::Standing>> look(std::size_t side);
  Task<std::optional<failover::State>> load();
  /// As Engine::Impl::save.
  Task<bool> save();
  /// Makes sure that the run is ours, and does at once what only its owner may. Nothing: it is not, or nobody knows whether it was done.
  Task<std::optional<bool>> act_as_owner(std::size_t side, std::function<std::optional<bool>()> act);

  /// As the store's hold: one run at a time, as long as whoever has it lives and reaches the host.
  Task<bool> take_hold();
  Task<Done> give_hold_back();
  Task<Done> keep_hold();

  Task<bool> begin();
  Task<bool> take_unfinished();
  Task<bool> execute();
  Task<bool> do_step(failover::StepRecord& step);
  Task<bool> fence(failover::StepRecord& step);
  Task<bool> fence_database(failover::StepRecord& step);
  Task<bool> wait_for_guard(failover::StepRecord& step);
  Task<bool> wait_for_end(failover::StepRecord& step);
  /// Keeps the standby from replaying, and tells `guard_` where it stands.
  Task<bool> hold_replay();
  Task<Done> release_replay();
  Task<bool> catch_up(failover::StepRecord& step);
  Task<bool> promote(failover::StepRecord& step);
  Task<bool> abort();
  Task<bool> free_guard(std::size_t side, failover::AwaitGuard await);
  /// Writes `token` into the Lease of a side's guard; 0 takes it away.
  Task<std::optional<failover::GuardLease>> mark_guard(std::size_t side, std::int64_t token);
  void judge_loss(const failover::StepRecord& caught_up);

  bool refuse(std::string why);
  void tell(const std::string& text) const;
  /// How long an answer is waited for.
  static constexpr Duration patience{900};
  std::size_t index(const std::string& cluster) const { return cluster == "a" ? 0 : 1; }
  failover::Run& run() { return *state_.run; }

  Sides& sides_;
  World& world_;
  const failover::Policy& policy_;
  fedctl::watch::Verdict verdict_;
  failover::State state_;
  std::string active_ = "a";
  std::optional<fedctl::time::Instant> failed_at_;
  std::optional<failover::GuardWait> guard_;
  bool holds_ = false;
};

template <typename T>
Task<std::optional<T>> RunProcess::ask_host(std::function<T()> act) {
  co_return co_await world_.call<T>(process, to_host, patience, std::move(act));
}

template <typename T>
Task<std::optional<T>> RunProcess::ask_database(std::size_t side, std::function<std::optional<T>()> act) {
  Database& database = sides_.databases[side];
  auto in_session = sides_.in_session<T>(database, std::move(act));
  auto answer = co_await world_.call<std::optional<T>>(process, to_database[side], patience, std::move(in_session), &database.stands_until);
  if (!answer) co_return std::nullopt;
  co_return std::move(*answer);
}

}  // namespace simulation
