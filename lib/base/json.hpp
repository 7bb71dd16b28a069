#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

/// Reading JSON that others wrote. Nothing here throws: whatever the value is, the accessors answer, and what has another type than
/// asked for counts as missing. Never use `value()`, `at()` or `operator[]` of nlohmann::json on what a server, a file or a program said.
namespace fedctl {

/// How deep JSON and YAML may be nested. API servers refuse 10,000 levels; real objects have fewer than 50. The bound keeps everything
/// that walks a value by recursion within the stack.
inline constexpr std::size_t deepest_nesting = 1000;

/// How many values a text may hold. A page of 1,000 Pods has fewer than a million. Each takes up to 160 bytes of memory, so without a bound
/// a few hundred kilobytes of gzip could be all there is.
inline constexpr std::size_t most_values = 8'000'000;

/// Parses `text`; `is_discarded()` where it is not JSON, names a key of an object twice (RFC 8259 leaves open what that means), is nested
/// deeper than `deepest_nesting` or holds more than `most_values`.
nlohmann::json parse_json(std::string_view text);

/// The same for an object with a list named `list`: its items that are objects stay where `keep` says so, which is asked as soon as the
/// item is read, so that the others are never in memory together.
using KeepItem = std::function<bool(const nlohmann::json& item)>;
nlohmann::json parse_json(std::string_view text, std::string_view list, const KeepItem& keep);

/// The value as JSON text. Bytes that are not UTF-8 become U+FFFD.
std::string to_text(const nlohmann::json& value, int indent = -1);

/// The value at `object[key]`; null where there is none, or where `object` is not a map.
const nlohmann::json& value_at(const nlohmann::json& object, std::string_view key);

/// What the accessors return is part of `object`, which must therefore outlive it.
const nlohmann::json& value_at(const nlohmann::json&& object, std::string_view key) = delete;
const nlohmann::json& map_at(const nlohmann::json&& object, std::string_view key) = delete;
const nlohmann::json& list_at(const nlohmann::json&& object, std::string_view key) = delete;

/// The value at the end of a path of keys; null where there is none.
template <typename... Keys>
const nlohmann::json& value_at(const nlohmann::json& object, std::string_view key, std::string_view next, const Keys&... more) {
  return value_at(value_at(object, key), next, more...);
}

/// The string at `object[key]`, or "" where there is none.
std::string string_at(const nlohmann::json& object, std::string_view key);

/// The boolean at `object[key]`, or `otherwise`.
bool bool_at(const nlohmann::json& object, std::string_view key, bool otherwise = false);

/// The integer at `object[key]`, or `otherwise`, also where it does not fit.
std::int64_t integer_at(const nlohmann::json& object, std::string_view key, std::int64_t otherwise = 0);

/// The map at `object[key]`, or an empty one where there is none, or something else.
const nlohmann::json& map_at(const nlohmann::json& object, std::string_view key);

/// The list at `object[key]`, or an empty one where there is none, or something else.
const nlohmann::json& list_at(const nlohmann::json& object, std::string_view key);

/// How much text is in the strings of a value.
std::size_t text_in(const nlohmann::json& value);

/// The same value with empty strings for those that are longer than `longest`.
nlohmann::json without_long_text(nlohmann::json value, std::size_t longest);

}  // namespace fedctl
