#pragma once

#include <nlohmann/json.hpp>

namespace fedctl::plan {

/// The JSON Patch after which a member's object is nobody's copy any more: our label, our annotation and our entry in its managed
/// fields go, everything else stays as it is. Guarded by the object's UID.
nlohmann::json release_operations(const nlohmann::json& live);

}  // namespace fedctl::plan
