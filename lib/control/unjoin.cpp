#include "control/unjoin.hpp"

#include "base/text.hpp"
#include "control/copies.hpp"
#include "control/rights.hpp"
#include "kube/discovery.hpp"
#include "kube/patch_as_read.hpp"
#include "plan/release.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <string>

namespace fedctl::control {
namespace {

using inspect::Found;
using inspect::Search;
using nlohmann::json;

bool is_namespace(const Found& found) { return found.resource.group.empty() && found.resource.kind == "Namespace"; }

class Leaver {
 public:
  Leaver(Host host, Member member, UnjoinOptions options)
      : host_(std::move(host)), member_(std::move(member)), options_(std::move(options)) {
    account_.name = options_.cluster + "-" + host_.name;
    account_.name_space = host_.name_space;
  }

  Task<Result<UnjoinReport>> run() {
    auto cluster = co_await host_.client->get(kubefed_clusters(), host_.name_space, options_.cluster);
    if (!cluster && !(options_.force && cluster.error().code == Code::not_found)) {
      const auto joined = co_await check_joined(host_, options_.cluster);
      co_return Failure{joined ? cluster.error() : joined.error()};
    }
    const auto left = co_await clear_member();
    if (!left && !options_.force) {
      Error error = in_cluster(left.error(), options_.cluster);
      if (error.code != Code::conflict) error.hint = "nothing was changed in the host; if the cluster is gone for good, use --force";
      co_return Failure{std::move(error)};
    }
    if (!left) {
      report_.left.push_back(fmt::format("{}: {}, so what join made there is left: account {}/{}, its tokens and its rights",
                                         options_.cluster, left.error().message, host_.name_space, account_.name));
    }
    if (cluster) {
      const auto cleared = co_await clear_host(*cluster);
      if (!cleared) co_return Failure{cleared.error()};
    }
    co_return std::move(report_);
  }

 private:
  Task<Result<Done>> clear_member() {
    const auto config = co_await read_config(host_);
    if (config) account_.scope = config->scope;
    const auto copies_gone = co_await see_to_copies();
    if (!copies_gone) co_return Failure{copies_gone.error()};
    const std::vector<Grant> grants = grants_of(account_, Rights::full, {});
    for (const Grant& grant : grants) {
      const std::string name = kube::name_of(grant.role);
      const std::string name_space = kube::namespace_of(grant.role);
      const auto unbound = co_await remove(*member_.client, grant.binding_type, name_space, name);
      if (!unbound) co_return Failure{unbound.error()};
      const auto gone = co_await remove(*member_.client, grant.role_type, name_space, name);
      if (!gone) co_return Failure{gone.error()};
    }
    const auto tokens = co_await remove_tokens();
    if (!tokens) co_return Failure{tokens.error()};
    const auto gone = co_await remove(*member_.client, service_accounts(), host_.name_space, account_.name);
    if (!gone) co_return Failure{gone.error()};
    co_return co_await remove_namespace();
  }

  Task<Result<Done>> see_to_copies() {
    const auto types = co_await read_types(host_);
    if (!types && types.error().code != Code::not_found) co_return Failure{types.error()};
    if (!types) co_return Done{};
    const auto copies = co_await find_copies(host_, *member_.client, *types);
    if (!copies) co_return Failure{copies.error()};
    for (const Found& copy : *copies) copies_.insert(kube::uid_of(copy.object));
    if (copies->empty()) co_return Done{};
    if (options_.copies == Copies::refuse) {
      const Found& first = copies->front();
      const std::string example = kube::to_string(kube::key_of(first.object));
      co_return Failure{
          {.code = Code::conflict,
           .message = fmt::format("it still holds {} of the federation, such as {}", text::count(copies->size(), "object"), example),
           .hint = "--delete-resources deletes them there, --orphan leaves them running; nothing was changed"}};
    }
    const auto contents_gone = co_await see_to_all(*copies, false);
    if (!contents_gone) co_return Failure{contents_gone.error()};
    co_return co_await see_to_all(*copies, true);
  }

  Task<Result<Done>> see_to_all(const std::vector<Found>& copies, bool the_namespaces) {
    std::vector<Task<Result<Done>>> tasks;
    for (const Found& copy : copies) {
      if (is_namespace(copy) == the_namespaces) tasks.push_back(see_to(copy));
    }
    const auto done = co_await when_all(std::move(tasks));
    for (const auto& one : done) {
      if (!one) co_return Failure{one.error()};
    }
    co_return Done{};
  }

  Task<Result<Done>> see_to(Found copy) {
    bool removes = options_.copies == Copies::remove;
    if (removes && is_namespace(copy)) {
      const bool in_use = co_await is_in_use(kube::name_of(copy.object));
      removes = !in_use;
    }
    const std::string name_space = kube::namespace_of(copy.object);
    const std::string name = kube::name_of(copy.object);
    const std::size_t place = report_.objects.size();
    report_.objects.push_back({options_.cluster, name_of(copy.resource, name), name_space, removes ? Outcome::deleted : Outcome::updated});
    if (options_.dry_run) co_return Done{};
    if (removes) {
      const kube::DeleteOptions options{.uid = kube::uid_of(copy.object)};
      const auto removed = co_await member_.client->remove(copy.resource, name_space, name, options);
      if (!removed) co_return Failure{removed.error()};
      report_.objects[place].outcome = outcome_of(*removed);
      co_return Done{};
    }
    const std::string uid = kube::uid_of(copy.object);
    // What somebody deleted and made again is not ours to let go.
    const kube::OperationsFor release = [uid](const json& live) {
      return Result<json>{kube::uid_of(live) == uid ? plan::release_operations(live) : json{}};
    };
    const auto released = co_await kube::patch_as_read(*member_.client, copy.resource, name_space, name, release);
    if (!released && released.error().code != Code::not_found) co_return Failure{released.error()};
    co_return Done{};
  }

