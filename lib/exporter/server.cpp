#include "exporter/server.hpp"

#include "exporter/listener.hpp"

#include <fmt/format.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <thread>

namespace fedctl::exporter {
namespace {

using Clock = std::chrono::steady_clock;

/// How soon a deadline that passed, and the end of the server, are noticed.
constexpr std::int32_t pace = 100;
/// Of one connection: the request line and its headers.
constexpr std::size_t most_memory = 16 * 1024;

/// Who is at the other end, as far as limits go: in IPv6 anybody has a whole network of 64 bits.
std::string origin_of(const sockaddr* address) {
  if (address == nullptr) return {};
  if (address->sa_family == AF_INET) {
    const auto& four = *reinterpret_cast<const sockaddr_in*>(address);
    return std::to_string(four.sin_addr.s_addr);
  }
  if (address->sa_family != AF_INET6) return {};
  const auto& six = *reinterpret_cast<const sockaddr_in6*>(address);
  return {reinterpret_cast<const char*>(six.sin6_addr.s6_addr), 8};
}

/// The connections that are open, oldest first, all touched by the server's thread only. One that has to go is shut down here;
/// libmicrohttpd sees that as if the other side had hung up, and forgets it.
class Connections {
 public:
  explicit Connections(Limits limits) : limits_(limits) {}

  struct Open {
    int socket;
    std::string origin;
    Clock::time_point until;
    bool is_over = false;
  };
  using Place = std::list<Open>::iterator;

  Place add(int socket, std::string origin) {
    const auto of_origin = std::ranges::count_if(open_, [&](const Open& one) { return !one.is_over && one.origin == origin; });
    const auto all = std::ranges::count_if(open_, [](const Open& one) { return !one.is_over; });
    if (static_cast<std::size_t>(of_origin) >= limits_.per_address) {
      end(std::ranges::find_if(open_, [&](const Open& one) { return !one.is_over && one.origin == origin; }));
    } else if (static_cast<std::size_t>(all) >= limits_.connections) {
      end(std::ranges::find(open_, false, &Open::is_over));
    }
    return open_.insert(open_.end(), {socket, std::move(origin), Clock::now() + limits_.request});
  }

  void remove(Place place) { open_.erase(place); }

  void end_overdue() {
    const auto now = Clock::now();
    for (auto one = open_.begin(); one != open_.end() && one->until <= now; ++one) end(one);
  }

 private:
  void end(Place place) {
    if (place == open_.end() || std::exchange(place->is_over, true)) return;
    ::shutdown(place->socket, SHUT_RDWR);
  }

  Limits limits_;
  std::list<Open> open_;
};

/// What to send, as libmicrohttpd wants it; the connection is closed after it.
MHD_Result send(MHD_Connection* connection, unsigned status, const std::string& body, const char* type = "text/plain; charset=utf-8") {
  // It copies the body, and only the signature says that it might write to it.
  MHD_Response* response = MHD_create_response_from_buffer(body.size(), const_cast<char*>(body.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", type);
  MHD_add_response_header(response, "Connection", "close");
  const MHD_Result queued = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return queued;
}

}  // namespace

struct Server::State {
  State(const Metrics& the_metrics, Answers the_answers, Limits limits)
      : metrics(the_metrics), answers(std::move(the_answers)), connections(limits) {}

  MHD_Result answer(MHD_Connection* connection, const std::string& path, const std::string& method) const {
    if (method != "GET" && method != "HEAD") return send(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET is served\n");
    if (path == "/metrics") return send(connection, MHD_HTTP_OK, metrics.text(), "text/plain; version=0.0.4; charset=utf-8");
    const auto found = answers.find(path);
    if (found == answers.end()) return send(connection, MHD_HTTP_NOT_FOUND, "nothing is served there\n");
    const Answer said = found->second();
    return send(connection, said.good ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, said.text + "\n");
  }

  // Nothing may be thrown through libmicrohttpd's frames.
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path, const char* method, const char*, const char*,
                               std::size_t*, void**) {
    try {
      return static_cast<const State*>(self)->answer(connection, path, method);
    } catch (...) {
      return MHD_NO;
    }
  }

  static void on_connection(void* self, MHD_Connection* connection, void** place, MHD_ConnectionNotificationCode what) {
    Connections& connections = static_cast<State*>(self)->connections;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
      if (*place == nullptr) return;
      const std::unique_ptr<Connections::Place> gone{static_cast<Connections::Place*>(*place)};
      connections.remove(*gone);
      return;
    }
    const MHD_ConnectionInfo* socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const MHD_ConnectionInfo* address = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (socket == nullptr || address == nullptr) return;
    try {
      *place = new Connections::Place{connections.add(socket->connect_fd, origin_of(address->client_addr))};
    } catch (...) {
      ::shutdown(socket->connect_fd, SHUT_RDWR);
    }
  }

  Result<void> start(Listener listener, const Limits& limits) {
    port = listener.port;
    // It closes the socket.
    const int socket = listener.socket.release();
    daemon =
        MHD_start_daemon(MHD_USE_AUTO, 0, nullptr, nullptr, &State::on_request, this, MHD_OPTION_LISTEN_SOCKET, socket,
                         MHD_OPTION_CONNECTION_LIMIT, static_cast<unsigned>(limits.connections * 2), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                         most_memory, MHD_OPTION_NOTIFY_CONNECTION, &State::on_connection, this, MHD_OPTION_END);
    if (daemon == nullptr) return Failure{{Code::internal, "the HTTP server does not start"}};
    thread = std::jthread{[this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        if (MHD_run_wait(daemon, pace) != MHD_YES) std::this_thread::sleep_for(std::chrono::milliseconds{pace});
        connections.end_overdue();
      }
    }};
    return {};
  }

  ~State() {
    if (daemon == nullptr) return;
    thread.request_stop();
    thread.join();
    MHD_stop_daemon(daemon);
  }

  const Metrics& metrics;
  Answers answers;
  Connections connections;
  int port = 0;
  MHD_Daemon* daemon = nullptr;
  std::jthread thread;
};

Result<std::unique_ptr<Server>> Server::listen(const std::string& address, const Metrics& metrics, Answers answers, Limits limits) {
  auto listener = open_listener(address);
  if (!listener) return Failure{listener.error()};
  auto state = std::make_unique<State>(metrics, std::move(answers), limits);
  if (auto started = state->start(std::move(*listener), limits); !started) return Failure{started.error()};
  return std::unique_ptr<Server>{new Server{std::move(state)}};
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;
int Server::port() const { return state_->port; }

}  // namespace fedctl::exporter
