#include "exporter/server.hpp"

#include "base/descriptor.hpp"
#include "http/loop.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

using namespace fedctl;
using exporter::Answer;
using exporter::Metrics;
using exporter::Server;

namespace {

Result<http::Response> get(int port, const std::string& path, const std::string& method = "GET") {
  http::Loop loop;
  const http::Endpoint endpoint{.url = "http://127.0.0.1:" + std::to_string(port)};
  const http::Request request{.method = method, .path = path, .timeout = time::Duration{5'000}};
  return loop.run(loop.transfer(endpoint, request));
}

/// A connection that has begun a request and does not end it.
Descriptor slow_connection(int port) {
  Descriptor socket{::socket(AF_INET, SOCK_STREAM, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const std::string begin = "GET /active HTTP/1.1\r\nX: ";
  REQUIRE(::send(socket.get(), begin.data(), begin.size(), MSG_NOSIGNAL) > 0);
  return socket;
}

/// Sends each a byte, and waits for those that the server closes; how many are left open.
std::size_t left_open(std::vector<Descriptor>& connections) {
  std::erase_if(connections, [](const Descriptor& one) {
    char byte = 'x';
    if (::send(one.get(), &byte, 1, MSG_NOSIGNAL) < 0) return true;
    return ::recv(one.get(), &byte, 1, MSG_DONTWAIT) >= 0;
  });
  return connections.size();
}

const exporter::Answers always_active{{"/active", [] { return Answer{true, "active"}; }}};

}  // namespace

TEST_CASE("a probe is answered while two hundred slow connections of its own address are open") {
  const Metrics metrics;
  const auto server = Server::listen("127.0.0.1:0", metrics, always_active);
  REQUIRE(server);
  std::vector<Descriptor> slow;
  for (int i = 0; i < 200; ++i) slow.push_back(slow_connection((*server)->port()));
  std::atomic<bool> ended{false};
  std::jthread drip{[&] {
    while (!ended && left_open(slow) > 0) std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }};
  int answered = 0;
  for (int i = 0; i < 20; ++i) {
    const auto answer = get((*server)->port(), "/active");
    if (answer && answer->status == 200) ++answered;
  }
  ended = true;
  CHECK(answered == 20);
}

TEST_CASE("whoever opens too many connections loses the oldest") {
  const Metrics metrics;
  const auto server = Server::listen("127.0.0.1:0", metrics, always_active, {.per_address = 8});
  REQUIRE(server);
  std::vector<Descriptor> slow;
  for (int i = 0; i < 20; ++i) slow.push_back(slow_connection((*server)->port()));
  for (int i = 0; i < 100 && left_open(slow) > 8; ++i) std::this_thread::sleep_for(std::chrono::milliseconds{20});
  CHECK(left_open(slow) == 8);
  CHECK(get((*server)->port(), "/active")->status == 200);
}

TEST_CASE("a request has one deadline, however steadily its bytes come") {
  const Metrics metrics;
  const auto server = Server::listen("127.0.0.1:0", metrics, always_active, {.request = time::Duration{200}});
  REQUIRE(server);
  std::vector<Descriptor> slow;
  for (int i = 0; i < 5; ++i) slow.push_back(slow_connection((*server)->port()));
  for (int i = 0; i < 300 && left_open(slow) > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds{20});
  CHECK(left_open(slow) == 0);
}

TEST_CASE("an answer ends its connection, and nothing but GET is served") {
  const Metrics metrics;
  const auto server = Server::listen("127.0.0.1:0", metrics, always_active);
  REQUIRE(server);
  const auto answer = get((*server)->port(), "/active");
  REQUIRE(answer);
  CHECK(answer->headers.at("connection") == "close");
  CHECK(get((*server)->port(), "/active", "POST")->status == 405);
}

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
