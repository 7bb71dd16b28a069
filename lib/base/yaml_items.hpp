#pragma once

#include "base/yaml.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fedctl::yaml {

/// "name:line:column" of each item of the list at `key` of the document's map, in their order: what `place_of` says of "/key/0",
/// "/key/1" and so on, for one reading of the text. Empty where there is no such list.
std::vector<std::string> places_of_items(const Document& document, std::string_view key);

}  // namespace fedctl::yaml
