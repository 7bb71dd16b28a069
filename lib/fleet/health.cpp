#include "fleet/health.hpp"

#include "base/text.hpp"
#include "kube/status.hpp"

#include <fmt/format.h>
#include <set>

namespace fedctl::fleet {
namespace {

using nlohmann::json;

Task<Result<http::Response>> fetch(kube::Client& client, std::string path) {
  http::Request request{.path = path,
                        .headers = {"Accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"}};
  co_return co_await client.send(std::move(request));
}

std::optional<Error> judge_health(const Result<http::Response>& answer, const std::string& cluster) {
  if (!answer) return answer.error();
  if (answer->status == 401) return in_cluster(kube::error_from(*answer), cluster);
  if (answer->status == 200 && text::trim(answer->body) == "ok") return std::nullopt;
  if (answer->status == 200) {
    return Error{.code = Code::not_kubernetes,
                 .message = "/healthz responded without ok",
                 .cluster = cluster,
                 .hint = "check the server address in the kubeconfig"};
  }
  return in_cluster(kube::error_from(*answer), cluster);
}

/// What a node's labels say, by the name of today or by the one before.
std::string topology_of(const json& node, const std::string& what) {
  const std::string now = kube::metadata_entry(node, "labels", "topology.kubernetes.io/" + what);
  return now.empty() ? kube::metadata_entry(node, "labels", "failure-domain.beta.kubernetes.io/" + what) : now;
}

void read_nodes(const json& list, Health& health) {
  std::set<std::string> zones;
  for (const json& node : list_at(list, "items")) {
    if (health.region.empty()) health.region = topology_of(node, "region");
    if (const std::string zone = topology_of(node, "zone"); !zone.empty()) zones.insert(zone);
  }
  health.zones.assign(zones.begin(), zones.end());
}

}  // namespace

Task<Answer> ask_health(kube::Client& client, time::Duration timeout) {
  http::Request request{.path = "/healthz", .timeout = timeout, .repeatable = false};
  const auto response = co_await client.send(std::move(request));
  Answer answer{.problem = judge_health(response, client.cluster()), .date = {}};
  if (response) answer.date = response->date();
  co_return answer;
}

Task<Health> probe(kube::Client& client, std::string region_label) {
  std::vector<Task<Result<http::Response>>> requests;
  requests.push_back(fetch(client, "/healthz"));
  requests.push_back(fetch(client, "/version"));
  requests.push_back(fetch(client, "/api/v1/nodes?limit=500"));
  const std::vector<Result<http::Response>> answers = co_await when_all(std::move(requests));
  Health health{.region = region_label};
  health.problem = judge_health(answers[0], client.cluster());
  health.ready = !health.problem.has_value();
  if (answers[0]) health.latency = answers[0]->latency;
  if (answers[1]) {
    const json version = parse_json(answers[1]->body);
    health.version = kube::string_at(version, "gitVersion");
    if (health.ready && health.version.empty()) {
      health.ready = false;
      health.problem = Error{.code = Code::not_kubernetes,
                             .message = "/version names no Kubernetes version",
                             .cluster = client.cluster(),
                             .hint = "check the server address in the kubeconfig"};
    }
  }
  if (answers[2]) read_nodes(parse_json(answers[2]->body), health);
  co_return health;
}

}  // namespace fedctl::fleet
