#include "cli/failover/site.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "control/member.hpp"
#include "failover/member_store.hpp"
#include "fleet/connect.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>

namespace fedctl::cli {
namespace {

using manifest::Manifest;

/// The one policy among the manifests. Errors: invalid_input for none, and for several.
Result<failover::Policy> policy_among(const std::vector<Manifest>& manifests, const std::string& path, const std::string& name_space) {
  const Manifest* found = nullptr;
  for (const Manifest& manifest : manifests) {
    if (!failover::is_policy(manifest.object)) continue;
    if (found != nullptr) return Failure{{Code::invalid_input, "there are two FailoverPolicies in the file", manifest.place()}};
    found = &manifest;
  }
  if (found == nullptr)
    return Failure{{.code = Code::invalid_input,
                    .message = "there is no FailoverPolicy (fedctl.io/v1alpha1) in the file",
                    .place = path,
                    .hint = "see share/doc/fedctl/examples/failover-policy.yaml"}};
  return failover::read_policy(*found, name_space);
}

/// A policy that a host holds, by "NAMESPACE/NAME" or "NAME". Errors: the host's; not_found.
Result<Manifest> policy_in_host(http::Loop& loop, const ConnectedHost& host, const std::string& named) {
  const auto slash = named.find('/');
  const std::string name_space = slash == std::string::npos ? host.default_namespace : named.substr(0, slash);
  const std::string name = slash == std::string::npos ? named : named.substr(slash + 1);
  auto live = loop.run(host.client->get(control::failover_policies(), name_space, name));
  if (!live) {
    Error error = live.error();
    if (error.code == Code::not_found && error.hint.empty())
      error.hint = fmt::format("write it there with 'fedctl apply -f', or name its file; '{}' is no file", named);
    return Failure{std::move(error)};
  }
  return Manifest{.object = std::move(*live), .host = host.client->cluster()};
}

/// Contexts named like the policy's clusters, where nothing else says which clusters there are.
Result<fleet::Fleet> fleet_of(const ClusterFlags& flags, const failover::Policy& policy) {
  return names_no_clusters(flags) ? fleet::from_contexts(policy.clusters) : fleet_from(flags);
}

Result<void> connect_members(http::Loop& loop, OpenSite& open, const ClusterFlags& flags) {
  failover::Site& site = open.site;
  site.connect = connect_options(flags);
  if (site.host) {
    auto members = loop.run(control::read_members(*site.host, site.connect));
    if (!members) return Failure{members.error()};
    site.fleet = std::move(members->fleet);
    site.clients = std::move(members->clients);
  } else {
    auto fleet = fleet_of(flags, site.policy);
    if (!fleet) return Failure{fleet.error()};
    site.fleet = std::move(*fleet);
    auto clients = fleet::connect(loop, site.fleet, site.connect);
    if (!clients) return Failure{clients.error()};
    site.clients = std::move(*clients);
  }
  const std::vector<std::string> names = site.fleet.names();
  for (const std::string& cluster : site.policy.clusters) {
    if (std::ranges::find(names, cluster) != names.end()) continue;
    return Failure{
        {.code = Code::not_found,
         .message = fmt::format("the policy's cluster {} is no cluster of the fleet{}", cluster, text::did_you_mean(cluster, names)),
         .place = site.policy.place,
         .hint = "it has " + text::listed(names)}};
  }
  return {};
}

/// The clusters that keep the state together, by contexts of their names, so that no host need be asked. Nothing is asked yet.
Result<void> connect_coordinators(http::Loop& loop, failover::Site& site, const ClusterFlags& flags) {
  auto fleet = fleet::from_contexts(site.policy.coordination.members);
  if (!fleet) return Failure{fleet.error()};
  auto clients = fleet::connect(loop, *fleet, connect_options(flags));
  if (!clients) return Failure{clients.error()};
  site.coordinators = std::move(*clients);
  return {};
}

/// Where the state is: in a file that is named, in the policy's clusters, in the host, or in the file of the policy's name.
std::unique_ptr<failover::Store> store_of(OpenSite& open, const SiteFlags& flags) {
  failover::Site& site = open.site;
  const failover::Policy& policy = site.policy;
  if (!flags.state.empty()) return failover::make_file_store(file::expand_home(flags.state));
  if (!site.coordinators.empty()) {
    std::vector<kube::Client*> clusters;
    for (const auto& client : site.coordinators) clusters.push_back(client.get());
    return failover::make_member_store(std::move(clusters), policy.coordination.name_space, policy.name_space, policy.name);
  }
  if (!open.host) return failover::make_file_store(failover::default_state_file(policy.name_space, policy.name));
  return failover::make_host_store(*open.host->client, open.host->host.name_space, policy.name_space, policy.name);
}

}  // namespace

bool is_policy_file(const std::string& policy) {
  std::error_code ignored;
  return policy == "-" || manifest::is_manifest_file(policy) || std::filesystem::exists(policy, ignored);
}

void add_policy(Program& program, CLI::App& command, SiteFlags& flags) {
  auto* policy =
      command.add_option("POLICY", flags.policy, "A file with a FailoverPolicy; with a host also [NAMESPACE/]NAME of one that it holds")
          ->required();
  program.values[policy] = {ValueKind::file};
}

void add_site_flags(Program& program, CLI::App& command, SiteFlags& flags, std::vector<std::string> formats) {
  auto* files = command.add_option("-f,--filename", flags.files, "File with the policy's targets, where there is no host; may be repeated");
  files->type_name("PATH")->allow_extra_args(false);
  program.values[files] = {ValueKind::file};
  auto* state =
      command.add_option("--state", flags.state, "File for the state and the journal; default: in the host, else below ~/.local/state");
  state->type_name("FILE");
  program.values[state] = {ValueKind::file};
  add_cluster_flags(program, command, flags.clusters, true);
  command.remove_option(command.get_option("--cluster"));
  add_output_flags(program, command, flags.output, std::move(formats));
}

Result<std::unique_ptr<OpenSite>> open_site(http::Loop& loop, const SiteFlags& flags, Needs needs) {
  auto open = std::make_unique<OpenSite>();
  failover::Site& site = open->site;
  site.loop = &loop;
  if (!names_no_clusters(flags.clusters)) {
    auto host = host_of(loop, flags.clusters);
    if (!host) return Failure{host.error()};
    open->host = std::move(*host);
  }
  std::vector<std::string> paths = flags.files;
  if (is_policy_file(flags.policy) || !open->host) {
    paths.insert(paths.begin(), flags.policy);
  } else {
    auto held = policy_in_host(loop, *open->host, flags.policy);
    if (!held) return Failure{held.error()};
    site.manifests.push_back(std::move(*held));
  }
  if (!paths.empty()) {
    auto manifests = manifest::read(paths, false);
    if (!manifests) return Failure{manifests.error()};
    for (const std::string& warning : manifests->warnings) warn(warning);
    std::ranges::move(manifests->items, std::back_inserter(site.manifests));
  }
  auto policy = policy_among(site.manifests, flags.policy, open->host ? open->host->default_namespace : "default");
  if (!policy) return Failure{policy.error()};
  site.policy = std::move(*policy);
  if (open->host) site.host = open->host->host;
  if (!site.policy.coordination.members.empty()) {
    if (auto connected = connect_coordinators(loop, site, flags.clusters); !connected) return Failure{connected.error()};
  }
  site.store = failover::make_policy_store(store_of(*open, flags), site.policy.clusters);
  if (needs == Needs::host) return open;
  if (auto connected = connect_members(loop, *open, flags.clusters); !connected) return Failure{connected.error()};
  if (auto found = loop.run(failover::find_targets(site)); !found) return Failure{found.error()};
  if (auto connected = loop.run(failover::connect_dns(site)); !connected) return Failure{connected.error()};
  return open;
}

}  // namespace fedctl::cli
