#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fedctl::fleet {

/// Why `text` cannot be the name of a cluster, since names become folders and parts of URLs; nothing where it can.
std::optional<std::string> problem_of_name(std::string_view text);

}  // namespace fedctl::fleet
