#include "base/encoding.hpp"
#include "base/yaml.hpp"
#include "base/yaml_events.hpp"
#include "base/yaml_locate.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <functional>
#include <map>

namespace fedctl::yaml {
namespace {

using nlohmann::json;

constexpr std::size_t most_alias_bytes = 64u << 20;

/// Carries a problem out of the parser's callbacks; `path` leads to the value where a key stood first.
struct Problem {
  Mark mark;
  std::string message;
  std::optional<json::json_pointer> first_seen = {};
};

/// About what a value takes in memory; what bounds the expansion of aliases.
std::size_t weight(const json& value) {
  std::size_t total = 32;
  if (value.is_string()) total += value.get_ref<const std::string&>().size();
  if (value.is_structured()) {
    for (const auto& [key, item] : value.items()) total += key.size() + weight(item);
  }
  return total;
}

/// Builds JSON from the parser's events.
class Builder : public EventHandler {
 public:
  explicit Builder(const Source& source) : source_(source) {}

  std::optional<json> result;
  Mark start;  ///< Of the result.
  std::vector<std::string> warnings;

  void on_alias(const Mark& mark, std::string_view anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      const bool is_around = std::ranges::any_of(stack_, [&](const Frame& frame) { return frame.anchor == anchor; });
      throw Problem{mark, is_around ? "the alias stands inside the value it refers to"
                                    : fmt::format("the alias *{} refers to nothing that stands before it", anchor)};
    }
    alias_bytes_ += found->second.weight;
    if (alias_bytes_ > most_alias_bytes) throw Problem{mark, "the aliases expand to more than 64 MiB"};
    add(mark, found->second.value, {}, {});
  }

  void on_scalar(const Mark& mark, const Scalar& scalar) override {
    const bool is_key = !stack_.empty() && stack_.back().wants_key();
    if (is_key && is_bare(scalar) && scalar.text == "<<") {
      stack_.back().key = scalar.text;
      stack_.back().merging = true;
      stack_.back().has_key = true;
      return;
    }
    add(mark, value_of(mark, scalar), scalar.anchor, scalar.text);
  }

  void on_list(const Mark& mark, std::string_view anchor) override { open(mark, json::array(), anchor); }
  void on_map(const Mark& mark, std::string_view anchor) override { open(mark, json::object(), anchor); }

  void on_end() override {
    Frame& frame = stack_.back();
    for (const json& merged : frame.merges) {
      for (const auto& [key, value] : merged.items()) {
        if (!frame.container.contains(key)) frame.container[key] = value;
      }
    }
    Frame done = std::move(frame);
    stack_.pop_back();
    add(done.mark, std::move(done.container), done.anchor, {});
  }

 private:
  struct Anchored {
    json value;
    std::size_t weight;
  };
  struct Frame {
    json container;
    Mark mark;
    std::string anchor = {};
    std::string key = {};
    bool has_key = false;
    bool merging = false;
    std::vector<json> merges = {};

    bool wants_key() const { return container.is_object() && !has_key; }
  };

  static bool is_bare(const Scalar& scalar) { return scalar.is_plain && scalar.tag.empty(); }

  void open(const Mark& mark, json container, std::string_view anchor) {
    if (!stack_.empty() && stack_.back().wants_key()) throw Problem{mark, "a key must be a scalar"};
    stack_.push_back({std::move(container), mark, std::string{anchor}});
  }

  void add(const Mark& mark, json value, std::string_view anchor, std::string_view text) {
    if (!anchor.empty()) anchors_.insert_or_assign(std::string{anchor}, Anchored{value, weight(value)});
    if (stack_.empty()) {
      start = mark;
      result = std::move(value);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.container.is_array()) {
      frame.container.push_back(std::move(value));
    } else if (!frame.has_key) {
      begin_entry(frame, mark, value, text);
    } else if (frame.merging) {
      merge(frame, mark, value);
    } else {
      frame.container[frame.key] = std::move(value);
      frame.has_key = false;
    }
  }

  void begin_entry(Frame& frame, const Mark& mark, const json& key, std::string_view text) {
    if (key.is_null() || key.is_structured()) throw Problem{mark, "a key must be a string"};
    frame.key = key.is_string() ? key.get<std::string>() : key.dump();
    frame.has_key = true;
    if (key.is_boolean() && text != frame.key) {
      warnings.push_back(fmt::format("{}: the bare key {} is read as \"{}\", as kubectl reads it; quote it to keep it as it is",
                                     place(source_, mark), text, frame.key));
    }
    if (frame.container.contains(frame.key)) {
      throw Problem{mark, fmt::format("the key \"{}\" stands twice in one map", frame.key), pointer_to(frame.key)};
    }
  }

