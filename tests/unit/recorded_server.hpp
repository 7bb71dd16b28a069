#pragma once

#include "base/json.hpp"
#include "http/loop.hpp"
#include "http/transport.hpp"
#include "kube/client.hpp"

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace support {

/// What a server answers, as a test has it: by "METHOD /path" without the query.
struct Recording {
  struct Answer {
    long status = 200;
    nlohmann::json body = {};
  };
  std::map<std::string, std::vector<Answer>> answers = {};
  std::vector<std::string> asked = {};  ///< "METHOD /path?query", in the order in which they came.

  /// One after the other; the last one again and again.
  Recording& on(const std::string& request, long status, nlohmann::json body) {
    answers[request].push_back({status, std::move(body)});
    return *this;
  }

  std::size_t count(const std::string& beginning) const {
    std::size_t found = 0;
    for (const std::string& one : asked) found += one.starts_with(beginning) ? 1 : 0;
    return found;
  }
};

/// The Status with which an API server refuses.
inline nlohmann::json status(long code, const std::string& reason, const std::string& message) {
  return {{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Failure"}, {"code", code}, {"reason", reason}, {"message", message}};
}

/// Answers in the place of a server what was recorded; what was not is not found.
class RecordedServer : public fedctl::http::Transport {
 public:
  RecordedServer(fedctl::http::Loop& loop, std::shared_ptr<Recording> recording)
      : loop_(loop), recording_(std::move(recording)), endpoint_{.url = "https://recorded.example.com"} {}

  fedctl::Task<fedctl::Result<fedctl::http::Response>> send(fedctl::http::Request request) override {
    recording_->asked.push_back(request.method + " " + request.path);
    auto found = recording_->answers.find(request.method + " " + request.path.substr(0, request.path.find('?')));
    Recording::Answer answer{404, status(404, "NotFound", "the recording has no answer to " + request.path)};
    if (found != recording_->answers.end()) {
      answer = found->second.front();
      if (found->second.size() > 1) found->second.erase(found->second.begin());
    }
    fedctl::http::Response response{.status = answer.status};
    response.headers["content-type"] = "application/json";
    response.body = fedctl::to_text(answer.body);
    co_return response;
  }

  const fedctl::http::Endpoint& endpoint() const override { return endpoint_; }
  void present(const std::string&, const std::string&) override {}
  fedctl::http::Loop& loop() const override { return loop_; }
  const fedctl::http::Statistics& statistics() const override { return statistics_; }

 private:
  fedctl::http::Loop& loop_;
  std::shared_ptr<Recording> recording_;
  fedctl::http::Endpoint endpoint_;
  fedctl::http::Statistics statistics_ = {};
};

inline std::unique_ptr<fedctl::kube::Client> recorded_client(fedctl::http::Loop& loop, const std::string& cluster,
                                                             std::shared_ptr<Recording> recording) {
  return std::make_unique<fedctl::kube::Client>(cluster, std::make_unique<RecordedServer>(loop, std::move(recording)));
}

/// A server of the core types and Deployments, which has nothing yet.
inline std::shared_ptr<Recording> empty_server() {
  const auto resource = [](const char* plural, const char* kind, const char* group, bool namespaced) {
    return nlohmann::json{{"resource", plural},
                          {"responseKind", {{"group", group}, {"version", "v1"}, {"kind", kind}}},
                          {"scope", namespaced ? "Namespaced" : "Cluster"},
                          {"verbs", {"create", "delete", "get", "list", "patch", "update", "watch"}}};
  };
  const auto version = [](nlohmann::json resources) {
    return nlohmann::json{{{"version", "v1"}, {"freshness", "Current"}, {"resources", std::move(resources)}}};
  };
  const auto document = [](nlohmann::json groups) {
    return nlohmann::json{{"kind", "APIGroupDiscoveryList"}, {"apiVersion", "apidiscovery.k8s.io/v2"}, {"items", std::move(groups)}};
  };
  nlohmann::json core = nlohmann::json::array();
  core.push_back(resource("namespaces", "Namespace", "", false));
  core.push_back(resource("configmaps", "ConfigMap", "", true));
  nlohmann::json apps = nlohmann::json::array();
  apps.push_back(resource("deployments", "Deployment", "apps", true));
  nlohmann::json core_group{{"metadata", {{"name", ""}}}, {"versions", version(std::move(core))}};
  nlohmann::json apps_group{{"metadata", {{"name", "apps"}}}, {"versions", version(std::move(apps))}};
  auto recording = std::make_shared<Recording>();
  recording->on("GET /api", 200, document(nlohmann::json::array({std::move(core_group)})));
  recording->on("GET /apis", 200, document(nlohmann::json::array({std::move(apps_group)})));
  return recording;
}

}  // namespace support
