#pragma once

#include "manifest/manifest.hpp"

#include <string>

namespace fedctl::federation {

/// Which part of the manifest wrote the field `pointer` (RFC 6901) of the object that it makes for `cluster`: of a federated object the
/// template, or the override of that cluster which put it there. What nobody wrote, such as a field that is missing, is the part that it
/// would be in.
std::string part_of_field(const manifest::Manifest& manifest, const std::string& cluster, const std::string& pointer);

}  // namespace fedctl::federation