  static void merge(Frame& frame, const Mark& mark, const json& value) {
    const auto take = [&](const json& map) {
      if (!map.is_object()) throw Problem{mark, "'<<' merges a map, or a list of maps"};
      frame.merges.push_back(map);
    };
    if (value.is_array()) {
      for (const json& item : value) take(item);
    } else {
      take(value);
    }
    frame.merging = false;
    frame.has_key = false;
  }

  json::json_pointer pointer_to(const std::string& key) const {
    json::json_pointer path;
    for (std::size_t i = 0; i + 1 < stack_.size(); ++i) {
      const Frame& frame = stack_[i];
      if (frame.container.is_array()) {
        path.push_back(std::to_string(frame.container.size()));
      } else {
        path.push_back(frame.key);
      }
    }
    path.push_back(key);
    return path;
  }

  static json value_of(const Mark& mark, const Scalar& scalar) {
    const std::string text{scalar.text};
    constexpr std::string_view standard = "tag:yaml.org,2002:";
    if (scalar.tag.starts_with(standard)) return tagged(mark, scalar.tag.substr(standard.size()), text);
    if (!is_bare(scalar)) return text;
    const auto value = resolve_plain(text);
    if (!value) throw Problem{mark, fmt::format("JSON has no number for {}; quote it if it is a text", text)};
    return *value;
  }

  static json tagged(const Mark& mark, std::string_view type, const std::string& text) {
    if (type == "str" || type == "timestamp") return text;
    if (type == "binary") {
      const auto bytes = encoding::from_base64(text);
      if (!bytes || !encoding::is_utf8(*bytes)) throw Problem{mark, "!!binary holds what is no base64 of UTF-8 text"};
      return *bytes;
    }
    const json value = resolve_plain(text).value_or(nullptr);
    const bool fits = (type == "int" && value.is_number_integer()) || (type == "float" && value.is_number()) ||
                      (type == "bool" && value.is_boolean()) || (type == "null" && value.is_null());
    if (!fits) throw Problem{mark, fmt::format("\"{}\" is no !!{}", text, type)};
    return value;
  }

  const Source& source_;
  std::vector<Frame> stack_;
  std::map<std::string, Anchored, std::less<>> anchors_;
  std::size_t alias_bytes_ = 0;
};

Error failed(const Source& source, std::size_t index, const Problem& problem) {
  std::string message = problem.message;
  if (problem.first_seen) message += fmt::format(" (first in line {})", locate(source, index, *problem.first_seen).line + 1);
  return {Code::invalid_input, message, place(source, problem.mark)};
}

/// JSON writes characters beyond the basic plane as two \u escapes; YAML has \U for them.
std::string without_surrogates(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] != 'u') {
      result += text[i++];
      result += text[i];
      continue;
    }
    unsigned high = 0;
    unsigned low = 0;
    if (text[i] == '\\' && i + 12 <= text.size() && std::sscanf(text.c_str() + i, "\\u%4x\\u%4x", &high, &low) == 2 && high >> 10 == 0x36 &&
        low >> 10 == 0x37) {
      result += fmt::format("\\U{:08x}", 0x10000 + ((high & 0x3FFu) << 10) + (low & 0x3FFu));
      i += 11;
      continue;
    }
    result += text[i];
  }
  return result;
}

}  // namespace

Result<Parsed> parse(std::shared_ptr<const Source> source) {
  Parsed parsed;
  auto warnings = parse_each(std::move(source), [&parsed](Document document) -> Result<void> {
    parsed.documents.push_back(std::move(document));
    return {};
  });
  if (!warnings) return Failure{warnings.error()};
  parsed.warnings = std::move(*warnings);
  return parsed;
}

Result<std::vector<std::string>> parse_each(std::shared_ptr<const Source> source, const OnDocument& on_document) {
  std::vector<std::string> warnings;
  const bool is_json = source->text.starts_with('{') && source->text.find("\\ud") != std::string::npos;
  const std::string converted = is_json ? without_surrogates(source->text) : std::string{};
  std::size_t index = 0;
  try {
    EventStream stream = is_json ? EventStream{std::string_view{converted}} : events_of(*source);
    while (true) {
      Builder builder{*source};
      if (!stream.next_document(builder)) return warnings;
      warnings.insert(warnings.end(), builder.warnings.begin(), builder.warnings.end());
      if (builder.result && !builder.result->is_null()) {
        const auto line = static_cast<int>(builder.start.line) + 1;
        const auto column = static_cast<int>(builder.start.column) + 1;
        if (auto taken = on_document({std::move(*builder.result), source, index, line, column}); !taken) return Failure{taken.error()};
      }
      ++index;
    }
  } catch (const Problem& problem) {
    return Failure{failed(*source, index, problem)};
  } catch (const SyntaxError& error) {
    return Failure{{Code::invalid_input, error.what(), place(*source, error.mark)}};
  }
}

}  // namespace fedctl::yaml
