#include "base/file.hpp"
#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/unified.hpp"
#include "cli/failover/commands.hpp"
#include "cli/failover/site.hpp"
#include "failover/role_files.hpp"
#include "failover/role_switch.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>

namespace fedctl::cli {
namespace {

using failover::RoleFile;

struct Flags {
  SiteFlags site;
  bool writes = false;
};

/// Writes those that change; what was written before one that cannot be is told with it.
int write_files(const std::vector<RoleFile>& files) {
  std::vector<std::string> done;
  for (const RoleFile& file : files) {
    if (!file.changes()) continue;
    const auto written = file::write_atomically(file.name, file.after, {.keeps_mode = true});
    if (written) {
      done.push_back(file.name);
      continue;
    }
    Error error = written.error();
    if (!done.empty()) error.message += "; edited already: " + text::join(done, ", ");
    const int code = report(error);
    return done.empty() ? code : exit_partial;
  }
  return exit_done;
}

/// Pipes and devices have no place for what is edited.
std::optional<Error> unwritable(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    if (file == "-") return Error{.code = Code::usage, .message = "--write cannot write to standard input", .hint = "name a file with -f"};
    std::error_code problem;
    const auto status = std::filesystem::status(file, problem);
    const bool may_be_special = std::filesystem::exists(status) && !std::filesystem::is_directory(status);
    if (may_be_special && !std::filesystem::is_regular_file(status))
      return Error{.code = Code::usage,
                   .message = fmt::format("--write cannot edit {}, which is no regular file", file),
                   .hint = "name a file with -f"};
  }
  return std::nullopt;
}

nlohmann::json roles_document(const failover::Site& site, const failover::ActiveSide& active, const std::vector<RoleFile>& files,
                              bool written) {
  nlohmann::json document{{"policy", site.policy.full_name()}, {"active", active.cluster}, {"token", active.token}, {"written", written}};
  document["files"] = nlohmann::json::array();
  for (const RoleFile& file : files) {
    if (!file.changes()) continue;
    document["files"].push_back({{"file", file.name},
                                 {"objects", file.objects},
                                 {"rewritten", file.is_rewritten},
                                 {"diff", text::unified_diff(file.name, file.before, file.after)}});
  }
  return document;
}

void print_roles(const failover::Site& site, const failover::ActiveSide& active, const std::vector<RoleFile>& files, bool written) {
  const std::string who = fmt::format("{}: {} is active, token {}", site.policy.full_name(), active.cluster, active.token);
  if (std::ranges::none_of(files, &RoleFile::changes)) {
    print_line(fmt::format("{}; the manifests say so, there is nothing to do", who));
    return;
  }
  for (const RoleFile& file : files) print(text::printable_lines(text::unified_diff(file.name, file.before, file.after)));
  flush_output();
  for (const RoleFile& file : files) {
    if (!file.changes()) continue;
    if (file.is_rewritten) warn(fmt::format("{}: a document, or a part of one, is written anew, and its comments are lost", file.name));
    say_line(fmt::format("{}: {} {} the roles: {}", file.name, text::count(file.objects.size(), "object"), written ? "got" : "would get",
                         text::join(file.objects, ", ")));
  }
  say_line(written ? who : who + "; --write edits the files");
}

int run_roles(const Flags& flags) {
  if (flags.site.files.empty())
    return report({.code = Code::usage, .message = "nothing says which manifests are meant", .hint = "name the targets' files with -f"});
  if (flags.writes) {
    if (const auto problem = unwritable(flags.site.files)) return report(*problem);
  }
  http::Loop loop{log_for(flags.site.output)};
  auto open = open_site(loop, flags.site, Needs::host);
  if (!open) return report(open.error());
  failover::Site& site = (*open)->site;
  const auto state = loop.run(site.store->load());
  if (!state) return report(state.error());
  if (state->has_unfinished_run()) warn("a run is not finished, so the roles may still change");
  const failover::ActiveSide active = failover::active_side(site.policy, *state);
  const auto files = failover::role_files(site.policy, active, site.manifests);
  if (!files) return report(files.error());
  if (flags.writes) {
    if (const int code = write_files(*files); code != exit_done) return code;
  }
  if (is_json(flags.site)) {
    print(fedctl::to_text(roles_document(site, active, *files, flags.writes), 2) + "\n");
  } else {
    print_roles(site, active, *files, flags.writes);
  }
  return exit_done;
}

}  // namespace

void add_failover_roles(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Shows as a diff what the manifests of the policy's targets have to become so that they say the roles that are in force: the "
      "overrides of the active cluster and of the standbys, and the annotation fedctl.io/failover, which tells 'plan' and 'apply' that the "
      "roles are those of the last failover. With --write the files are edited in place. Run it after a failover and commit the files; "
      "until "
      "then applying them is a conflict.\n\n"
      "Only the lines that change are touched: comments, the order of keys and other documents stay. A document with anchors, aliases or "
      "tags where something changes is written anew as a whole, and loses its comments; a warning says so. JSON stays JSON.\n\n"
      "Exits with 0, also when there is nothing to do, 1 on an error, or 3 where only some of the files could be written.",
      {{"What would be edited", "fedctl failover roles failover-policy.yaml -f active-standby-app.yaml"},
       {"Edit it", "fedctl failover roles failover-policy.yaml -f active-standby-app.yaml --write"},
       {"With the state in a host",
        "fedctl failover roles failover-policy.yaml --host-cluster-context host-cluster -f active-standby-app.yaml --write"}}};
  CLI::App* command = add_command(program, "failover roles", "Make manifests say the roles that a failover gave", std::move(text),
                                  [flags] { return finish(run_roles(*flags), flags->site.output); });
  command->add_flag("--write", flags->writes, "Edit the files in place");
  add_policy(program, *command, flags->site);
  add_site_flags(program, *command, flags->site, {"text", "json"});
}

}  // namespace fedctl::cli
