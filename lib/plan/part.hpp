#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fedctl::plan {

/// Thrown while a saved plan is read; `read_whole` makes an error of it.
struct Damage {
  std::string pointer;   ///< Of the field.
  std::string expected;  ///< "must be a string"
};

/// A part of a saved plan, which somebody may have changed: what is missing, or has another type than asked for, is Damage.
class Part {
 public:
  /// `value` must outlive it.
  explicit Part(const nlohmann::json& value, std::string pointer = {}) : value_(value), pointer_(std::move(pointer)) {}

  bool has(std::string_view key) const;
  Part at(std::string_view key) const;
  std::vector<Part> items(std::string_view key) const;

  std::string text(std::string_view key) const;
  std::string text(std::string_view key, std::string otherwise) const;
  bool flag(std::string_view key) const;
  bool flag(std::string_view key, bool otherwise) const;
  std::int64_t number(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::map<std::string, std::string> table(std::string_view key) const;

  /// Lists that are left out where they are empty.
  std::vector<Part> items_if_any(std::string_view key) const;
  std::vector<std::string> texts_if_any(std::string_view key) const;

  const nlohmann::json& value() const { return value_; }
  /// The value, which must be a map.
  const nlohmann::json& map() const;

  [[noreturn]] void refuse(std::string expected) const;

 private:
  std::string own_text() const;

  const nlohmann::json& value_;
  std::string pointer_;
};

Error error_of(const Damage& damage);

/// What `read` returns, or Damage as an error.
template <typename Read>
auto read_whole(Read read) -> Result<decltype(read())> {
  try {
    return read();
  } catch (const Damage& damage) {
    return Failure{error_of(damage)};
  }
}

}  // namespace fedctl::plan
