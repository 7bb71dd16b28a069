#include "base/pointer.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <charconv>

namespace fedctl::pointer {
namespace {

using nlohmann::json;

/// Replaces ~0 and ~1; false for another '~'.
bool unescape(std::string& token) {
  for (auto at = token.find('~'); at != std::string::npos; at = token.find('~', at + 1)) {
    const char code = at + 1 < token.size() ? token[at + 1] : '\0';
    if (code != '0' && code != '1') return false;
    token.replace(at, 2, code == '0' ? "~" : "/");
  }
  return true;
}

/// The element that `token` names, as RFC 6901 has it: digits without leading zeros.
const json* element(const json& list, const std::string& token) {
  std::size_t index = 0;
  const bool is_padded = token.size() > 1 && token.front() == '0';
  const auto [end, problem] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (problem != std::errc{} || end != token.data() + token.size() || is_padded || index >= list.size()) return nullptr;
  return &list[index];
}

}  // namespace

std::string below(std::string_view parent, std::string_view key) {
  std::string result{parent};
  result += '/';
  for (const char c : key) {
    if (c == '~') {
      result += "~0";
    } else if (c == '/') {
      result += "~1";
    } else {
      result += c;
    }
  }
  return result;
}

std::string of(std::span<const std::string> keys) {
  std::string result;
  for (const std::string& key : keys) result = below(result, key);
  return result;
}

std::optional<std::vector<std::string>> parse(std::string_view pointer) {
  if (pointer.empty()) return std::vector<std::string>{};
  if (pointer.front() != '/') return std::nullopt;
  std::vector<std::string> keys = text::split(pointer.substr(1), '/');
  for (std::string& key : keys) {
    if (!unescape(key)) return std::nullopt;
  }
  return keys;
}

std::string why_refused(std::string_view pointer) {
  if (!pointer.starts_with('/')) return fmt::format("'{}' is no JSON Pointer; it must start with '/', as in /spec/replicas", pointer);
  return fmt::format("'{}' is no JSON Pointer; a '~' in a key is written ~0, and a '/' ~1", pointer);
}

const json* find(const json& value, std::string_view pointer) {
  const auto keys = parse(pointer);
  if (!keys) return nullptr;
  const json* found = &value;
  for (const std::string& key : *keys) {
    if (found->is_object()) {
      const auto entry = found->find(key);
      found = entry == found->end() ? nullptr : &*entry;
    } else {
      found = found->is_array() ? element(*found, key) : nullptr;
    }
    if (found == nullptr) return nullptr;
  }
  return found;
}

}  // namespace fedctl::pointer
