#pragma once

#include "base/yaml.hpp"
#include "base/yaml_events.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Where the values of a YAML text stand; for lib/base alone.
namespace fedctl::yaml {

EventStream events_of(const Source& source);

/// "name:line:column", counted from 1.
std::string place(const Source& source, const Mark& mark);

/// The JSON text of a key that is a scalar: what a Builder calls it.
std::string key_of(const Scalar& scalar);

/// The places of all values of a text, found in one reading of it: 24 bytes for each value. Text that is no YAML ends it, and the places
/// before remain.
class Places {
 public:
  explicit Places(const Source& source);

  /// Where the value that `keys` lead to stands in the document number `document`: its key's mark, or the nearest ancestor's.
  Mark find(std::size_t document, const std::vector<std::string>& keys) const;

 private:
  class Reader;
  static constexpr std::uint32_t none = 0xFFFFFFFF;

  /// Values stand one after the other, each before what is in it.
  struct Node {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::uint32_t after = 0;    ///< The first node that is not in it.
    std::uint32_t name = none;  ///< Its key, in `names_`, where it is in a map.
    std::uint32_t list = none;  ///< Its items, in `lists_`, where it is a list.
  };

  std::uint32_t child(std::uint32_t parent, const std::string& key) const;

  std::vector<std::uint32_t> documents_;
  std::vector<Node> nodes_;
  std::vector<std::string> names_;
  std::vector<std::vector<std::uint32_t>> lists_;
};

}  // namespace fedctl::yaml
