#pragma once

#include "failover/assess.hpp"
#include "failover/judge_databases.hpp"

#include <string>

namespace fedctl::failover {

struct LineageJudgement {
  Judgement judgement;
  bool is_comparable = true;  ///< Do positions in the new side's log say what it lacks of the old one's?
};

/// Against promoting a standby that has another history than the primary that is left (lineage.hpp), or while another primary may be alive
/// that nobody would fence. The database of `to` was asked. Pure.
LineageJudgement judge_lineage(const State& state, const Survey& survey, const RunOptions& options, const std::string& from,
                               const std::string& to);

}  // namespace fedctl::failover
