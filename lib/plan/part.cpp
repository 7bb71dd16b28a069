#include "plan/part.hpp"

#include "base/json.hpp"
#include "base/pointer.hpp"

#include <fmt/format.h>

namespace fedctl::plan {

using nlohmann::json;

bool Part::has(std::string_view key) const { return map().contains(key); }

Part Part::at(std::string_view key) const {
  const auto found = map().find(key);
  if (found == value_.end()) throw Damage{pointer::below(pointer_, key), "is missing"};
  return Part{*found, pointer::below(pointer_, key)};
}

std::vector<Part> Part::items(std::string_view key) const {
  const Part list = at(key);
  if (!list.value_.is_array()) list.refuse("must be a list");
  std::vector<Part> result;
  for (std::size_t i = 0; i < list.value_.size(); ++i)
    result.emplace_back(list.value_[i], pointer::below(list.pointer_, std::to_string(i)));
  return result;
}

std::vector<Part> Part::items_if_any(std::string_view key) const { return has(key) ? items(key) : std::vector<Part>{}; }

std::string Part::own_text() const {
  if (!value_.is_string()) refuse("must be a string");
  return value_.get<std::string>();
}

std::string Part::text(std::string_view key) const { return at(key).own_text(); }

std::string Part::text(std::string_view key, std::string otherwise) const { return has(key) ? text(key) : otherwise; }

bool Part::flag(std::string_view key) const {
  const Part flag = at(key);
  if (!flag.value_.is_boolean()) flag.refuse("must be true or false");
  return flag.value_.get<bool>();
}

bool Part::flag(std::string_view key, bool otherwise) const { return has(key) ? flag(key) : otherwise; }

std::int64_t Part::number(std::string_view key) const {
  const Part number = at(key);
  if (!number.value_.is_number_integer()) number.refuse("must be a whole number");
  return integer_at(value_, key);
}

std::vector<std::string> Part::texts(std::string_view key) const {
  std::vector<std::string> result;
  for (const Part& item : items(key)) result.push_back(item.own_text());
  return result;
}

std::vector<std::string> Part::texts_if_any(std::string_view key) const { return has(key) ? texts(key) : std::vector<std::string>{}; }

std::map<std::string, std::string> Part::table(std::string_view key) const {
  const Part whole = at(key);
  std::map<std::string, std::string> result;
  for (const auto& [name, ignored] : whole.map().items()) result[name] = whole.text(name);
  return result;
}

const json& Part::map() const {
  if (!value_.is_object()) refuse("must be a map");
  return value_;
}

void Part::refuse(std::string expected) const { throw Damage{pointer_, std::move(expected)}; }

Error error_of(const Damage& damage) {
  const std::string what = damage.pointer.empty() ? "it" : damage.pointer;
  return {
      .code = Code::invalid_input, .message = fmt::format("the saved plan is damaged: {} {}", what, damage.expected), .hint = "plan again"};
}

}  // namespace fedctl::plan
