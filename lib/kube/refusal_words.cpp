#include "kube/refusal_words.hpp"

#include "base/json.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

namespace fedctl::kube {
namespace {

using nlohmann::json;

/// What stands behind the first `mark`, or nothing.
std::optional<std::string_view> behind(std::string_view text, std::string_view mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  return text.substr(at + mark.size());
}

/// Go's text between double quotes at the beginning of `text`, quotes included.
std::size_t quoted_length(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

/// Without the whole object that stands in `Invalid value: "{...}": words`.
std::string without_object(std::string text) {
  constexpr std::string_view mark = "Invalid value: \"{";
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    const std::size_t quote = at + mark.size() - 2;
    std::size_t end = quote + quoted_length(std::string_view{text}.substr(quote));
    if (text.compare(end, 2, ": ") == 0) end += 2;
    text.erase(at, end - at);
  }
  return text;
}

/// Of "expected string, got &value.valueUnstructured{Value:3}" what the value is; "" where it cannot be told.
std::string_view kind_of(std::string_view got) {
  constexpr std::string_view wrapped = "&value.valueUnstructured{Value:";
  std::string_view value = got;
  if (value.starts_with(wrapped)) {
    value.remove_prefix(wrapped.size());
  } else if (value.starts_with("&{")) {
    value.remove_prefix(2);
  } else {
    return got == "string" ? "a string" : got == "boolean" ? "a boolean" : "";
  }
  if (value.starts_with("map[")) return "a map";
  if (value.starts_with('[')) return "a list";
  if (value.starts_with("true") || value.starts_with("false")) return "a boolean";
  if (!value.empty() && (std::isdigit(static_cast<unsigned char>(value.front())) != 0 || value.front() == '-')) return "a number";
  return "";
}

/// What the decoder calls its types, and the schema.
std::string_view in_words(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 11> words{{{"string", "a string"},
                                                                                 {"numeric", "a number"},
                                                                                 {"number", "a number"},
                                                                                 {"int", "a number"},
                                                                                 {"float", "a number"},
                                                                                 {"uint", "a number"},
                                                                                 {"bool", "true or false"},
                                                                                 {"map", "a map"},
                                                                                 {"list", "a list"},
                                                                                 {"object", "a map"},
                                                                                 {"array", "a list"}}};
  if (type.starts_with("[]")) return "a list";
  for (const auto& [prefix, word] : words) {
    if (type.starts_with(prefix)) return word;
  }
  return type.find('.') != std::string_view::npos ? std::string_view{"a map"} : std::string_view{};
}

/// "expected numeric (int or float), got string" is "must be a number, not a string".
std::string schema_words(std::string_view words) {
  if (words == "field not declared in schema") return std::string{unknown_field};
  const auto expected = words.starts_with("expected ") ? behind(words, "expected ") : std::nullopt;
  if (!expected) return std::string{words};
  const std::string_view wanted = in_words(*expected);
  if (wanted.empty()) return std::string{words};
  const std::string_view found = kind_of(behind(words, ", got ").value_or(""));
  return fmt::format("must be {}{}{}", wanted, found.empty() ? "" : ", not ", found);
}

std::string of_field(std::string_view field, std::string_view words) {
  while (field.starts_with('.')) field.remove_prefix(1);
  return field.empty() ? std::string{words} : fmt::format("{}: {}", field, words);
}

/// ".spec.replicas: expected numeric (int or float), got string", one a line.
std::string schema_refusal(std::string_view list) {
  std::vector<std::string> parts;
  for (const std::string& one : text::split(list, '\n')) {
    const std::string line = text::trim(one);
    if (line.empty() || line == "errors:") continue;
    const auto end = line.find(": ");
    const bool names_field = line.starts_with('.') && end != std::string::npos;
    parts.push_back(names_field ? of_field(line.substr(0, end), schema_words(std::string_view{line}.substr(end + 2))) : line);
  }
  return text::join(parts, "; ");
}

/// `unknown field "spec.a", unknown field "spec.b", duplicate field "spec.c"`.
std::string strict_refusal(std::string_view list) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kinds{
      {{"unknown field \"", unknown_field}, {"duplicate field \"", "stands twice in one map"}}};
  std::vector<std::string> parts;
  while (!list.empty()) {
    const auto kind = std::ranges::find_if(kinds, [&](const auto& one) { return list.starts_with(one.first); });
    if (kind == kinds.end()) {
      parts.emplace_back(list);
      break;
    }
    list.remove_prefix(kind->first.size());
    const auto end = std::min(list.find('"'), list.size());
    parts.push_back(of_field(list.substr(0, end), kind->second));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (list.starts_with(", ")) list.remove_prefix(2);
  }
  return text::join(parts, "; ");
}

/// "cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32".
std::optional<std::string> decoder_refusal(std::string_view message) {
  const auto found = behind(message, "json: cannot unmarshal ");
  const auto field = found ? behind(*found, " into Go struct field ") : std::nullopt;
  if (!field) return std::nullopt;
  const auto type = behind(*field, " of type ");
  if (!type) return std::nullopt;
  // The first part is the name of a Go type.
  std::string_view path = field->substr(0, field->find(" of type "));
  path.remove_prefix(std::min(path.find('.'), path.size()));
  const std::string_view wanted = in_words(*type);
  if (path.empty() || wanted.empty()) return std::nullopt;
  const std::string_view is = found->starts_with("bool") ? "a boolean" : in_words(found->substr(0, found->find(' ')));
  return of_field(path, fmt::format("must be {}{}{}", wanted, is.empty() ? "" : ", not ", is));
}

/// One message, whoever in the server wrote it.
std::string plain(std::string message) {
  message = without_object(std::move(message));
  if (const auto typed = behind(message, "failed to create typed patch object (")) {
    if (const auto list = behind(*typed, "): ")) return schema_refusal(*list);
  }
  if (const auto list = behind(message, "strict decoding error: ")) return strict_refusal(*list);
  if (auto refused = decoder_refusal(message)) return *std::move(refused);
  if (message.find("failed to convert new object (") != std::string::npos) {
    const auto why = behind(message, "unable to convert unstructured object to ");
    if (const auto words = why ? behind(*why, ": ") : std::nullopt) return std::string{*words};
  }
  return message;
}

/// "spec.replicas: Invalid value: -1: must be ..."; the reason where a cause says nothing else.
std::string cause_words(const json& cause) {
  const std::string said = string_at(cause, "message");
  const std::string words = plain(said.empty() ? string_at(cause, "reason") : said);
  const std::string field = string_at(cause, "field");
  // A JSON patch is refused as a whole; what it made wrong is in the words.
  return field == "patch" && words != said ? words : of_field(field, words);
}

}  // namespace

std::string refusal_words(const json& status) {
  std::string message = plain(string_at(status, "message"));
  std::vector<std::string> parts;
  for (const json& cause : list_at(map_at(status, "details"), "causes")) {
    std::string words = cause_words(cause);
    if (!words.empty() && std::ranges::find(parts, words) == parts.end()) parts.push_back(std::move(words));
  }
  if (string_at(status, "reason") == "Invalid" && !parts.empty()) return text::join(parts, "; ");
  // What a webhook names beside its message helps; what the message says already does not.
  for (const json& cause : list_at(map_at(status, "details"), "causes")) {
    const std::string field = string_at(cause, "field");
    const std::string said = string_at(cause, "message");
    const bool is_known = field.empty() || message.find(field) != std::string::npos || message.find(said) != std::string::npos;
    if (!is_known) message += "; " + cause_words(cause);
  }
  return message;
}

}  // namespace fedctl::kube
