#include "control/member.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::control {
namespace {

using nlohmann::json;

Error malformed_error(const json& cluster, std::string message, std::string hint = {}) {
  return {.code = Code::invalid_input,
          .message = std::move(message),
          .cluster = kube::name_of(cluster),
          .object = "kubefedcluster/" + kube::name_of(cluster),
          .hint = std::move(hint)};
}

Result<void> read_validations(const json& cluster, http::Tls& tls) {
  for (const json& item : kube::list_at(kube::map_at(cluster, "spec"), "disabledTLSValidations")) {
    const std::string name = item.is_string() ? item.get<std::string>() : "";
    if (name == "*") {
      tls.insecure = true;
    } else if (name == "SubjectName") {
      tls.any_name = true;
    } else if (name == "ValidityPeriod") {
      tls.any_time = true;
    } else {
      return Failure{
          malformed_error(cluster, fmt::format("disabledTLSValidations has '{}', which is none of *, SubjectName, ValidityPeriod", name))};
    }
  }
  return {};
}

Task<Result<std::string>> read_token(Host host, json cluster) {
  const std::string name = kube::string_at(kube::map_at(kube::map_at(cluster, "spec"), "secretRef"), "name");
  if (name.empty()) co_return Failure{malformed_error(cluster, "its secretRef names no Secret")};
  const auto secret = co_await host.client->get(secrets(), host.name_space, name);
  if (!secret) {
    const bool is_gone = secret.error().code == Code::not_found;
    co_return Failure{
        malformed_error(cluster,
                        is_gone ? fmt::format("its Secret {} is not in the host", name)
                                : fmt::format("its Secret {} cannot be read: {}", name, secret.error().message),
                        is_gone ? "join it again: fedctl join " + kube::name_of(cluster) + " --error-on-existing=false" : "")};
  }
  const auto token = encoding::from_base64(kube::string_at(kube::map_at(*secret, "data"), "token"));
  if (!token || token->empty()) co_return Failure{malformed_error(cluster, fmt::format("its Secret {} holds no token", name))};
  co_return text::trim(*token);
}

/// One of a status's conditions.
json condition(const json& before, std::string_view type, bool is_true, std::string_view reason, const std::string& message,
               const std::string& now) {
  const std::string status = is_true ? "True" : "False";
  std::string since = now;
  for (const json& old : kube::list_at(before, "conditions")) {
    const std::string old_since = kube::string_at(old, "lastTransitionTime");
    if (kube::string_at(old, "type") == type && kube::string_at(old, "status") == status && !old_since.empty()) since = old_since;
  }
  return {{"type", type},       {"status", status},     {"reason", reason},
          {"message", message}, {"lastProbeTime", now}, {"lastTransitionTime", since}};
}

std::map<std::string, std::string> labels_of(const json& object) {
  std::map<std::string, std::string> labels;
  const json written = kube::map_at(kube::map_at(object, "metadata"), "labels");
  for (const auto& [key, value] : written.items()) {
    if (value.is_string()) labels[key] = value.get<std::string>();
  }
  return labels;
}

}  // namespace

Result<kubeconfig::Access> access_of(const json& cluster, const std::string& token) {
  const json spec = kube::map_at(cluster, "spec");
  kubeconfig::Access access;
  std::string url = kube::string_at(spec, "apiEndpoint");
  while (url.ends_with('/')) url.pop_back();
  if (url.empty()) return Failure{malformed_error(cluster, "it has no apiEndpoint")};
  access.endpoint.url = url.find("://") == std::string::npos ? "https://" + url : url;
  access.endpoint.proxy_url = kube::string_at(spec, "proxyURL");
  const auto bundle = encoding::from_base64(kube::string_at(spec, "caBundle"));
  if (!bundle) return Failure{malformed_error(cluster, "its caBundle is no base64")};
  access.endpoint.tls.ca_pem = *bundle;
  access.endpoint.tls.server_name = kube::metadata_entry(cluster, "annotations", server_name_annotation);
  if (auto read = read_validations(cluster, access.endpoint.tls); !read) return Failure{read.error()};
  access.identity.token = token;
  return access;
}

