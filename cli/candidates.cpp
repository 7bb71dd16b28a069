#include "cli/candidates.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/host.hpp"
#include "failover/policy.hpp"
#include "federation/placement.hpp"
#include "kubeconfig/kubeconfig.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace fedctl::cli {
namespace {

using namespace std::chrono_literals;

using Names = std::vector<std::string>;

Names context_names(const ClusterFlags& flags) {
  std::optional<std::filesystem::path> path;
  if (!flags.kubeconfig.empty()) path = file::expand_home(flags.kubeconfig);
  const auto config = kubeconfig::load(path);
  Names names;
  if (!config) return names;
  for (const auto& [name, entry] : config->contexts) names.push_back(name);
  return names;
}

/// The clusters that joined the host which the flags name, else the current context. A key that was pressed waits for no cluster for
/// long, and runs no program that a fleet file names.
Names member_names(const ClusterFlags& flags) {
  http::Loop loop;
  loop.on_tick(700ms, [&loop] { loop.interrupt(); });
  HostFlags host{.context = flags.host_context, .kubeconfig = flags.kubeconfig};
  host.connect_timeout = "1s";
  host.request_timeout = "1s";
  if (!flags.kubefed_namespace.empty()) host.name_space = flags.kubefed_namespace;
  Names names;
  const auto connected = connect_host(loop, host);
  if (!connected) return names;
  const auto clusters = loop.run(control::read_clusters(connected->host));
  if (!clusters) return names;
  for (const auto& cluster : *clusters) names.push_back(string_at(map_at(cluster, "metadata"), "name"));
  return names;
}

/// Those that the input names: in placements, preferences and failover policies.
Names names_in_input(const InputFlags& input) {
  std::vector<std::string> files;
  std::ranges::copy_if(input.paths, std::back_inserter(files), [](const std::string& path) { return path != "-"; });
  const auto manifests = files.empty() ? Result<manifest::Manifests>{} : manifest::read(files, input.recursive);
  if (!manifests) return {};
  Names names = federation::fleet_named_in(manifests->items).names();
  for (const manifest::Manifest& manifest : manifests->items) {
    if (!failover::is_policy(manifest.object)) continue;
    if (const auto policy = failover::read_policy(manifest, "default"))
      names.insert(names.end(), policy->clusters.begin(), policy->clusters.end());
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Names cluster_names(const Typed& typed) {
  const auto fleet = fleet_from(typed.clusters);
  if (fleet && !fleet->host) return fleet->names();
  if (!typed.clusters.host_context.empty()) return member_names(typed.clusters);
  return names_in_input(typed.input);
}

/// A list is completed behind its last comma, leaving out what stands before it, and may go on; a single value may not.
Candidates named(const Names& names, const CLI::Option& option, const std::string& value) {
  Candidates result;
  const bool is_list = option.get_delimiter() == ',';
  const auto comma = is_list ? value.rfind(',') : std::string::npos;
  const std::string before = comma == std::string::npos ? "" : value.substr(0, comma + 1);
  const std::vector<std::string> taken = text::split(before, ',');
  for (const std::string& name : names) {
    if (std::ranges::find(taken, name) == taken.end()) result.items.emplace_back(before + name, "");
  }
  if (is_list) result.directive |= no_space;
  return result;
}

/// Kubernetes' own types, as one types them; a cluster is not asked for a keystroke.
std::vector<std::pair<std::string, std::string>> type_names() {
  std::vector<std::pair<std::string, std::string>> names;
  for (const char* name : {"clusterrolebindings",
                           "clusterroles",
                           "configmaps",
                           "cronjobs",
                           "daemonsets",
                           "deployments",
                           "horizontalpodautoscalers",
                           "ingresses",
                           "jobs",
                           "limitranges",
                           "namespaces",
                           "networkpolicies",
                           "persistentvolumeclaims",
                           "poddisruptionbudgets",
                           "replicasets",
                           "resourcequotas",
                           "rolebindings",
                           "roles",
                           "secrets",
                           "serviceaccounts",
                           "services",
                           "statefulsets"}) {
    names.emplace_back(name, "");
  }
  return names;
}

}  // namespace

Candidates values_of(const Program& program, const Typed& typed, const CLI::Option& option, const std::string& value) {
  const auto known = program.values.find(&option);
  if (known == program.values.end()) return {};
  switch (known->second.kind) {
    case ValueKind::file: return {{}, use_default};
    case ValueKind::folder: return {{}, folders};
    case ValueKind::context: return named(context_names(typed.clusters), option, value);
    case ValueKind::cluster: return named(cluster_names(typed), option, value);
    case ValueKind::member: return named(member_names(typed.clusters), option, value);
    case ValueKind::choice: {
      Candidates result{.directive = no_files | keep_order};
      for (const std::string& choice : known->second.choices) result.items.emplace_back(choice, "");
      return result;
    }
    case ValueKind::type: return {type_names(), no_files};
    case ValueKind::any: break;
  }
  return {};
}

}  // namespace fedctl::cli
