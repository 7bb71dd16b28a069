#pragma once

#include "base/pointer.hpp"

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// Systematic damage: what others may say instead of what is expected.
namespace support {

/// The pointers of all nodes of a value but its root.
inline void add_nodes(const nlohmann::json& value, const std::string& pointer, std::vector<std::string>& nodes) {
  if (!pointer.empty()) nodes.push_back(pointer);
  if (!value.is_structured()) return;
  for (const auto& [key, item] : value.items()) add_nodes(item, fedctl::pointer::below(pointer, key), nodes);
}

/// Hands over copies of `whole` in which one node is something else, or gone; returns how many there were.
inline std::size_t for_each_mutation(const nlohmann::json& whole,
                                     const std::function<void(const nlohmann::json&, const std::string&)>& look) {
  using nlohmann::json;
  static const std::vector<json> others{nullptr,
                                        7,
                                        -1,
                                        1.5,
                                        18446744073709551615u,
                                        true,
                                        "",
                                        "te~xt/",
                                        json::array(),
                                        json::object(),
                                        json::array({nullptr, 1, "a", json::object()}),
                                        {{"a~/", {{"b", nullptr}}}}};
  std::vector<std::string> nodes;
  add_nodes(whole, "", nodes);
  std::size_t count = 0;
  for (const std::string& node : nodes) {
    const json::json_pointer pointer{node};
    for (const json& other : others) {
      json copy = whole;
      copy[pointer] = other;
      look(copy, node + " = " + other.dump());
      ++count;
    }
    json copy = whole;
    json& parent = copy[pointer.parent_pointer()];
    parent.is_array() ? parent.erase(static_cast<std::size_t>(std::stoul(pointer.back()))) : void(parent.erase(pointer.back()));
    look(copy, node + " is gone");
    ++count;
  }
  return count;
}

}  // namespace support
