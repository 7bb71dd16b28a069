#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace fedctl::federation {

/// A rendered object. One whose manifest put its texts aside is not kept but made anew each time somebody looks at it.
class Content {
 public:
  using Object = std::shared_ptr<const nlohmann::json>;

  explicit Content(Object object) : kept_(std::move(object)) {}
  /// Not kept: `again` makes the same object, `shape` one with the same fields and without long texts.
  Content(const Object& object, std::function<Object()> again, std::function<Object()> shape);

  Object get() const { return kept_ ? kept_ : again_(); }
  /// Enough to tell which fields it has.
  Object shape() const { return kept_ ? kept_ : shape_(); }

  /// What `make` makes of it, for all clusters alike and as long as anybody holds it.
  Object shared(const std::function<Object()>& make) const;

  /// What stands for the object: a hash of all it says. Worked out once, for all clusters that get the same.
  const std::string& digest() const;

 private:
  Object kept_;
  std::function<Object()> again_;
  std::function<Object()> shape_;
  mutable std::string digest_;
  mutable std::weak_ptr<const nlohmann::json> shared_;
};

/// 32 hexadecimal digits of the SHA-256 of the object's text, which has its keys sorted.
std::string digest_of(const nlohmann::json& object);

}  // namespace fedctl::federation