Task<Result<std::unique_ptr<kube::Client>>> connect_member(Host host, json cluster, fleet::ConnectOptions options) {
  const auto token = co_await read_token(host, cluster);
  if (!token) co_return Failure{token.error()};
  auto access = access_of(cluster, *token);
  if (!access) co_return Failure{access.error()};
  access->endpoint.connect_timeout = options.connect_timeout;
  access->endpoint.request_timeout = options.request_timeout;
  access->endpoint.parallelism = options.parallelism;
  co_return std::make_unique<kube::Client>(host.client->loop(), kube::name_of(cluster), std::move(*access));
}

Task<Result<Members>> read_members(Host host, fleet::ConnectOptions options) {
  auto clusters = co_await read_clusters(host);
  if (!clusters) co_return Failure{clusters.error()};
  std::vector<Task<Result<std::unique_ptr<kube::Client>>>> tasks;
  for (const json& cluster : *clusters) tasks.push_back(connect_member(host, cluster, options));
  auto clients = co_await when_all(std::move(tasks));
  Members members;
  for (std::size_t i = 0; i < clusters->size(); ++i) {
    const json& cluster = (*clusters)[i];
    const std::string name = kube::name_of(cluster);
    members.fleet.clusters.push_back({name, name, std::nullopt, labels_of(cluster)});
    members.malformed.push_back(!clients[i]);
    members.clients.push_back(clients[i] ? std::move(*clients[i])
                                         : std::make_unique<kube::Client>(host.client->loop(), name, clients[i].error()));
  }
  members.objects = std::move(*clusters);
  co_return members;
}

json cluster_status(const fleet::Health& health, bool malformed, const json& before, const std::string& now) {
  json status{{"conditions", json::array()}};
  json& conditions = status["conditions"];
  const std::string why = health.problem ? health.problem->message : "";
  const auto add = [&](std::string_view type, bool is_true, std::string_view reason, const std::string& message) {
    conditions.push_back(condition(before, type, is_true, reason, message, now));
  };
  if (health.ready) {
    add("Ready", true, "ClusterReady", "/healthz responded with ok");
  } else if (malformed) {
    add("ConfigMalformed", true, "ClusterConfigMalformed", "cluster's configuration may be malformed: " + why);
    add("Ready", false, "ClusterConfigMalformed", "cluster's configuration may be malformed: " + why);
  } else if (health.problem->code == Code::not_kubernetes) {
    add("Ready", false, "ClusterNotReady", "/healthz responded without ok");
    add("Offline", false, "ClusterReachable", "cluster is reachable");
  } else if (health.problem->code == Code::unauthorized || health.problem->code == Code::forbidden) {
    add("Ready", false, "ClusterUnauthorized", "the cluster refuses the token: " + why);
    add("Offline", false, "ClusterReachable", "cluster is reachable");
  } else {
    add("Offline", true, "ClusterNotReachable", "cluster is not reachable: " + why);
    add("Ready", false, "ClusterNotReachable", "cluster is not reachable: " + why);
  }
  // What was known of a cluster that does not answer stays known.
  status["kubernetesVersion"] = health.version.empty() ? json(kube::string_at(before, "kubernetesVersion")) : json(health.version);
  status["region"] = health.region.empty() ? json(kube::string_at(before, "region")) : json(health.region);
  if (health.zones.empty()) {
    status["zones"] = kube::list_at(before, "zones");
  } else {
    status["zones"] = health.zones;
  }
  return status;
}

Task<Result<Done>> write_status(Host host, std::string cluster, json status) {
  const json changes{{"status", std::move(status)}};
  const auto written = co_await host.client->merge(kubefed_clusters(), host.name_space, cluster, changes, "status");
  if (!written) co_return Failure{written.error()};
  co_return Done{};
}

}  // namespace fedctl::control
