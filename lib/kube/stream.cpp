#include "kube/stream.hpp"

#include "base/json.hpp"
#include "kube/answer.hpp"
#include "kube/object.hpp"

namespace fedctl::kube {

using nlohmann::json;

Page parse_page(std::string_view text, const std::function<bool(const json& item)>& keep) {
  Page page;
  page.body = parse_json(text, "items", [&](const json& item) {
    ++page.items;
    return !keep || name_of(item).empty() || keep(item);
  });
  return page;
}

bool EventReader::operator()(std::string_view piece) {
  // What is kept from before holds no line end.
  std::size_t end = piece.find('\n');
  if (end != std::string_view::npos) end += buffer_.size();
  buffer_ += piece;
  std::size_t begin = 0;
  for (; end != std::string::npos; end = buffer_.find('\n', begin)) {
    const bool goes_on = take(std::string_view{buffer_}.substr(begin, end - begin));
    if (!goes_on) return false;
    begin = end + 1;
  }
  buffer_.erase(0, begin);
  if (buffer_.size() <= longest_event) return true;
  problem_ = not_understood("a watch event that does not end");
  return false;
}

bool EventReader::take(std::string_view line) {
  const json event = parse_json(line);
  const json& object = value_at(event, "object");
  const std::string type = string_at(event, "type");
  const bool is_about_object = type == "ADDED" || type == "MODIFIED" || type == "DELETED";
  if (!object.is_object() || !(is_about_object || type == "BOOKMARK" || type == "ERROR")) {
    problem_ = not_understood("a watch event without an object, or of an unknown type");
    return false;
  }
  if (is_about_object) problem_ = check_(object);
  return !problem_ && on_event_(type, object);
}

}  // namespace fedctl::kube
