#include "fleet/health.hpp"

#include "base/text.hpp"
#include "kube/status.hpp"

#include <fmt/format.h>

namespace fedctl::fleet {
namespace {

using nlohmann::json;

Task<Result<http::Response>> fetch(kube::Client& client, std::string path) {
  http::Request request{.path = path};
  co_return co_await client.send(std::move(request));
}

std::optional<Error> judge_health(const Result<http::Response>& answer, const std::string& cluster) {
  if (!answer) return answer.error();
  if (answer->status == 401) return in_cluster(kube::error_from(*answer), cluster);
  if (answer->status == 200 && text::trim(answer->body) == "ok") return std::nullopt;
  if (answer->status == 200) {
    return Error{Code::not_kubernetes, "/healthz responded without ok", "", cluster, "", "check the server address in the kubeconfig"};
  }
  return in_cluster(kube::error_from(*answer), cluster);
}

std::string region_of(const json& nodes) {
  if (!nodes.is_object()) return {};
  const json items = nodes.value("items", json::array());
  if (!items.is_array() || items.empty()) return {};
  const std::string region = kube::metadata_entry(items.front(), "labels", "topology.kubernetes.io/region");
  return region.empty() ? kube::metadata_entry(items.front(), "labels", "failure-domain.beta.kubernetes.io/region") : region;
}

}  // namespace

Task<Health> probe(kube::Client& client, std::string region_label) {
  std::vector<Task<Result<http::Response>>> requests;
  requests.push_back(fetch(client, "/healthz"));
  requests.push_back(fetch(client, "/version"));
  if (region_label.empty()) requests.push_back(fetch(client, "/api/v1/nodes?limit=1"));
  const std::vector<Result<http::Response>> answers = co_await when_all(std::move(requests));
  Health health{.region = region_label};
  health.problem = judge_health(answers[0], client.cluster());
  health.ready = !health.problem.has_value();
  if (answers[0]) health.latency = answers[0]->latency;
  if (answers[1]) {
    const json version = json::parse(answers[1]->body, nullptr, false);
    health.version = kube::string_at(version, "gitVersion");
    if (health.ready && health.version.empty()) {
      health.ready = false;
      health.problem = Error{Code::not_kubernetes,
                             "/version names no Kubernetes version",
                             "",
                             client.cluster(),
                             "",
                             "check the server address in the kubeconfig"};
    }
  }
  if (answers.size() > 2 && answers[2]) health.region = region_of(json::parse(answers[2]->body, nullptr, false));
  co_return health;
}

}  // namespace fedctl::fleet
