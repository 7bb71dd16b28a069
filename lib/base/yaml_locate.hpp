#pragma once

#include "base/yaml.hpp"
#include "base/yaml_events.hpp"

/// Finding places in YAML texts; for lib/base alone.
namespace fedctl::yaml {

EventStream events_of(const Source& source);

/// "name:line:column", counted from 1.
std::string place(const Source& source, const Mark& mark);

/// Where the value that `keys` lead to stands in the document number `index`: its key's mark, or the nearest ancestor's.
Mark locate(const Source& source, std::size_t index, const std::vector<std::string>& keys);

}  // namespace fedctl::yaml
