#include "base/json.hpp"

#include <limits>
#include <utility>
#include <vector>

namespace fedctl {
namespace {

using nlohmann::json;

/// Looks at brackets and commas alone, outside of strings; whether the rest is JSON is the parser's business.
bool is_too_deep_or_many(std::string_view text) {
  std::size_t depth = 0;
  std::size_t values = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      ++values;
      if (++depth > deepest_nesting) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    } else if (c == ',') {
      ++values;
    }
    if (values > most_values) return true;
  }
  return false;
}

/// Builds the value, refusing objects that name a key twice: of two values one would be lost. nlohmann's own parser takes the last one, and
/// with a callback it looks through all siblings at the end of each object, which takes minutes for a list of a hundred thousand.
class Reader : public nlohmann::json_sax<json> {
 public:
  json root;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool key(string_t& name) override {
    const auto [entry, is_new] = open_.back()->get_ref<json::object_t&>().try_emplace(std::move(name));
    entry_ = &entry->second;
    if (open_.size() == 1) on_key_of_root(entry->first);
    return is_new;
  }
  bool end_object() override {
    open_.pop_back();
    on_end_of_object();
    return true;
  }
  bool end_array() override {
    open_.pop_back();
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override { return false; }

 protected:
  virtual void on_key_of_root(const std::string& /*name*/) {}
  virtual void on_end_of_object() {}

  const std::vector<json*>& open_values() const { return open_; }

 private:
  bool add(json value) {
    place(std::move(value));
    return true;
  }

  bool open(json container) {
    open_.push_back(&place(std::move(container)));
    return true;
  }

  json& place(json value) {
    if (open_.empty()) return root = std::move(value);
    json& parent = *open_.back();
    if (!parent.is_array()) return *entry_ = std::move(value);
    parent.push_back(std::move(value));
    return parent.back();
  }

  std::vector<json*> open_;  ///< Each the last one in the one before, which therefore stays where it is.
  json* entry_ = nullptr;    ///< In the innermost object: its last key's value, which comes next.
};

/// Asks for each item of a list whether it stays.
class ListReader : public Reader {
 public:
  ListReader(std::string_view list, const KeepItem& keep) : list_(list), keep_(keep) {}

 private:
  void on_key_of_root(const std::string& name) override { in_list_ = name == list_; }
  void on_end_of_object() override {
    if (!in_list_ || open_values().size() != 2 || !open_values().back()->is_array()) return;
    auto& items = open_values().back()->get_ref<json::array_t&>();
    if (!keep_(items.back())) items.pop_back();
  }

  std::string_view list_;
  const KeepItem& keep_;
  bool in_list_ = false;
};

json parsed_by(Reader& reader, std::string_view text) {
  return json::sax_parse(text, &reader) ? std::move(reader.root) : json(json::value_t::discarded);
}

const json& nothing() {
  static const json null;
  return null;
}

}  // namespace

json parse_json(std::string_view text) {
  if (is_too_deep_or_many(text)) return json(json::value_t::discarded);
  Reader reader;
  return parsed_by(reader, text);
}

json parse_json(std::string_view text, std::string_view list, const KeepItem& keep) {
  if (is_too_deep_or_many(text)) return json(json::value_t::discarded);
  ListReader reader{list, keep};
  return parsed_by(reader, text);
}

std::string to_text(const json& value, int indent) { return value.dump(indent, ' ', false, json::error_handler_t::replace); }

const json& value_at(const json& object, std::string_view key) {
  if (!object.is_object()) return nothing();
  const auto found = object.find(key);
  return found == object.end() ? nothing() : *found;
}

std::string string_at(const json& object, std::string_view key) {
  const json& found = value_at(object, key);
  return found.is_string() ? found.get<std::string>() : std::string{};
}

bool bool_at(const json& object, std::string_view key, bool otherwise) {
  const json& found = value_at(object, key);
  return found.is_boolean() ? found.get<bool>() : otherwise;
}

std::int64_t integer_at(const json& object, std::string_view key, std::int64_t otherwise) {
  const json& found = value_at(object, key);
  if (!found.is_number_integer()) return otherwise;
  constexpr auto greatest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (found.is_number_unsigned() && found.get<std::uint64_t>() > greatest) return otherwise;
  return found.get<std::int64_t>();
}

const json& map_at(const json& object, std::string_view key) {
  static const json empty = json::object();
  const json& found = value_at(object, key);
  return found.is_object() ? found : empty;
}

const json& list_at(const json& object, std::string_view key) {
  static const json empty = json::array();
  const json& found = value_at(object, key);
  return found.is_array() ? found : empty;
}

std::size_t text_in(const json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size();
  if (!value.is_structured()) return 0;
  std::size_t total = 0;
  for (const auto& item : value) total += text_in(item);
  return total;
}

json without_long_text(json value, std::size_t longest) {
  if (value.is_string()) return value.get_ref<const std::string&>().size() > longest ? json("") : value;
  if (!value.is_structured()) return value;
  for (auto& item : value) item = without_long_text(std::move(item), longest);
  return value;
}

}  // namespace fedctl
