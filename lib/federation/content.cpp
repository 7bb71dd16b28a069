#include "federation/content.hpp"

#include "base/encoding.hpp"
#include "base/json.hpp"

namespace fedctl::federation {

Content::Content(const Object& object, std::function<Object()> again, std::function<Object()> shape)
    : again_(std::move(again)), shape_(std::move(shape)), digest_(digest_of(*object)) {}

Content::Object Content::shared(const std::function<Object()>& make) const {
  Object kept = shared_.lock();
  if (!kept) shared_ = kept = make();
  return kept;
}

const std::string& Content::digest() const {
  if (digest_.empty()) digest_ = digest_of(*get());
  return digest_;
}

std::string digest_of(const nlohmann::json& object) { return encoding::sha256(fedctl::to_text(object)).substr(0, 32); }

}  // namespace fedctl::federation
