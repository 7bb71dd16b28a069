#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace fedctl::kube {

/// Ends what a refusal says of a field that the type does not have: "spec.template.spec.containers[name="web"].imagee: unknown field".
inline constexpr std::string_view unknown_field = "unknown field";

/// What a `Status` says, as "FIELD: WORDS; FIELD: WORDS" where it speaks of fields, whichever part of the API server refused the object:
/// its schema ("failed to create typed patch object", "strict decoding error"), its decoder ("cannot unmarshal string into Go struct
/// field") or its validation (the causes). Copies of the object, which the server puts into some of them, are left out.
std::string refusal_words(const nlohmann::json& status);

}  // namespace fedctl::kube
