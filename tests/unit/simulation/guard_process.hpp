#pragma once

#include "guard/rules.hpp"
#include "simulation/sides.hpp"

#include <optional>

namespace simulation {

/// A guard: does what guard::Rules say, in the order of lib/guard/guard.cpp, over links and to a database that are simulated.
class GuardProcess {
 public:
  GuardProcess(Sides& sides, std::size_t side, const failover::Policy& policy);
  Process process;
  bool went_on = false;  ///< Without the host, at any time.

 private:
  using Rules = fedctl::guard::Rules;

  template <typename T>
  Task<std::optional<T>> ask_host(std::function<T()> act);
  template <typename T>
  Task<std::optional<T>> ask_database(Duration patience, std::function<std::optional<T>()> act);

  Task<Done> live();
  Task<Done> keep_renewing();
  Task<Done> keep_harmless();
  Task<Done> keep_confirming();
  Task<Done> confirm();
  Task<fedctl::guard::Replayed> look_at_other();
  Task<Done> look();
  Task<Done> try_hand();
  Task<Done> renew();
  Task<bool> renew_once();
  Task<Done> read_again();
  Task<Done> make_harmless();
  Task<bool> is_harmless_already();
  Task<bool> is_free_by_now();
  Task<Done> acknowledge_standby();
  /// One at a time uses the session that closes and opens the database. False where it was not free in time.
  Task<bool> take_hand();
  Task<Done> stop();
  Task<Done> acknowledge(data::Standing seen);
  Task<Done> thaw_if_free();
  void take_over(failover::GuardLease theirs);
  void tell(const std::string& text) const;

  Steady now() const { return world_.steady(process); }
  const fedctl::guard::LeaseClock& clock() const { return rules_->clock(); }

  Sides& sides_;
  World& world_;
  std::size_t side_;
  Database& database_;
  const failover::Policy& policy_;
  std::optional<Rules> rules_;
  bool hand_is_taken_ = false;
  std::optional<unsigned> server_;  ///< As the hand last saw it.
};

}  // namespace simulation
