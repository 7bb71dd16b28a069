#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "exporter/metrics.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace fedctl::exporter {

/// What a probe is told: 200 or 503, with a line of text.
struct Answer {
  bool good = true;
  std::string text;
};

/// By path: "/healthz". Called on the server's thread, so they must not wait for anything.
using Answers = std::map<std::string, std::function<Answer()>>;

/// What anybody who reaches the port may take up. Whoever goes beyond it loses the oldest connections, never the newest: a probe gets its
/// answer however many slow ones are open.
struct Limits {
  time::Duration request{5'000};  ///< From the connection to the end of its answer; then it is closed.
  std::size_t per_address = 64;   ///< Of one IPv4 address, or of one IPv6 network of 64 bits.
  std::size_t connections = 512;
};

/// GET /metrics, and the paths of `answers`. One request a connection. It has a thread of its own, which waits for all connections at
/// once, and ends with its destructor.
class Server {
 public:
  /// `address`: "HOST:PORT", or ":PORT" for every address; port 0 is a free one.
  /// Errors: usage for what is no address; rejected where it cannot be listened on.
  static Result<std::unique_ptr<Server>> listen(const std::string& address, const Metrics& metrics, Answers answers, Limits limits = {});

  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace fedctl::exporter
