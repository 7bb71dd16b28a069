#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/failover/commands.hpp"
#include "cli/failover/site.hpp"
#include "data/role.hpp"
#include "failover/assess.hpp"
#include "failover/quorum.hpp"
#include "failover/side_database.hpp"
#include "failover/synchronous.hpp"

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
      problems.push_back({.code = Code::unauthorized,
                          .message = "our role lacks " + text::listed(examined->checkup.missing_rights),
                          .cluster = cluster,
                          .hint = data::how_to_grant});
    }
  }
  return problems;
}

/// What has been laid, and by whom it is kept: a DNS provider, or a database.
struct Laid {
  std::string place;
  std::vector<std::string> changes;
  std::string cluster = {};  ///< Of a database.
};

/// Commits of the active side wait for its standbys, where the policy says so.
Result<Laid> lay_synchronous(failover::Site& site, bool is_dry) {
  constexpr time::Duration patience{10'000};
  const auto state = site.loop->run(site.store->load());
  if (!state) return Failure{state.error()};
  const std::string active = failover::active_cluster(site.policy, *state);
  Laid laid{.place = "database of " + active, .changes = {}, .cluster = active};
  if (is_dry) {
    laid.changes.push_back(fmt::format("commits wait for {}", failover::wanted_names(site.policy, active)));
    return laid;
  }
  const auto settled = site.loop->run(failover::settle_synchronous(site, active, patience));
  if (!settled) return Failure{settled.error()};
  for (const std::string& named : settled->named) laid.changes.push_back(fmt::format("the standby of {} is known by name", named));
  if (!settled->is_unchanged) laid.changes.push_back(fmt::format("commits wait for {}, proven", settled->names));
  return laid;
}

/// What was laid, as one document where JSON is asked for.
struct Preparation {
  std::optional<Laid> database;
  std::optional<Laid> records;
};

nlohmann::json to_document(const Preparation& report, bool is_dry) {
  nlohmann::json document{{"dryRun", is_dry}};
  if (report.database) document["database"] = {{"cluster", report.database->cluster}, {"changes", report.database->changes}};
  if (!report.records) return document;
  document["provider"] = report.records->place;
  document["changes"] = report.records->changes;
  return document;
}

void print_laid(const Laid& laid, bool is_dry) {
  for (const std::string& change : laid.changes)
    print_line(text::printable(fmt::format("{}: {}{}", laid.place, change, is_dry ? " (dry run)" : "")));
  if (laid.changes.empty()) print_line(text::printable(fmt::format("{}: nothing to lay, all is there", laid.place)));
}

void show(const Preparation& report, const Flags& flags) {
  if (is_json(flags.site)) {
    print(fedctl::to_text(to_document(report, flags.dry_run), 2) + "\n");
    return;
  }
  if (report.database) print_laid(*report.database, flags.dry_run);
  if (report.records) print_laid(*report.records, flags.dry_run);
}

int run_prepare(const Flags& flags) {
  http::Loop loop{log_for(flags.site.output)};
  auto open = open_site(loop, flags.site);
  if (!open) return report(open.error());
  failover::Site& site = (*open)->site;
  const auto problems = check_databases(site);
  for (const Error& problem : problems) report(problem);
  if (!problems.empty()) return exit_error;
  // With syncWhileClose the guard does it, who can also take it back.
  const bool waits = site.policy.postgres && site.policy.postgres->replication.mode == failover::Replication::Mode::sync;
  if (!site.dns && !waits) return report({Code::usage, "the policy has no dns, so there is nothing to lay", site.policy.place});
  Preparation done;
  if (waits) {
    auto laid = lay_synchronous(site, flags.dry_run);
    if (!laid) return report(laid.error());
    done.database = std::move(*laid);
  }
  std::optional<Error> failed;
  if (site.dns) {
    std::vector<traffic::Record> records;
    for (const std::string& cluster : site.policy.clusters) records.push_back(site.record_for(cluster));
    auto laid = loop.run(site.dns->lay(records, site.policy.clusters, flags.dry_run));
    if (laid) done.records = Laid{.place = site.dns->display_name(), .changes = std::move(laid->changes)};
    if (!laid) failed = laid.error();
  }
  if (done.database || done.records) show(done, flags);
  return failed ? report(*failed) : static_cast<int>(exit_done);
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
      "Other ways need nothing laid. Where the policy says database.postgres.replication: sync, the standbys of the active side get their "
      "names, "
      "its commits wait for them from now on, and that this is so is proven and kept in the state. The databases are asked first whether "
      "the role of the connection strings may do what a failover "
      "needs. Done again it changes nothing.\n\nExits with 0, or 1 on an error.",
      {{"What would be laid", "fedctl failover prepare failover-policy.yaml -f active-standby-app.yaml --dry-run"}}};
  CLI::App* command = add_command(program, "failover prepare", "Lay records, health checks and synchronous replication in advance",
                                  std::move(text), [flags] { return finish(run_prepare(*flags), flags->site.output); });
  command->add_flag("--dry-run", flags->dry_run, "Say what would be laid, and write nothing");
  add_policy(program, *command, flags->site);
  add_site_flags(program, *command, flags->site, {"text", "json"});
}

}  // namespace fedctl::cli
