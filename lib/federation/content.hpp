#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace fedctl::federation {

/// A rendered object. A big one is not kept but made anew each time somebody looks at it, so that a big input is in memory once.
class Content {
 public:
  using Object = std::shared_ptr<const nlohmann::json>;

  /// `again` makes the same object; it is called where `object` is not worth keeping.
  Content(Object object, std::function<Object()> again);
  /// Kept, whatever its size.
  explicit Content(Object object) : kept_(std::move(object)) {}

  Object get() const { return kept_ ? kept_ : again_(); }

  /// What stands for the object: a hash of all it says. Worked out once, for all clusters that get the same.
  const std::string& digest() const;

 private:
  Object kept_;
  std::function<Object()> again_;
  mutable std::string digest_;
};

/// 32 hexadecimal digits of the SHA-256 of the object's text, which has its keys sorted.
std::string digest_of(const nlohmann::json& object);

}  // namespace fedctl::federation
