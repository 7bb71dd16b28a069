#pragma once

#include "cli/program.hpp"

/// The commands of `fedctl failover`; see the files named after them.
namespace fedctl::cli {

/// plan, status, run, switchover and abort.
void add_failover_runs(Program& program);
void add_failover_prepare(Program& program);
void add_failover_guard(Program& program);
void add_failover_import(Program& program);
void add_failover_back(Program& program);
void add_failover_drill(Program& program);
/// pause and resume.
void add_failover_pauses(Program& program);
void add_failover_repair(Program& program);
void add_failover_role(Program& program);
void add_failover_roles(Program& program);
void add_failover_watch(Program& program);

}  // namespace fedctl::cli
