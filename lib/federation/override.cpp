#include "federation/override.hpp"

#include "base/json.hpp"
#include "base/pointer.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace fedctl::federation {
namespace {

using nlohmann::json;
using Operation = Override::Operation;

std::string shown(std::span<const std::string> tokens) { return tokens.empty() ? "the object itself" : pointer::of(tokens); }

/// The element that `token` names in an array of `size`; -1 is the last. Nothing outside of it, or for what is no index.
std::optional<std::size_t> index_in(const std::string& token, std::size_t size) {
  const bool padded = token.size() > 1 && (token.front() == '0' || token.starts_with("-0"));
  std::int64_t index = 0;
  const auto [end, problem] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (problem != std::errc{} || end != token.data() + token.size() || padded) return std::nullopt;
  if (index < 0) index += static_cast<std::int64_t>(size);
  if (index < 0 || index >= static_cast<std::int64_t>(size)) return std::nullopt;
  return static_cast<std::size_t>(index);
}

json* child(json& parent, const std::string& token) {
  if (parent.is_object()) {
    const auto found = parent.find(token);
    return found == parent.end() ? nullptr : &*found;
  }
  if (!parent.is_array()) return nullptr;
  const auto index = index_in(token, parent.size());
  return index ? &parent[*index] : nullptr;
}

/// Applies one operation below `parent`; the message when that cannot be.
std::optional<std::string> change_map(json& parent, const std::string& key, const Override& item) {
  if (item.operation != Operation::remove) {
    parent[key] = item.value;
    return std::nullopt;
  }
  if (parent.erase(key) == 0) return "there is nothing to remove";
  return std::nullopt;
}

std::optional<std::string> change_array(json& parent, const std::string& token, const Override& item) {
  const std::size_t size = parent.size();
  const auto index = index_in(token, size);
  if (item.operation == Operation::add) {
    const bool append = token == "-" || token == std::to_string(size) || token == "-1";
    if (!append && !index) return fmt::format("the list has {}", text::count(size, "item"));
    parent.insert(append ? parent.end() : parent.begin() + static_cast<std::ptrdiff_t>(*index), item.value);
    return std::nullopt;
  }
  if (!index) return fmt::format("the list has {}", text::count(size, "item"));
  if (item.operation == Operation::remove) {
    parent.erase(*index);
  } else {
    parent[*index] = item.value;
  }
  return std::nullopt;
}

/// Applies one override in place; the message when it has no place.
std::optional<std::string> apply_one(json& object, const Override& item) {
  const auto tokens = pointer::parse(item.path);
  if (!tokens) return "the path " + pointer::why_refused(item.path);
  if (tokens->empty()) return "the path is empty; an override cannot replace the whole object";
  if (tokens->size() > deepest_nesting) return fmt::format("the path has more than {} keys", deepest_nesting);
  json* parent = &object;
  for (std::size_t depth = 0; depth + 1 < tokens->size(); ++depth) {
    json* next = child(*parent, (*tokens)[depth]);
    if (next == nullptr) {
      return fmt::format("{} does not exist: the nearest ancestor that does is {}", item.path, shown({tokens->data(), depth}));
    }
    parent = next;
  }
  const std::string place = shown({tokens->data(), tokens->size() - 1});
  std::optional<std::string> problem;
  if (parent->is_object()) {
    problem = change_map(*parent, tokens->back(), item);
  } else if (parent->is_array()) {
    problem = change_array(*parent, tokens->back(), item);
  } else {
    problem = fmt::format("{} is {}, neither a map nor a list", place, parent->is_null() ? "null" : "a scalar");
  }
  if (problem) return fmt::format("{} has no place: {}; the nearest ancestor is {}", item.path, *problem, place);
  return std::nullopt;
}

}  // namespace

tl::expected<json, OverrideProblem> apply_overrides(const json& object, std::span<const Override> overrides) {
  json result = object;
  for (std::size_t index = 0; index < overrides.size(); ++index) {
    if (const auto problem = apply_one(result, overrides[index])) return tl::unexpected(OverrideProblem{index, *problem});
  }
  return result;
}

bool is_forbidden(const std::string& path) {
  constexpr std::array<std::string_view, 4> forbidden{"/kind", "/metadata/name", "/metadata/namespace", "/metadata/generateName"};
  return std::ranges::find(forbidden, path) != forbidden.end();
}

}  // namespace fedctl::federation
