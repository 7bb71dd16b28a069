#include "failover/fields.hpp"

#include "base/json.hpp"
#include "base/pointer.hpp"
#include "base/text.hpp"
#include "kube/quantity.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

namespace fedctl::failover {

using nlohmann::json;

namespace {

/// Ports, seconds and counts, which are kept in 32 bits.
constexpr std::int64_t most_number = std::numeric_limits<std::int32_t>::max();

/// 4 EiB: more than any disk has, and what every integer holds.
constexpr auto most_bytes = static_cast<long double>(std::int64_t{1} << 62);

}  // namespace

Fields::Fields(const manifest::Manifest& manifest)
    : manifest_(&manifest), node_(manifest.whole()), problem_(std::make_shared<std::optional<Error>>()) {}

const json* Fields::find(std::string_view key) const {
  if (!node_.is_object()) return nullptr;
  const auto found = node_.find(key);
  return found == node_.end() || found->is_null() ? nullptr : &*found;
}

void Fields::fail(std::string_view key, std::string message, std::string hint) const {
  if (*problem_) return;
  const std::string part = key.empty() ? pointer_ : pointer::below(pointer_, key);
  *problem_ = Error{.code = Code::invalid_input, .message = std::move(message), .place = manifest_->place(part), .hint = std::move(hint)};
}

Fields& Fields::only(const std::vector<std::string>& known) {
  for (const std::string& key : keys()) {
    if (std::ranges::find(known, key) == known.end())
      fail(key, fmt::format("unknown field '{}'{}", key, text::did_you_mean(key, known)), "expected one of " + text::join(known, ", "));
  }
  return *this;
}

Fields& Fields::need(std::string_view key) {
  if (!has(key)) fail("", fmt::format("'{}' is missing", key));
  return *this;
}

bool Fields::has(std::string_view key) const { return find(key) != nullptr; }

std::string Fields::text(std::string_view key, std::string otherwise) const {
  const json* value = find(key);
  if (value == nullptr) return otherwise;
  if (value->is_string() && !value->get_ref<const std::string&>().empty()) return value->get<std::string>();
  fail(key, fmt::format("'{}' must be a string that is not empty; quote its value", key));
  return otherwise;
}

std::int64_t Fields::number(std::string_view key, std::int64_t otherwise, std::int64_t least) const {
  const json* value = find(key);
  if (value == nullptr) return otherwise;
  const std::int64_t number = integer_at(node_, key, least - 1);
  if (number >= least && number <= most_number) return number;
  fail(key, fmt::format("'{}' must be a whole number from {} to {}", key, least, most_number));
  return otherwise;
}

bool Fields::flag(std::string_view key, bool otherwise) const {
  const json* value = find(key);
  if (value == nullptr) return otherwise;
  if (value->is_boolean()) return value->get<bool>();
  fail(key, fmt::format("'{}' must be true or false", key));
  return otherwise;
}

std::optional<time::Duration> Fields::duration(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto parsed = time::parse_duration(value->is_string() ? value->get<std::string>() : to_text(*value));
  if (!parsed) fail(key, fmt::format("'{}' must be a duration such as 30s or 2m", key));
  return parsed;
}

time::Duration Fields::duration(std::string_view key, time::Duration otherwise) const { return duration(key).value_or(otherwise); }

std::optional<std::int64_t> Fields::bytes(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto quantity = kube::parse_quantity(value->is_string() ? value->get<std::string>() : to_text(*value));
  if (!quantity || *quantity < 0 || *quantity > most_bytes) {
    fail(key, fmt::format("'{}' must be a number of bytes such as 1048576 or 16Mi", key));
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*quantity);
}

int Fields::percent(std::string_view key, int otherwise) const {
  const json* value = find(key);
  if (value == nullptr) return otherwise;
  std::string text = value->is_string() ? value->get<std::string>() : to_text(*value);
  if (text.ends_with('%')) text.pop_back();
  int percent = -1;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (problem == std::errc{} && end == text.data() + text.size() && percent >= 0 && percent <= 100) return percent;
  fail(key, fmt::format("'{}' must be a share such as 50%", key));
  return otherwise;
}

std::vector<std::string> Fields::texts(std::string_view key) const {
  const json* value = find(key);
  std::vector<std::string> result;
  if (value == nullptr) return result;
  const bool good = value->is_array() && std::ranges::all_of(*value, [](const json& item) { return item.is_string(); });
  if (good) return value->get<std::vector<std::string>>();
  fail(key, fmt::format("'{}' must be a list of strings", key));
  return result;
}

std::map<std::string, std::string> Fields::table(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr) return {};
  const bool good = value->is_object() && std::ranges::all_of(*value, [](const json& item) { return item.is_string(); });
  if (good) return value->get<std::map<std::string, std::string>>();
  fail(key, fmt::format("'{}' must be a map of strings; quote its values", key));
  return {};
}

json Fields::raw(std::string_view key) const {
  const json* value = find(key);
  return value == nullptr ? json() : *value;
}

Fields Fields::child(std::string_view key) const {
  const json* value = find(key);
  json node = value == nullptr ? json::object() : *value;
  if (!node.is_object()) {
    fail(key, fmt::format("'{}' must be a map", key));
    node = json::object();
  }
  return {*manifest_, std::move(node), pointer::below(pointer_, key), problem_};
}

std::vector<Fields> Fields::items(std::string_view key) const {
  const json* value = find(key);
  std::vector<Fields> result;
  if (value == nullptr) return result;
  if (!value->is_array()) {
    fail(key, fmt::format("'{}' must be a list", key));
    return result;
  }
  for (std::size_t i = 0; i < value->size(); ++i) {
    result.push_back({*manifest_, (*value)[i], pointer::below(pointer::below(pointer_, key), std::to_string(i)), problem_});
    if (!(*value)[i].is_object()) result.back().fail("", "each of these must be a map");
  }
  return result;
}

std::vector<std::string> Fields::keys() const {
  std::vector<std::string> result;
  if (!node_.is_object()) return result;
  for (const auto& [key, value] : node_.items()) result.push_back(key);
  return result;
}

}  // namespace fedctl::failover
