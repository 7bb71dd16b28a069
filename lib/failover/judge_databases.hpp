#pragma once

#include "failover/assess.hpp"

#include <string>
#include <vector>

namespace fedctl::failover {

/// What the databases themselves say against a run: rights that our role lacks, and what would not come along.
struct Judgement {
  std::vector<Blocker> blockers;
  std::vector<std::string> warnings;
};

/// A switchover is refused by what a failover is only warned of, for it can wait. Sides that do not answer are not judged here.
Judgement judge_databases(const Policy& policy, const SideSurvey& from, const SideSurvey& to, RunKind kind);

}  // namespace fedctl::failover
