#pragma once

#include "drill/report.hpp"
#include "failover/engine.hpp"
#include "failover/site.hpp"

#include <string>

namespace fedctl::drill {

struct DrillOptions {
  std::string to;  ///< Empty: as a switchover chooses.
  failover::RoleOptions roles;
  bool one_way = false;    ///< Stay on the new side.
  time::Duration hold{0};  ///< How long to stay there before going back.
};

/// Why no drill can be begun: what a switchover would be refused for, and, of one that comes back, sides that nothing makes a standby
/// again. Nothing where it can.
Result<std::optional<Error>> refusal_of_drill(failover::Site& site, const DrillOptions& options);

/// A switchover and one back, with somebody who writes every 100 ms all the while; the report is kept in the state's history.
/// Errors: those of the runs; where one stopped it can be gone on with or undone like any other.
Result<Report> run_drill(failover::Site& site, const DrillOptions& options, const failover::OnStep& on_step);

/// What a drill would do, from how things are now; changes nothing, and is kept too.
Result<Report> simulate(failover::Site& site, const DrillOptions& options);

}  // namespace fedctl::drill
