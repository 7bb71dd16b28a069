#include "control/host.hpp"

#include "kube/discovery.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::control {
namespace {

using nlohmann::json;

Error without_control_plane(const Host& host, Error error) {
  if (error.code != Code::not_found) return error;
  return {.code = Code::not_found,
          .message = fmt::format("there is no KubeFed control plane in namespace {}", host.name_space),
          .cluster = host.client->cluster(),
          .hint = fmt::format("make one with 'fedctl init --host-cluster-context {}', or name its namespace with --kubefed-namespace",
                              host.client->cluster())};
}

Task<Result<std::vector<json>>> list_all(Host host, kube::Resource resource) {
  const kube::ListOptions options{.name_space = host.name_space};
  auto list = co_await host.client->list(resource, options);
  if (!list && list.error().code == Code::not_found) {
    const auto confirmed = co_await kube::confirm_unserved(*host.client, resource);
    if (!confirmed) co_return Failure{confirmed.error()};
  }
  if (!list) co_return Failure{without_control_plane(host, list.error())};
  for (json& item : list->items) {
    item["apiVersion"] = resource.type().api_version();
    item["kind"] = resource.kind;
  }
  std::ranges::sort(list->items, {}, [](const json& item) { return kube::name_of(item); });
  co_return std::move(list->items);
}

kube::Resource declared_resource(const json& type) {
  return {.group = kube::string_at(type, "group"),
          .version = kube::string_at(type, "version"),
          .kind = kube::string_at(type, "kind"),
          .plural = kube::string_at(type, "pluralName"),
          .namespaced = kube::string_at(type, "scope") == "Namespaced"};
}

/// What is left out, or makes no sense, is as by default.
fleet::HealthRule health_rule_of(const json& check) {
  fleet::HealthRule rule;
  rule.failure_threshold = std::max(1, static_cast<int>(kube::integer_in(check, "/failureThreshold", rule.failure_threshold)));
  rule.success_threshold = std::max(1, static_cast<int>(kube::integer_in(check, "/successThreshold", rule.success_threshold)));
  rule.period = time::parse_duration(kube::string_at(check, "period")).value_or(rule.period);
  rule.timeout = time::parse_duration(kube::string_at(check, "timeout")).value_or(rule.timeout);
  return rule;
}

}  // namespace

std::string_view to_string(Scope scope) { return scope == Scope::cluster ? "Cluster" : "Namespaced"; }

Task<Result<Config>> read_config(Host host) {
  auto object = co_await host.client->get(kubefed_configs(), host.name_space, "kubefed");
  if (!object) co_return Failure{without_control_plane(host, object.error())};
  const json spec = kube::map_at(*object, "spec");
  Config config;
  config.scope = kube::string_at(spec, "scope") == "Namespaced" ? Scope::namespaced : Scope::cluster;
  config.adopt_resources = kube::string_at(kube::map_at(spec, "syncController"), "adoptResources") != "Disabled";
  config.health = health_rule_of(kube::map_at(spec, "clusterHealthCheck"));
  config.object = std::move(*object);
  co_return config;
}

Task<Result<std::vector<json>>> read_clusters(Host host) { return list_all(std::move(host), kubefed_clusters()); }

Task<Result<std::vector<FederatedType>>> read_types(Host host) {
  const auto list = co_await list_all(std::move(host), type_configs());
  if (!list) co_return Failure{list.error()};
  std::vector<FederatedType> types;
  for (const json& item : *list) types.push_back(federated_type_of(item));
  co_return types;
}

FederatedType federated_type_of(const json& config) {
  const json spec = kube::map_at(config, "spec");
  return {.name = kube::name_of(config),
          .target = declared_resource(kube::map_at(spec, "targetType")),
          .federated = declared_resource(kube::map_at(spec, "federatedType")),
          .enabled = kube::string_at(spec, "propagation") != "Disabled",
          .config = config};
}

Result<void> check_host_name(const std::string& name) {
  if (is_subdomain(name)) return {};
  return Failure{{.code = Code::usage,
                  .message = fmt::format("the host cluster's name '{}' cannot be part of an object's name", name),
                  .hint = "give it another with --host-cluster-name, of lower-case letters, digits and '-'"}};
}

}  // namespace fedctl::control
