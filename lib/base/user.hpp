#pragma once

#include <string>

namespace fedctl {

/// "alice@laptop": who runs this process, and where.
std::string user_at_machine();

}  // namespace fedctl
