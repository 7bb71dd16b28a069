#include "federation/content.hpp"

#include "base/encoding.hpp"

#include <algorithm>

namespace fedctl::federation {
namespace {

/// Of text. Making a smaller object again costs more than it saves.
constexpr std::size_t worth_making_again = 4096;

std::size_t text_in(const nlohmann::json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size();
  if (!value.is_structured()) return 0;
  std::size_t total = 0;
  for (const auto& item : value) total += text_in(item);
  return total;
}

}  // namespace

Content::Content(Object object, std::function<Object()> again) {
  if (text_in(*object) < worth_making_again) {
    kept_ = std::move(object);
  } else {
    again_ = std::move(again);
  }
}

const std::string& Content::digest() const {
  if (digest_.empty()) digest_ = digest_of(*get());
  return digest_;
}

std::string digest_of(const nlohmann::json& object) { return encoding::sha256(object.dump()).substr(0, 32); }

}  // namespace fedctl::federation
