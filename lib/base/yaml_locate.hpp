#pragma once

#include "base/yaml.hpp"

#include <yaml-cpp/mark.h>

/// Finding places in YAML texts; for lib/base alone.
namespace fedctl::yaml {

/// "name:line:column", counted from 1.
std::string place(const Source& source, const YAML::Mark& mark);

/// Where the value that `pointer` names stands in the document number `index`: its key's mark, or the nearest ancestor's.
YAML::Mark locate(const Source& source, std::size_t index, const nlohmann::json::json_pointer& pointer);

}  // namespace fedctl::yaml
