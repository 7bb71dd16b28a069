#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/failover/commands.hpp"
#include "cli/failover/site.hpp"
#include "data/role.hpp"
#include "failover/side_database.hpp"

#include <fmt/format.h>

namespace fedctl::cli {
namespace {

struct Flags {
  SiteFlags site;
  bool dry_run = false;
};

/// What each side's database says against a failover, before one is needed. Nothing where all may be done.
std::vector<Error> check_databases(failover::Site& site) {
  constexpr time::Duration patience{5'000};
  std::vector<Error> problems;
  for (const std::string& cluster : site.policy.postgres ? site.policy.clusters : std::vector<std::string>{}) {
    const auto examined = site.loop->run(failover::examine_database(site, cluster, patience));
    if (!examined) {
      problems.push_back(examined.error());
    } else if (!examined->checkup.missing_rights.empty()) {
      problems.push_back(
          {Code::unauthorized, "our role lacks " + text::listed(examined->checkup.missing_rights), "", cluster, "", data::how_to_grant});
    }
  }
  return problems;
}

int run_prepare(const Flags& flags) {
  http::Loop loop{log_for(flags.site.output)};
  auto open = open_site(loop, flags.site);
  if (!open) return report(open.error());
  failover::Site& site = (*open)->site;
  const auto problems = check_databases(site);
  for (const Error& problem : problems) report(problem);
  if (!problems.empty()) return exit_error;
  if (!site.dns) return report({Code::usage, "the policy has no dns, so there is nothing to lay", site.policy.place});
  std::vector<traffic::Record> records;
  for (const std::string& cluster : site.policy.clusters) records.push_back(site.record_for(cluster));
  const auto laid = loop.run(site.dns->lay(records, site.policy.clusters, flags.dry_run));
  if (!laid) return report(laid.error());
  if (is_json(flags.site)) {
    const nlohmann::json document{{"provider", site.dns->display_name()}, {"dryRun", flags.dry_run}, {"changes", laid->changes}};
    print(fedctl::to_text(document, 2) + "\n");
    return exit_done;
  }
  for (const std::string& change : laid->changes)
    print_line(fmt::format("{}: {}{}", site.dns->display_name(), change, flags.dry_run ? " (dry run)" : ""));
  if (laid->changes.empty()) print_line(fmt::format("{}: nothing to lay, all is there", site.dns->display_name()));
  return exit_done;
}

}  // namespace

void add_failover_prepare(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Lays in advance what a failover of the record needs. With dns.route53.healthSignal that is a record set for each side, answered "
      "while "
      "Route 53's health check sees that the side says it is active (the path /active of 'fedctl failover guard --listen'), and those "
      "health "
      "checks: from then on the record follows the active side by itself, and works while Route 53's control plane in us-east-1 is down. "
      "Other ways need nothing laid. The databases are asked first whether the role of the connection strings may do what a failover "
      "needs. Done again it changes nothing.\n\nExits with 0, or 1 on an error.",
      {{"What would be laid", "fedctl failover prepare failover-policy.yaml -f active-standby-app.yaml --dry-run"}}};
  CLI::App* command = add_command(program, "failover prepare", "Lay records and health checks in advance", std::move(text),
                                  [flags] { return finish(run_prepare(*flags), flags->site.output); });
  command->add_flag("--dry-run", flags->dry_run, "Say what would be laid, and write nothing");
  add_policy(program, *command, flags->site);
  add_site_flags(program, *command, flags->site, {"text", "json"});
}

}  // namespace fedctl::cli
