#pragma once

#include "http/loop.hpp"

#include <functional>
#include <stop_token>

namespace fedctl::http {

/// As Loop::offload, for work that may be ended in the middle: an interrupt asks it to stop.
Task<Done> offload_stoppable(Loop& loop, std::function<void(const std::stop_token&)> work);

}  // namespace fedctl::http
