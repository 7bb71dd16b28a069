#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace simulation {

struct Outcome {
  std::string failure;            ///< Empty: all that must hold, held.
  std::vector<std::string> told;  ///< What happened, one event a line, where it was asked for.
  std::size_t events = 0;
  bool has_failed_over = false;
  bool has_gone_on = false;  ///< A guard, without the host.
};

/// One history: an active side, its standby, their guards, and two watches, on whom everything goes wrong for a while that the seed draws.
/// Then all is mended, and it must end in good order.
Outcome run_history(std::uint64_t seed, bool tells);

}  // namespace simulation
