#pragma once

#include "base/time.hpp"
#include "http/message.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace fedctl::http {

/// What talking to one server cost. Streams (watches) count as requests, but wait for nothing and so make no round trip.
struct Statistics {
  std::size_t requests = 0;  ///< Tries again included.
  std::size_t tries_again = 0;
  std::uint64_t bytes_sent = 0;      ///< Headers and bodies, as they travel.
  std::uint64_t bytes_received = 0;  ///< The same, still compressed.
  std::size_t connections = 0;       ///< That were opened; clusters behind one address share them.
  std::size_t round_trips = 0;       ///< The longest chain of requests each of which waited for the answer to the one before.
  time::Duration busy{0};            ///< From the first request to the last answer.
};

/// Adds it up while requests come and go.
class Meter {
 public:
  using Clock = std::chrono::steady_clock;

  /// A request begins; gives back how deep in the chain it is, for `end`.
  std::size_t begin(bool is_stream) {
    if (statistics_.requests++ == 0) first_ = Clock::now();
    return is_stream ? 0 : statistics_.round_trips + 1;
  }

  void end(std::size_t depth, const Response& response) {
    if (depth > statistics_.round_trips) statistics_.round_trips = depth;
    statistics_.bytes_sent += response.bytes_sent;
    statistics_.bytes_received += response.bytes_received;
    statistics_.connections += response.connections;
    if (depth > 0) statistics_.busy = std::chrono::duration_cast<time::Duration>(Clock::now() - first_);
  }

  void try_again() { ++statistics_.tries_again; }

  const Statistics& statistics() const { return statistics_; }

 private:
  Statistics statistics_;
  Clock::time_point first_;
};

}  // namespace fedctl::http
