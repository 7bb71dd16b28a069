#include "base/json.hpp"

#include <limits>

namespace fedctl {
namespace {

using nlohmann::json;

/// Looks at brackets and commas alone, outside of strings; whether the rest is JSON is the parser's business.
bool is_too_deep_or_many(std::string_view text) {
  std::size_t depth = 0;
  std::size_t values = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      ++values;
      if (++depth > deepest_nesting) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    } else if (c == ',') {
      ++values;
    }
    if (values > most_values) return true;
  }
  return false;
}

const json& nothing() {
  static const json null;
  return null;
}

}  // namespace

json parse_json(std::string_view text) { return parse_json(text, nullptr); }

json parse_json(std::string_view text, const json::parser_callback_t& worth_keeping) {
  if (is_too_deep_or_many(text)) return json(json::value_t::discarded);
  return json::parse(text, worth_keeping, false);
}

std::string to_text(const json& value, int indent) { return value.dump(indent, ' ', false, json::error_handler_t::replace); }

const json& value_at(const json& object, std::string_view key) {
  if (!object.is_object()) return nothing();
  const auto found = object.find(key);
  return found == object.end() ? nothing() : *found;
}

std::string string_at(const json& object, std::string_view key) {
  const json& found = value_at(object, key);
  return found.is_string() ? found.get<std::string>() : std::string{};
}

bool bool_at(const json& object, std::string_view key, bool otherwise) {
  const json& found = value_at(object, key);
  return found.is_boolean() ? found.get<bool>() : otherwise;
}

std::int64_t integer_at(const json& object, std::string_view key, std::int64_t otherwise) {
  const json& found = value_at(object, key);
  if (!found.is_number_integer()) return otherwise;
  constexpr auto greatest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (found.is_number_unsigned() && found.get<std::uint64_t>() > greatest) return otherwise;
  return found.get<std::int64_t>();
}

const json& map_at(const json& object, std::string_view key) {
  static const json empty = json::object();
  const json& found = value_at(object, key);
  return found.is_object() ? found : empty;
}

const json& list_at(const json& object, std::string_view key) {
  static const json empty = json::array();
  const json& found = value_at(object, key);
  return found.is_array() ? found : empty;
}

std::size_t text_in(const json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size();
  if (!value.is_structured()) return 0;
  std::size_t total = 0;
  for (const auto& item : value) total += text_in(item);
  return total;
}

json without_long_text(json value, std::size_t longest) {
  if (value.is_string()) return value.get_ref<const std::string&>().size() > longest ? json("") : value;
  if (!value.is_structured()) return value;
  for (auto& item : value) item = without_long_text(std::move(item), longest);
  return value;
}

}  // namespace fedctl
