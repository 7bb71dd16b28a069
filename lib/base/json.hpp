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

/// How much text is in the strings of a value.
inline std::size_t text_in(const nlohmann::json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size();
  if (!value.is_structured()) return 0;
  std::size_t total = 0;
  for (const auto& item : value) total += text_in(item);
  return total;
}

/// The same value with empty strings for those that are longer than `longest`.
inline nlohmann::json without_long_text(nlohmann::json value, std::size_t longest) {
  if (value.is_string()) return value.get_ref<const std::string&>().size() > longest ? nlohmann::json("") : value;
  if (!value.is_structured()) return value;
  for (auto& item : value) item = without_long_text(std::move(item), longest);
  return value;
}

}  // namespace fedctl
