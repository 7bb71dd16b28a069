#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fedctl::federation {

/// The replicas of one cluster on their way from what runs to what is wanted.
struct Shift {
  std::int64_t current = 0;  ///< As the cluster has it.
  std::int64_t ready = 0;
  std::int64_t wanted = 0;
};

/// The next step, for each cluster in order: at most `most` replicas beyond the wanted total start elsewhere, and a cluster gives up
/// replicas that are ready only as far as more are ready in all than are wanted. So while replicas move there are never fewer ready
/// ones than now. Repeated with what became ready, it ends at `wanted`. Growth is no shift and goes at once; so does giving up what is
/// not ready.
std::vector<std::int64_t> next_step(std::span<const Shift> clusters, std::int64_t most);

}  // namespace fedctl::federation
