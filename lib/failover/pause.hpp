#pragma once

#include "failover/site.hpp"
#include "failover/state.hpp"

#include <optional>

namespace fedctl::failover {

/// Turns the master switch, and returns how it was before. Whoever writes the state at the same time is waited for. Errors: of the store.
Task<Result<std::optional<Pause>>> set_pause(Site& site, std::optional<Pause> pause);

}  // namespace fedctl::failover
