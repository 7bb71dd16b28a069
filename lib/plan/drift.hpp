#pragma once

#include "plan/plan.hpp"

#include <string>

namespace fedctl::plan {

/// Of a plan only what others did since the last apply: fields they changed, and objects that are not there any more (deleted, or
/// never applied: nobody can tell). What only the input changed counts as unchanged.
Plan drift_of(Plan plan);

/// "Drift: 1 object changed, 0 missing; 5 as applied, 0 in conflict, 0 unknown."
std::string drift_line(const Summary& summary);

}  // namespace fedctl::plan
