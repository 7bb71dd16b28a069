#include "exporter/server.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>
#include <charconv>
#include <thread>

namespace fedctl::exporter {
namespace {

constexpr std::size_t threads = 2;

struct Address {
  std::string host;
  int port = 0;
};

Result<Address> parse(const std::string& text) {
  const auto colon = text.rfind(':');
  Address address;
  const char* end = text.data() + text.size();
  const char* digits = colon == std::string::npos ? end : text.data() + colon + 1;
  const auto read = std::from_chars(digits, end, address.port);
  if (read.ec != std::errc{} || read.ptr != end || address.port < 0 || address.port > 65535)
    return Failure{{Code::usage, fmt::format("'{}' is no address to listen on", text), "", "", "", "write HOST:PORT, or :PORT"}};
  address.host = text.substr(0, colon);
  if (address.host.starts_with('[') && address.host.ends_with(']')) address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host.empty()) address.host = "0.0.0.0";
  return address;
}

}  // namespace

struct Server::State {
  httplib::Server server;
  std::thread thread;
  int port = 0;
};

Result<std::unique_ptr<Server>> Server::listen(const std::string& text, const Metrics& metrics, Answers answers) {
  const auto address = parse(text);
  if (!address) return Failure{address.error()};
  auto state = std::make_unique<State>();
  state->server.new_task_queue = [] { return new httplib::ThreadPool(threads); };
  // By default two servers may share a port, and each would get some of the requests.
  state->server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  state->server.Get("/metrics", [&metrics](const httplib::Request&, httplib::Response& response) {
    response.set_content(metrics.text(), "text/plain; version=0.0.4; charset=utf-8");
  });
  for (auto& [path, answer] : answers) {
    state->server.Get(path, [answer = answer](const httplib::Request&, httplib::Response& response) {
      const Answer said = answer();
      response.status = said.good ? 200 : 503;
      response.set_content(said.text + "\n", "text/plain; charset=utf-8");
    });
  }
  state->port = address->port == 0 ? state->server.bind_to_any_port(address->host)
                                   : (state->server.bind_to_port(address->host, address->port) ? address->port : -1);
  if (state->port <= 0) return Failure{{Code::rejected, fmt::format("cannot listen on {}", text), "", "", "", "is something else there?"}};
  state->thread = std::thread{[&server = state->server] { server.listen_after_bind(); }};
  // To stop a server that does not run yet has no effect.
  while (!state->server.is_running()) std::this_thread::yield();
  return std::unique_ptr<Server>{new Server{std::move(state)}};
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() {
  state_->server.stop();
  state_->thread.join();
}

int Server::port() const { return state_->port; }

}  // namespace fedctl::exporter