  /// Does a namespace hold more than copies of ours, which go anyway?
  Task<bool> is_in_use(std::string name) {
    const auto strangers = co_await strangers_in(name);
    if (strangers && strangers->empty()) co_return false;
    if (!strangers) {
      report_.left.push_back(
          fmt::format("namespace {}: what is in it cannot be found out ({}), so it stays", name, strangers.error().message));
      co_return true;
    }
    report_.left.push_back(fmt::format("namespace {}: it holds objects that are not the federation's, so it stays", name));
    co_return true;
  }

  Task<Result<std::vector<Found>>> strangers_in(std::string name_space) {
    const auto discovery = co_await kube::discover(*member_.client, options_.cache, true);
    if (!discovery) co_return Failure{discovery.error()};
    const Search search{.name_space = name_space};
    auto found = co_await inspect::find_all_objects(*member_.client, *discovery, search);
    if (!found) co_return Failure{found.error()};
    std::erase_if(*found, [&](const Found& one) { return inspect::is_made_by_cluster(one) || copies_.contains(kube::uid_of(one.object)); });
    co_return found;
  }

  Task<Result<Done>> remove(kube::Client& client, kube::Resource resource, std::string name_space, std::string name) {
    const auto live = co_await client.get(resource, name_space, name, true);
    if (!live && live.error().code == Code::not_found) co_return Done{};
    if (!live) co_return Failure{live.error()};
    const kube::DeleteOptions only_this{.uid = kube::uid_of(*live)};
    Outcome outcome = Outcome::deleted;
    if (!options_.dry_run) {
      const auto removed = co_await client.remove(resource, name_space, name, only_this);
      if (!removed) co_return Failure{removed.error()};
      outcome = outcome_of(*removed);
    }
    report_.objects.push_back({client.cluster(), name_of(resource, name), name_space, outcome});
    co_return Done{};
  }

  Task<Result<Done>> remove_tokens() {
    const kube::ListOptions options{.name_space = host_.name_space, .metadata_only = true};
    const auto list = co_await member_.client->list(secrets(), options);
    if (!list) co_return Failure{list.error()};
    for (const json& secret : list->items) {
      const bool is_ours = kube::metadata_entry(secret, "annotations", "kubernetes.io/service-account.name") == account_.name ||
                           kube::metadata_entry(secret, "annotations", "fedctl.io/token-of") == account_.name;
      if (!is_ours) continue;
      const auto gone = co_await remove(*member_.client, secrets(), host_.name_space, kube::name_of(secret));
      if (!gone) co_return Failure{gone.error()};
    }
    co_return Done{};
  }

  Task<Result<Done>> remove_namespace() {
    const auto live = co_await member_.client->get(namespaces(), "", host_.name_space, true);
    if (!live && live.error().code == Code::not_found) co_return Done{};
    if (!live) co_return Failure{live.error()};
    const auto of_host = co_await host_.client->get(namespaces(), "", host_.name_space, true);
    const bool is_host = of_host && kube::uid_of(*of_host) == kube::uid_of(*live);
    if (is_host || !maker_of(*live).starts_with("join")) co_return Done{};
    auto strangers = co_await strangers_in(host_.name_space);
    if (!strangers) co_return Failure{strangers.error()};
    if (options_.dry_run) {
      std::erase_if(*strangers, [&](const Found& one) { return kube::name_of(one.object).starts_with(account_.name); });
    }
    if (!strangers->empty()) {
      report_.left.push_back(
          fmt::format("namespace {} of {}: it holds more than join made, so it stays", host_.name_space, options_.cluster));
      co_return Done{};
    }
    co_return co_await remove(*member_.client, namespaces(), "", host_.name_space);
  }

  Task<Result<Done>> clear_host(json cluster) {
    const std::string secret = kube::string_at(kube::map_at(kube::map_at(cluster, "spec"), "secretRef"), "name");
    if (!secret.empty()) {
      const auto gone = co_await remove(*host_.client, secrets(), host_.name_space, secret);
      if (!gone) co_return Failure{gone.error()};
    }
    co_return co_await remove(*host_.client, kubefed_clusters(), host_.name_space, options_.cluster);
  }

  Host host_;
  Member member_;
  UnjoinOptions options_;
  Account account_;
  std::set<std::string> copies_;  ///< Their UIDs.
  UnjoinReport report_;
};

}  // namespace

Task<Result<Done>> check_joined(Host host, std::string cluster) {
  const auto clusters = co_await read_clusters(host);
  if (!clusters) co_return Failure{clusters.error()};
  std::vector<std::string> names;
  for (const json& one : *clusters) names.push_back(kube::name_of(one));
  if (std::ranges::find(names, cluster) != names.end()) co_return Done{};
  Error error{.code = Code::not_found,
              .message = fmt::format("{} is not joined{}", cluster, text::did_you_mean(cluster, names)),
              .cluster = host.client->cluster()};
  error.hint = names.empty() ? "no cluster is" : "joined are " + text::join(names, ", ");
  co_return Failure{std::move(error)};
}

Task<Result<UnjoinReport>> unjoin(Host host, Member member, UnjoinOptions options) {
  if (auto valid = check_host_name(host.name); !valid) co_return Failure{valid.error()};
  Leaver leaver{std::move(host), std::move(member), std::move(options)};
  co_return co_await leaver.run();
}

}  // namespace fedctl::control
