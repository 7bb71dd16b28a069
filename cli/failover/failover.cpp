#include "cli/failover/commands.hpp"

namespace fedctl::cli {

void add_failover(Program& program) {
  CommandText text{
      "Moves an application with its database from one cluster to another, as a FailoverPolicy says (share/doc/fedctl/docs/failover.md). "
      "'plan' shows what "
      "a "
      "failover would do and changes nothing.",
      {{"What would happen", "fedctl failover plan failover-policy.yaml -f active-standby-app.yaml"}}};
  add_command(program, "failover", "Move an application with its database to another cluster", std::move(text), {});
  add_failover_runs(program);
  add_failover_back(program);
  add_failover_repair(program);
  add_failover_drill(program);
  add_failover_watch(program);
  add_failover_pauses(program);
  add_failover_prepare(program);
  add_failover_guard(program);
  add_failover_role(program);
  add_failover_roles(program);
  add_failover_import(program);
}

}  // namespace fedctl::cli
