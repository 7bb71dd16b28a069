#pragma once

#include "base/yaml.hpp"
#include "base/yaml_events.hpp"

#include <string>
#include <vector>

/// Where each value of a YAML text begins and ends, in bytes; for lib/base alone.
namespace fedctl::yaml {

struct TreeNode {
  enum class Kind { scalar, list, map, alias };
  Kind kind = Kind::scalar;
  std::size_t begin = 0;               ///< The first byte.
  std::size_t end = 0;                 ///< Behind the last byte that is no blank.
  std::size_t column = 0;              ///< Of the first character.
  bool in_brackets = false;            ///< A list or map in [] or {}.
  std::vector<std::string> keys = {};  ///< Of a map, one for each of its children.
  std::vector<TreeNode> children = {};

  const TreeNode* child(const std::string& key) const;
};

/// One node for each document, the empty ones too. Text that is no YAML ends it.
std::vector<TreeNode> trees_of(const Source& source);

}  // namespace fedctl::yaml
