#pragma once

#include "base/time.hpp"

#include <string>

namespace fedctl::kube {

/// As Kubernetes writes a MicroTime: "2026-11-25T04:30:00.123456Z".
std::string format_micro_time(time::Instant instant);

}  // namespace fedctl::kube
