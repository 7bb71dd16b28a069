#include "data/role.hpp"
#include "cli/failover/commands.hpp"
#include "cli/failover/site.hpp"

namespace fedctl::cli {
namespace {

struct Flags {
  bool prints_sql = false;
  std::string name = "fedctl";
};

int run_role(const Flags& flags) {
  if (flags.name.empty())
    return report({.code = Code::usage, .message = "--name is empty", .hint = "name the role of the connection strings"});
  print(data::role_script(flags.name));
  return exit_done;
}

}  // namespace

void add_failover_role(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Prints the SQL that gives a PostgreSQL role the rights which fencing, promoting and guarding need, so that none of them has to be "
      "done "
      "as a superuser: to end sessions, to make the server read-only and close it to applications, to promote it. A superuser runs it once "
      "in the database that the connection strings name, on the primary; standbys get it by replication. 'plan', 'status', 'prepare' and "
      "the "
      "guard say what is missing.\n\nExits with 0, or 1 on an error.",
      {{"Make the role", "fedctl failover role --print-sql | psql -d app"}}};
  CLI::App* command = add_command(program, "failover role", "Print the SQL for the database role of a failover", std::move(text),
                                  [flags] { return run_role(*flags); });
  command->add_flag("--print-sql", flags->prints_sql, "Print it; nothing is run")->required();
  command->add_option("--name", flags->name, "The role")->type_name("ROLE")->capture_default_str();
}

}  // namespace fedctl::cli
