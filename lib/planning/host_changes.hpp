#pragma once

#include "planning/planned.hpp"

namespace fedctl::planning {

/// Plans what is to be written to the host itself, and what is to leave it: fills `host_objects` and `plan.host`.
void plan_host(http::Loop& loop, Planned& planned, const PlanOptions& options);

}  // namespace fedctl::planning
