#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// How people name the fields of an object: "spec.replicas", "spec.template.spec.containers[name=web].image",
/// "metadata.labels[example.com/team]".
namespace fedctl::kube {

/// The name of a map's entry.
std::string field_below(const std::string& path, const std::string& key);

/// The name of a list's item, by what names it or by its position.
std::string item_below(const std::string& path, const char* field, const nlohmann::json& name);
std::string item_below(const std::string& path, std::size_t position);

/// The field by which the items of both lists can be told apart; null where only their positions do.
const char* naming_field(const nlohmann::json& before, const nlohmann::json& after);

/// One field that holds no others: a scalar, or an empty map or list.
struct Leaf {
  std::string name;
  nlohmann::json::json_pointer pointer;
};

/// All of an object, in its order.
std::vector<Leaf> leaves_of(const nlohmann::json& object);

/// Does `wanted` name the field, or something that it is in: "spec.template", "/spec/template"?
bool is_within(const Leaf& leaf, const std::string& wanted);

}  // namespace fedctl::kube
