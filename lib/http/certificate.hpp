#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>

namespace fedctl::http {

/// Until when the first certificate of a PEM text is valid; nothing if it holds none.
std::optional<time::Instant> valid_until(const std::string& certificate_pem);

}  // namespace fedctl::http
