#include "control/init.hpp"

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "control/manifests.hpp"
#include "http/rest.hpp"
#include "inspect/contents.hpp"
#include "kube/departure.hpp"
#include "kube/discovery.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::control {
namespace {

using inspect::Found;
using inspect::Search;
using nlohmann::json;

constexpr time::Duration installation_patience{30'000};

std::vector<json> documents(std::string_view text) {
  const auto parsed = yaml::parse(std::make_shared<const yaml::Source>(yaml::Source{"built-in", std::string{text}}));
  std::vector<json> objects;
  for (const yaml::Document& document : parsed.value().documents) objects.push_back(document.value);
  return objects;
}

/// The types init writes are few, so no discovery is needed.
const kube::Resource& resource_of(const json& object) {
  const std::string kind = kube::string_at(object, "kind");
  if (kind == "Namespace") return namespaces();
  if (kind == "CustomResourceDefinition") return definitions();
  if (kind == "ClusterRole") return cluster_roles();
  return kind == "Role" ? roles() : kubefed_configs();
}

bool is_ours(const json& live) { return !maker_of(live).empty(); }

Written written(const Host& host, const json& object, Outcome outcome) {
  return {host.client->cluster(), name_of(resource_of(object), kube::name_of(object)), kube::namespace_of(object), outcome};
}

/// One object's way into the host.
class Installer {
 public:
  Installer(Host host, InitOptions options) : host_(std::move(host)), options_(options) {}

  Task<Result<InitReport>> run() {
    const auto config = co_await read_config(host_);
    if (!config && config.error().code != Code::not_found) co_return Failure{config.error()};
    if (auto chosen = choose_scope(config); !chosen) co_return Failure{chosen.error()};
    if (auto looked = co_await look_for_controllers(); !looked) co_return Failure{looked.error()};
    objects_ = control_plane_objects(host_.name_space, report_.scope);
    // What later ones need comes first.
    const std::vector<std::vector<std::string>> stages{
        {"Namespace"}, {"CustomResourceDefinition", "ClusterRole"}, {"Role", "KubeFedConfig"}};
    for (const std::vector<std::string>& stage : stages) {
      const auto done = co_await install_kinds(stage);
      if (!done) co_return Failure{done.error()};
    }
    co_return std::move(report_);
  }

 private:
  Task<Result<Done>> install_kinds(std::vector<std::string> kinds) {
    std::vector<Task<Result<Written>>> tasks;
    for (const json& object : objects_) {
      if (std::ranges::find(kinds, kube::string_at(object, "kind")) != kinds.end()) tasks.push_back(install(object));
    }
    std::vector<Result<Written>> done = co_await when_all(std::move(tasks));
    for (auto& one : done) {
      if (!one) co_return Failure{one.error()};
      report_.objects.push_back(std::move(*one));
    }
    co_return Done{};
  }

  Result<void> choose_scope(const Result<Config>& config) {
    report_.scope = config ? config->scope : options_.scope.value_or(Scope::cluster);
    if (!config || is_ours(config->object)) {
      if (!config || !options_.scope || *options_.scope == report_.scope) return {};
    } else {
      report_.found.push_back(fmt::format("KubeFedConfig kubefed, scope {}: kept as it is", to_string(config->scope)));
    }
    if (!options_.scope || *options_.scope == report_.scope) return {};
    return Failure{{.code = Code::usage,
                    .message = fmt::format("the control plane has scope {}, which cannot be changed to {}", to_string(report_.scope),
                                           to_string(*options_.scope)),
                    .cluster = host_.client->cluster(),
                    .hint = "leave --scope out, or unjoin the clusters, deinit and init anew"}};
  }

  Task<Result<Done>> look_for_controllers() {
    const kube::Resource deployments{.group = "apps", .version = "v1", .kind = "Deployment", .plural = "deployments"};
    const auto controller = co_await host_.client->get(deployments, host_.name_space, "kubefed-controller-manager", true);
    if (!controller && controller.error().code != Code::not_found && controller.error().code != Code::forbidden) {
      co_return Failure{controller.error()};
    }
    if (controller)
      report_.found.push_back("Deployment kubefed-controller-manager: while it runs, it propagates and fedctl writes the host only");
    co_return Done{};
  }

  Task<Result<Written>> install(json object) {
    const kube::Resource& resource = resource_of(object);
    auto live = co_await host_.client->get(resource, kube::namespace_of(object), kube::name_of(object), true);
    if (live && kube::is_going(*live) && options_.dry_run == DryRun::none) {
      const auto gone = co_await kube::wait_until_gone(*host_.client, resource, kube::namespace_of(object), kube::name_of(object),
                                                       kube::uid_of(*live), installation_patience);
      if (!gone) co_return Failure{gone.error()};
      live = Failure{{Code::not_found, "gone"}};
    }
    if (!live && live.error().code != Code::not_found) co_return Failure{live.error()};
    const bool foreign = live && !is_ours(*live);
    const bool extends = resource.kind == "CustomResourceDefinition";
    if (foreign && !extends) co_return written(host_, object, Outcome::unchanged);
    if (foreign) found_definition(kube::name_of(object));
    if (options_.dry_run == DryRun::client) co_return written(host_, object, live ? Outcome::updated : Outcome::created);
    auto done = co_await put_patiently(resource, object);
    if (!done) {
      const bool comes_first = options_.dry_run == DryRun::server && done.error().code == Code::not_found;
      if (comes_first) co_return written(host_, object, Outcome::created);
      co_return Failure{done.error()};
    }
    if (extends && options_.dry_run == DryRun::none && !has_condition(done->object, "Established")) {
      const auto established = co_await wait_for(
          *host_.client, definitions(), "", kube::name_of(object), [](const json& one) { return has_condition(one, "Established"); },
          installation_patience, "the definition was not established");
      if (!established) co_return Failure{established.error()};
    }
    co_return written(host_, object, done->outcome);
  }

  /// A type is served a moment after its definition is established.
  Task<Result<Put>> put_patiently(kube::Resource resource, json object) {
    const PutOptions how{.dry_run = options_.dry_run == DryRun::server, .made_by = "init"};
    for (int attempt = 0;; ++attempt) {
      auto done = co_await put(*host_.client, resource, object, how);
      const bool is_new_type = resource.kind == "KubeFedConfig" && !done && done.error().code == Code::not_found;
      if (!is_new_type || options_.dry_run != DryRun::none || attempt == 100) co_return done;
      const http::Rest rest = co_await http::rest(host_.client->loop(), time::Duration{100});
      if (rest == http::Rest::interrupted) co_return done;
    }
  }

  void found_definition(const std::string& name) {
    report_.found.push_back(fmt::format("CustomResourceDefinition {}: kept, with the fields that fedctl adds", name));
  }

  Host host_;
  InitOptions options_;
  std::vector<json> objects_;
  InitReport report_;
};

/// Nothing but what every namespace holds.
Task<Result<std::vector<Found>>> strangers_in(Host host, kube::DiscoveryCache cache) {
  const auto discovery = co_await kube::discover(*host.client, cache, true);
  if (!discovery) co_return Failure{discovery.error()};
  Search search{.name_space = host.name_space};
  auto found = co_await inspect::find_all_objects(*host.client, *discovery, search);
  if (!found) co_return Failure{found.error()};
  std::erase_if(*found, [](const Found& one) {
    return inspect::is_made_by_cluster(one) || is_ours(one.object) || one.resource.kind == "Lease" ||
           one.resource.group == "core.kubefed.io";
  });
  co_return found;
}

}  // namespace

std::vector<json> control_plane_objects(const std::string& name_space, Scope scope) {
  std::vector<json> objects{{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name_space}}}}};
  std::ranges::move(documents(manifests::definitions_yaml()), std::back_inserter(objects));
  std::ranges::move(documents(manifests::failover_policy_yaml()), std::back_inserter(objects));
  for (json& object : documents(manifests::rights_yaml())) {
    if (kube::string_at(object, "kind") == "Role") object["metadata"]["namespace"] = name_space;
    objects.push_back(std::move(object));
  }
  json config = documents(manifests::config_yaml()).front();
  config["metadata"]["namespace"] = name_space;
  config["spec"]["scope"] = to_string(scope);
  objects.push_back(std::move(config));
  return objects;
}

