#include "federation/shift.hpp"

#include <algorithm>

namespace fedctl::federation {

std::vector<std::int64_t> next_step(std::span<const Shift> clusters, std::int64_t most) {
  std::int64_t wanted = 0;
  std::int64_t ready = 0;
  for (const Shift& one : clusters) {
    wanted += one.wanted;
    ready += std::min(one.ready, one.current);
  }
  std::int64_t spare = std::max<std::int64_t>(0, ready - wanted);
  std::vector<std::int64_t> next;
  std::int64_t total = 0;
  for (const Shift& one : clusters) {
    const std::int64_t surplus = std::max<std::int64_t>(0, one.current - one.wanted);
    const std::int64_t idle = std::min(surplus, std::max<std::int64_t>(0, one.current - one.ready));
    const std::int64_t busy = std::min(surplus - idle, spare);
    spare -= busy;
    next.push_back(one.current - idle - busy);
    total += next.back();
  }
  std::int64_t room = std::max<std::int64_t>(0, wanted + most - total);
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    const std::int64_t more = std::min(room, std::max<std::int64_t>(0, clusters[i].wanted - next[i]));
    next[i] += more;
    room -= more;
  }
  return next;
}

}  // namespace fedctl::federation
