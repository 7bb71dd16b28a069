#include "kube/field_problem.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "kube/field_name.hpp"
#include "kube/refusal_words.hpp"

#include <algorithm>
#include <optional>

namespace fedctl::kube {
namespace {

using nlohmann::json;

/// Follows a field's name into an object. Servers write it in three ways: list items by their keys ([name="web",protocol="TCP"]), by
/// their position ([0]), or not at all (containers.image); a map's keys behind a dot or, where they have dots, in brackets.
class Way {
 public:
  Way(std::string_view field, const json& object) { is_whole_ = search(object, field, {}); }

  /// The longest that the object has.
  const std::vector<std::string>& keys() const { return best_; }
  /// Does it lead to the field itself?
  bool is_whole() const { return is_whole_; }

 private:
  /// True when all of `rest` was followed.
  bool search(const json& at, std::string_view rest, std::vector<std::string> keys) {
    if (keys.size() > best_.size()) best_ = keys;
    if (rest.starts_with('.')) rest.remove_prefix(1);
    if (rest.empty()) return true;
    if (at.is_object()) return search_map(at, rest, keys);
    return at.is_array() && search_list(at, rest, keys);
  }

  bool search_map(const json& at, std::string_view rest, const std::vector<std::string>& keys) {
    for (const auto& [key, value] : at.items()) {
      std::string_view behind = rest;
      if (rest.starts_with('[' + key + ']')) {
        behind.remove_prefix(key.size() + 2);
      } else if (rest.starts_with(key)) {
        behind.remove_prefix(key.size());
        if (!behind.empty() && behind.front() != '.' && behind.front() != '[') continue;
      } else {
        continue;
      }
      if (search(value, behind, with(keys, key))) return true;
    }
    return false;
  }

  bool search_list(const json& at, std::string_view rest, const std::vector<std::string>& keys) {
    const bool is_named = rest.starts_with('[');
    const auto end = is_named ? end_of_brackets(rest) : 0;
    const std::string_view name = is_named ? rest.substr(1, end - 2) : std::string_view{};
    for (std::size_t i = 0; i < at.size(); ++i) {
      if (is_named && !is_meant(at[i], i, name)) continue;
      if (search(at[i], rest.substr(end), with(keys, std::to_string(i)))) return true;
    }
    return false;
  }

  /// Brackets may hold quoted text with brackets in it.
  static std::size_t end_of_brackets(std::string_view text) {
    bool is_quoted = false;
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '"' && text[i - 1] != '\\') is_quoted = !is_quoted;
      if (text[i] == ']' && !is_quoted) return i + 1;
    }
    return text.size();
  }

  /// Is it the item of this position, value (="x") or keys (name="web",protocol="TCP")? A key that the item leaves out has its default.
  static bool is_meant(const json& item, std::size_t position, std::string_view name) {
    if (name == std::to_string(position)) return true;
    if (name.starts_with('=')) return to_text(item) == name.substr(1);
    bool has_any = false;
    for (const std::string& part : text::split(name, ',')) {
      const auto equals = part.find('=');
      const json& value = equals == std::string::npos ? item : value_at(item, part.substr(0, equals));
      if (equals == std::string::npos || value.is_null()) continue;
      if (to_text(value) != part.substr(equals + 1)) return false;
      has_any = true;
    }
    return has_any;
  }

  static std::vector<std::string> with(std::vector<std::string> keys, std::string key) {
    keys.push_back(std::move(key));
    return keys;
  }

  std::vector<std::string> best_;
  bool is_whole_ = false;
};

/// The field that `keys` lead to, by what names the items of lists.
std::string name_of_field(const json& object, const std::vector<std::string>& keys) {
  const json* at = &object;
  std::string name;
  for (const std::string& key : keys) {
    if (at->is_object()) {
      name = field_below(name, key);
      at = &value_at(*at, key);
      continue;
    }
    const std::size_t position = std::stoul(key);
    const json& item = (*at)[position];
    const char* field = naming_field(*at, *at);
    name = field != nullptr ? item_below(name, field, value_at(item, field)) : item_below(name, position);
    at = &item;
  }
  return name;
}

/// "spec.replicas: must be ..." as a problem of a field of the object, or nothing.
std::optional<FieldProblem> problem_in(std::string_view part, const json& sent) {
  const auto end = part.find(": ");
  const std::string_view field = part.substr(0, std::min(end, part.size()));
  if (end == std::string_view::npos || field.empty()) return std::nullopt;
  const Way way{field, sent};
  if (way.keys().empty()) return std::nullopt;
  std::string name = way.is_whole() ? name_of_field(sent, way.keys()) : std::string{field};
  return FieldProblem{std::move(name), way.keys(), std::string{part.substr(end + 2)}};
}

}  // namespace

bool FieldProblem::is_unknown_field() const { return words == unknown_field; }

std::vector<FieldProblem> field_problems(std::string_view message, const json& sent) {
  std::vector<FieldProblem> problems;
  for (std::string_view rest = message; !rest.empty();) {
    const auto next = rest.find("; ");
    const std::string_view part = rest.substr(0, next);
    if (auto problem = problem_in(part, sent)) {
      problems.push_back(*std::move(problem));
    } else if (problems.empty()) {
      return {};
    } else {
      // Words may hold a semicolon too.
      problems.back().words += "; " + std::string{part};
    }
    rest = next == std::string_view::npos ? std::string_view{} : rest.substr(next + 2);
  }
  return problems;
}

}  // namespace fedctl::kube
