#pragma once

#include "failover/judge_databases.hpp"
#include "failover/quorum.hpp"

#include <string>

namespace fedctl::failover {

/// What synchronous replication says against a run, and what has to be seen to beside it: pure, from a survey.
Judgement judge_synchronous(const Policy& policy, const State& state, const Survey& survey, const std::string& from, const std::string& to);

/// How it stands on the active side: "commits wait for ANY 1 (...), proven 5m ago"; "" where nobody waits and nobody should.
std::string synchronous_text(const Policy& policy, const State& state, const Survey& survey, const std::string& active);

}  // namespace fedctl::failover
