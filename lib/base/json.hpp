#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace fedctl {

/// The string at `object[key]`, or "" where there is none.
inline std::string string_at(const nlohmann::json& object, std::string_view key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// The map at `object[key]`, or an empty one where there is none, or something else.
inline nlohmann::json map_at(const nlohmann::json& object, std::string_view key) {
  if (!object.is_object()) return nlohmann::json::object();
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : nlohmann::json::object();
}

/// The list at `object[key]`, or an empty one where there is none, or something else.
inline nlohmann::json list_at(const nlohmann::json& object, std::string_view key) {
  if (!object.is_object()) return nlohmann::json::array();
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : nlohmann::json::array();
}

}  // namespace fedctl
