#include "kube/field_name.hpp"

#include "base/json.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

namespace fedctl::kube {
namespace {

using nlohmann::json;

bool is_simple_key(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

void collect(const json& value, const std::string& name, const json::json_pointer& pointer, std::vector<Leaf>& leaves) {
  if (!value.is_structured() || value.empty()) return leaves.push_back({name, pointer});
  if (value.is_object()) {
    for (const auto& [key, entry] : value.items()) collect(entry, field_below(name, key), pointer / key, leaves);
    return;
  }
  const char* field = naming_field(value, value);
  for (std::size_t i = 0; i < value.size(); ++i) {
    collect(value[i], field != nullptr ? item_below(name, field, value[i][field]) : item_below(name, i), pointer / i, leaves);
  }
}

bool starts_field(std::string_view name, std::string_view wanted, std::string_view separators) {
  if (!name.starts_with(wanted)) return false;
  return name.size() == wanted.size() || separators.find(name[wanted.size()]) != std::string_view::npos;
}

}  // namespace

std::string field_below(const std::string& path, const std::string& key) {
  if (!is_simple_key(key)) return fmt::format("{}[{}]", path, key);
  return path.empty() ? key : path + "." + key;
}

std::string item_below(const std::string& path, const char* field, const json& name) {
  return fmt::format("{}[{}={}]", path, field, name.is_string() ? name.get<std::string>() : to_text(name));
}

std::string item_below(const std::string& path, std::size_t position) { return fmt::format("{}[{}]", path, position); }

const char* naming_field(const json& before, const json& after) {
  for (const char* field : {"name", "key", "containerPort", "port"}) {
    const auto is_named = [field](const json& list) {
      std::set<json> names;
      return std::ranges::all_of(
          list, [&](const json& item) { return item.is_object() && item.contains(field) && names.insert(item[field]).second; });
    };
    if (is_named(before) && is_named(after)) return field;
  }
  return nullptr;
}

std::vector<Leaf> leaves_of(const json& object) {
  std::vector<Leaf> leaves;
  collect(object, "", json::json_pointer{}, leaves);
  return leaves;
}

bool is_within(const Leaf& leaf, const std::string& wanted) {
  if (wanted.starts_with('/')) return starts_field(leaf.pointer.to_string(), wanted, "/");
  return starts_field(leaf.name, wanted, ".[");
}

}  // namespace fedctl::kube
