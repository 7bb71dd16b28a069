#include "failover/site.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "control/host_objects.hpp"
#include "control/names.hpp"
#include "traffic/dns_endpoint.hpp"
#include "traffic/program.hpp"
#include "traffic/rfc2136.hpp"
#include "traffic/route53.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::failover {
namespace {

using nlohmann::json;

Task<Result<manifest::Manifest>> read_target(Site& site, Target target) {
  const auto type = std::ranges::find(site.types, target.kind, [](const control::FederatedType& one) { return one.federated.kind; });
  if (type == site.types.end()) {
    Error error{
        .code = Code::not_found, .message = fmt::format("the host federates no {}", target.kind), .cluster = site.host->client->cluster()};
    error.hint = "run 'fedctl enable'";
    co_return Failure{std::move(error)};
  }
  auto live = co_await site.host->client->get(type->federated, target.name_space, target.name);
  if (!live) co_return Failure{live.error()};
  (*live)["apiVersion"] = type->federated.type().api_version();
  (*live)["kind"] = type->federated.kind;
  manifest::Manifest manifest{.object = std::move(*live), .host = site.host->client->cluster()};
  control::normalize_group(site.types, manifest);
  co_return manifest;
}

}  // namespace

bool is_target(const json& object, const Target& target) {
  const std::string name_space = kube::namespace_of(object);
  return kube::string_at(object, "kind") == target.kind && kube::name_of(object) == target.name &&
         (name_space.empty() || name_space == target.name_space);
}

kube::Client* Site::client(const std::string& cluster) const {
  const auto found = std::ranges::find(clients, cluster, [](const auto& one) { return one->cluster(); });
  return found == clients.end() ? nullptr : found->get();
}

traffic::Record Site::record_for(const std::string& cluster) const {
  traffic::Record record = policy.dns->record;
  const auto target = policy.dns->targets.find(cluster);
  if (target != policy.dns->targets.end()) record.value = target->second;
  return record;
}

Task<Result<std::string>> read_secret(Site& site, SecretSource source, std::string cluster) {
  if (!source.environment.empty()) {
    const std::string value = text::trim(traffic::process_environment()(source.environment));
    if (!value.empty()) co_return value;
    Error error{Code::not_found, fmt::format("the environment variable {} is not set", source.environment), site.policy.place};
    co_return Failure{std::move(error)};
  }
  kube::Client* client = site.host ? site.host->client : site.client(cluster);
  if (!source.cluster.empty()) {
    const bool is_host = site.host && site.host->client->cluster() == source.cluster;
    client = is_host ? site.host->client : site.client(source.cluster);
  }
  if (client == nullptr) {
    Error error{Code::not_found, fmt::format("there is no cluster {} to read the Secret {} from", source.cluster, source.name),
                site.policy.place};
    co_return Failure{std::move(error)};
  }
  const auto secret = co_await client->get(control::secrets(), source.name_space, source.name);
  if (!secret) co_return Failure{secret.error()};
  const auto value = encoding::from_base64(kube::string_at(kube::map_at(*secret, "data"), source.key));
  if (value && !value->empty()) co_return text::trim(*value);
  Error error{.code = Code::not_found, .message = fmt::format("the Secret has no key '{}'", source.key), .cluster = client->cluster()};
  error.object = fmt::format("Secret {}/{}", source.name_space, source.name);
  co_return Failure{std::move(error)};
}

Task<Result<std::string>> connection_of(Site& site, std::string cluster) {
  const SecretSource source = site.policy.postgres->sides.at(cluster).connection;
  co_return co_await read_secret(site, source, cluster);
}

Task<Result<Done>> find_targets(Site& site) {
  std::vector<manifest::Manifest> found;
  if (site.host) {
    auto types = co_await control::read_types(*site.host);
    if (!types) co_return Failure{types.error()};
    site.types = std::move(*types);
    std::vector<Task<Result<manifest::Manifest>>> tasks;
    for (const Target& target : site.policy.targets) tasks.push_back(read_target(site, target));
    auto targets = co_await when_all(std::move(tasks));
    for (auto& target : targets) {
      if (!target) co_return Failure{target.error()};
      found.push_back(std::move(*target));
    }
    site.manifests = std::move(found);
    co_return Done{};
  }
  site.type_table.learn(site.manifests);
  for (const Target& target : site.policy.targets) {
    const auto one = std::ranges::find_if(site.manifests, [&](const auto& manifest) { return is_target(manifest.object, target); });
    if (one == site.manifests.end()) {
      Error error{Code::not_found, fmt::format("the target {} {}/{} is in no file", target.kind, target.name_space, target.name),
                  site.policy.place};
      error.hint = "name its file with -f, or the host that holds it with --host-cluster-context";
      co_return Failure{std::move(error)};
    }
    manifest::Manifest copy = *one;
    copy.object = one->whole();
    copy.aside = nullptr;
    if (kube::namespace_of(copy.object).empty()) copy.object["metadata"]["namespace"] = target.name_space;
    found.push_back(std::move(copy));
  }
  site.manifests = std::move(found);
  co_return Done{};
}

Task<Result<Done>> connect_dns(Site& site) {
  if (!site.policy.dns) co_return Done{};
  const Dns& dns = *site.policy.dns;
  if (dns.provider == "route53") {
    site.dns = traffic::make_route53(*site.loop, dns.route53, traffic::process_environment());
  } else if (dns.provider == "rfc2136") {
    traffic::Rfc2136Options options{.server = dns.server, .zone = dns.zone, .key_name = dns.key_name, .key_algorithm = dns.key_algorithm};
    if (!dns.key_name.empty()) {
      auto secret = co_await read_secret(site, dns.key_secret, site.policy.clusters.front());
      if (!secret) co_return Failure{secret.error()};
      options.key_secret = std::move(*secret);
    }
    site.dns = traffic::make_rfc2136(*site.loop, std::move(options));
  } else if (dns.provider == "exec") {
    site.dns = traffic::make_program(*site.loop, dns.exec.command, dns.exec.timeout);
  } else {
    const bool is_host = site.host && (dns.endpoint_cluster.empty() || site.host->client->cluster() == dns.endpoint_cluster);
    kube::Client* client = is_host ? site.host->client : site.client(dns.endpoint_cluster);
    if (client == nullptr) {
      Error error{Code::not_found, "dns.endpoint needs a cluster that is there, since there is no host", site.policy.place};
      co_return Failure{std::move(error)};
    }
    site.dns = traffic::make_dns_endpoint(*client, dns.endpoint_namespace, dns.endpoint_name, dns.within);
  }
  co_return Done{};
}

}  // namespace fedctl::failover
