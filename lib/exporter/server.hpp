#pragma once

#include "base/error.hpp"
#include "exporter/metrics.hpp"

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

/// By path: "/healthz". Called on threads of the server's.
using Answers = std::map<std::string, std::function<Answer()>>;

/// GET /metrics, and the paths of `answers`. It has threads of its own, and ends with its destructor.
class Server {
 public:
  /// `address`: "HOST:PORT", or ":PORT" for every address; port 0 is a free one.
  /// Errors: usage for what is no address; rejected where it cannot be listened on.
  static Result<std::unique_ptr<Server>> listen(const std::string& address, const Metrics& metrics, Answers answers);

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