Task<Result<InitReport>> init(Host host, InitOptions options) {
  Installer installer{std::move(host), options};
  co_return co_await installer.run();
}

Task<Result<DeinitReport>> deinit(Host host, bool force, DryRun dry_run, kube::DiscoveryCache cache) {
  const auto clusters = co_await read_clusters(host);
  if (!clusters && clusters.error().code != Code::not_found) co_return Failure{clusters.error()};
  if (clusters && !clusters->empty() && !force) {
    std::vector<std::string> names;
    for (const json& cluster : *clusters) names.push_back(kube::name_of(cluster));
    co_return Failure{{.code = Code::conflict,
                       .message = fmt::format("{} joined: {}", text::count(names.size(), "cluster") + (names.size() == 1 ? " is" : " are"),
                                              text::join(names, ", ")),
                       .cluster = host.client->cluster(),
                       .hint = "unjoin them first, or use --force"}};
  }
  DeinitReport report;
  std::vector<json> objects = control_plane_objects(host.name_space, Scope::cluster);
  std::ranges::reverse(objects);
  for (const json& object : objects) {
    const kube::Resource& resource = resource_of(object);
    const auto live = co_await host.client->get(resource, kube::namespace_of(object), kube::name_of(object), true);
    if (!live && live.error().code != Code::not_found) co_return Failure{live.error()};
    if (!live || kube::is_going(*live)) continue;
    if (!is_ours(*live)) {
      report.kept.push_back(name_of(resource, kube::name_of(object)) + ": init did not make it");
      continue;
    }
    if (resource.kind == "Namespace") {
      const auto strangers = co_await strangers_in(host, cache);
      if (!strangers) co_return Failure{strangers.error()};
      if (!strangers->empty()) {
        const Found& first = strangers->front();
        report.kept.push_back(fmt::format("namespace/{}: it holds {} that init did not make, such as {}", host.name_space,
                                          text::count(strangers->size(), "object"), name_of(first.resource, kube::name_of(first.object))));
        continue;
      }
    }
    kube::DeleteOptions options{.uid = kube::uid_of(*live), .dry_run = dry_run == DryRun::server};
    Outcome outcome = Outcome::deleted;
    if (dry_run != DryRun::client) {
      const auto removed = co_await host.client->remove(resource, kube::namespace_of(object), kube::name_of(object), options);
      if (!removed) co_return Failure{removed.error()};
      if (dry_run == DryRun::none) outcome = outcome_of(*removed);
    }
    // A later init must not meet definitions that are still going.
    if (dry_run == DryRun::none && resource.kind == "CustomResourceDefinition") {
      const auto gone =
          co_await kube::wait_until_gone(*host.client, resource, "", kube::name_of(object), kube::uid_of(*live), installation_patience);
      if (!gone) report.kept.push_back(fmt::format("{}: {}", name_of(resource, kube::name_of(object)), gone.error().message));
      if (gone) outcome = Outcome::deleted;
    }
    report.objects.push_back(written(host, object, outcome));
  }
  co_return report;
}

}  // namespace fedctl::control
