#pragma once

#include "base/task.hpp"
#include "failover/site.hpp"
#include "guard/rules.hpp"
#include "guard/witnesses.hpp"

#include <functional>
#include <string>

namespace fedctl::guard {

/// The rule for the guard of this side, as the policy has it.
Failsafe failsafe_of(const failover::Policy& policy, const std::string& side);

/// Lets a guard go on while its Lease cannot be renewed (failsafe.hpp): asks the other databases, and tells the rules what they say.
class FailsafeMode {
 public:
  using OnGoingOn = std::function<void(const std::string& text)>;

  FailsafeMode(failover::Site& site, const std::string& side, Rules& rules, OnGoingOn on_going_on);

  /// Until the loop is interrupted. While the Lease is renewed it finds out whether the others could confirm; else it asks them to.
  Task<Done> keep_confirming();

  /// Apart from the one above, for it may wait for the host.
  Task<Done> keep_finding_witnesses();

 private:
  Task<Done> confirm();
  void extend(Rules::Instant sent);

  failover::Site& site_;
  Rules& rules_;
  Witnesses witnesses_;
  OnGoingOn on_going_on_;
};

}  // namespace fedctl::guard
