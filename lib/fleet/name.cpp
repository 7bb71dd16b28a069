#include "fleet/name.hpp"

#include "base/file.hpp"

#include <fmt/format.h>

namespace fedctl::fleet {

std::optional<std::string> problem_of_name(std::string_view text) {
  if (file::leads_down(text)) return std::nullopt;
  return fmt::format("'{}' is no name of a cluster: it may not lead out of a folder", text);
}

}  // namespace fedctl::fleet
