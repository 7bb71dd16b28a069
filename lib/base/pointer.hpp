#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// JSON Pointers (RFC 6901) as text. nlohmann's own throw what users write wrongly; nothing here does.
namespace fedctl::pointer {

/// The pointer to what `key` names below `parent`: "/metadata/labels" and "a/b" make "/metadata/labels/a~1b".
std::string below(std::string_view parent, std::string_view key);

/// The pointer of these keys.
std::string of(std::span<const std::string> keys);

/// "/a~1b/0" is {"a/b", "0"}; nothing where the text is no JSON Pointer: without a leading '/', or with a '~' that is neither ~0 nor ~1.
std::optional<std::vector<std::string>> parse(std::string_view pointer);

/// Why `parse` refuses it, to put into a sentence.
std::string why_refused(std::string_view pointer);

/// What the pointer names; null where there is nothing, or where it is no pointer.
const nlohmann::json* find(const nlohmann::json& value, std::string_view pointer);

}  // namespace fedctl::pointer
