#include "exporter/server.hpp"

#include "http/loop.hpp"

#include <atomic>
#include <catch2/catch.hpp>

using namespace fedctl;
using exporter::Answer;
using exporter::Metrics;
using exporter::Server;

namespace {

Result<http::Response> get(int port, const std::string& path) {
  http::Loop loop;
  const http::Endpoint endpoint{.url = "http://127.0.0.1:" + std::to_string(port)};
  http::Request request{.path = path};
  return loop.run(loop.transfer(endpoint, request));
}

}  // namespace

TEST_CASE("metrics are served in Prometheus' text format") {
  Metrics metrics;
  metrics.set("fedctl_failover_active", {{"policy", "production/shop"}, {"cluster", "tokyo"}}, 1);
  metrics.count("fedctl_failover_runs_total", {{"policy", "production/shop"}, {"outcome", "done"}});
  metrics.count("fedctl_failover_runs_total", {{"policy", "production/shop"}, {"outcome", "done"}});
  const auto server = Server::listen("127.0.0.1:0", metrics, {});
  REQUIRE(server);
  const auto answer = get((*server)->port(), "/metrics");
  REQUIRE(answer);
  CHECK(answer->body.find("# TYPE fedctl_failover_active gauge") != std::string::npos);
  CHECK(answer->body.find("fedctl_failover_active{cluster=\"tokyo\",policy=\"production/shop\"} 1\n") != std::string::npos);
  CHECK(answer->body.find("fedctl_failover_runs_total{outcome=\"done\",policy=\"production/shop\"} 2\n") != std::string::npos);
}

TEST_CASE("an answer is 200 while it is good and 503 while it is not, and other paths are 404") {
  Metrics metrics;
  std::atomic<bool> good{true};
  exporter::Answers answers;
  answers["/active"] = [&good] { return Answer{good, good ? "active" : "not active"}; };
  const auto server = Server::listen("127.0.0.1:0", metrics, std::move(answers));
  REQUIRE(server);
  CHECK(get((*server)->port(), "/active")->status == 200);
  good = false;
  CHECK(get((*server)->port(), "/active")->status == 503);
  CHECK(get((*server)->port(), "/other")->status == 404);
}

TEST_CASE("what is no address is refused, and so is one that is taken") {
  const Metrics metrics;
  for (const char* address : {"", "nowhere", "localhost:", ":x", ":70000"})
    CHECK(Server::listen(address, metrics, {}).error().code == Code::usage);
  const auto server = Server::listen("127.0.0.1:0", metrics, {});
  REQUIRE(server);
  const auto second = Server::listen("127.0.0.1:" + std::to_string((*server)->port()), metrics, {});
  CHECK(second.error().code == Code::rejected);
}
