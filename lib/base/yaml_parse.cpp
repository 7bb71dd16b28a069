#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/yaml.hpp"
#include "base/yaml_events.hpp"
#include "base/yaml_places.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <functional>
#include <map>

namespace fedctl::yaml {
namespace {

using nlohmann::json;

/// Of what anchors keep and aliases repeat, in one source.
constexpr std::size_t most_copied = 64u << 20;

/// Carries a problem out of the parser's callbacks; `path` leads to the value where a key stood first.
struct Problem {
  Mark mark;
  std::string message;
  std::optional<std::vector<std::string>> first_seen = {};
};

/// About what a value takes in memory, and how deep it is nested: a scalar is 0 deep.
struct Measure {
  std::size_t weight = 32;
  std::size_t depth = 0;
};

Measure measure_of(const json& value) {
  Measure whole;
  if (value.is_string()) whole.weight += value.get_ref<const std::string&>().size();
  if (!value.is_structured()) return whole;
  for (const auto& [key, item] : value.items()) {
    const Measure part = measure_of(item);
    whole.weight += (value.is_object() ? key.size() : 0) + part.weight;
    whole.depth = std::max(whole.depth, part.depth);
  }
  ++whole.depth;
  return whole;
}

/// Builds JSON from the parser's events.
class Builder : public EventHandler {
 public:
  /// `copied` counts for all documents of the source.
  Builder(const Source& source, std::size_t& copied) : source_(source), copied_(copied) {}

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
    count(mark, found->second.measure);
    check_depth(mark, stack_.size() + found->second.measure.depth);
    add(mark, found->second.value, {}, {});
  }

  void on_scalar(const Mark& mark, const Scalar& scalar) override {
    const bool is_key = !stack_.empty() && stack_.back().wants_key();
    const bool is_merge = scalar.text == "<<" && (is_bare(scalar) || scalar.tag == "tag:yaml.org,2002:merge");
    if (is_key && is_merge) return begin_merge(stack_.back(), mark);
    add(mark, value_of(mark, scalar), scalar.anchor, scalar.text);
  }

  void on_list(const Mark& mark, std::string_view anchor) override { open(mark, json::array(), anchor); }
  void on_map(const Mark& mark, std::string_view anchor) override { open(mark, json::object(), anchor); }

  void on_end(const Mark&) override {
    Frame& frame = stack_.back();
    for (json& merged : frame.merges) {
      for (auto& [key, value] : merged.get_ref<json::object_t&>()) frame.container.emplace(key, std::move(value));
    }
    Frame done = std::move(frame);
    stack_.pop_back();
    add(done.mark, std::move(done.container), done.anchor, {});
  }

 private:
  struct Anchored {
    json value;
    Measure measure;
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

  void count(const Mark& mark, const Measure& measure) {
    copied_ += measure.weight;
    if (copied_ > most_copied) throw Problem{mark, "what anchors and aliases stand for takes more than 64 MiB"};
  }

  static void check_depth(const Mark& mark, std::size_t depth) {
    if (depth > deepest_nesting) throw Problem{mark, fmt::format("this is nested more than {} levels deep", deepest_nesting)};
  }

  void open(const Mark& mark, json container, std::string_view anchor) {
    check_depth(mark, stack_.size() + 1);
    if (!stack_.empty() && stack_.back().wants_key()) throw Problem{mark, "a key must be a scalar"};
    stack_.push_back({std::move(container), mark, std::string{anchor}});
  }

  void add(const Mark& mark, json value, std::string_view anchor, std::string_view text) {
    if (!anchor.empty()) {
      const Measure measure = measure_of(value);
      count(mark, measure);
      anchors_.insert_or_assign(std::string{anchor}, Anchored{value, measure});
    }
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
      merge(frame, mark, std::move(value));
    } else {
      frame.container[frame.key] = std::move(value);
      frame.has_key = false;
    }
  }

  void begin_entry(Frame& frame, const Mark& mark, const json& key, std::string_view text) {
    if (key.is_null() || key.is_structured()) throw Problem{mark, "a key must be a string"};
    frame.key = key.is_string() ? key.get<std::string>() : to_text(key);
    frame.has_key = true;
    if (key.is_boolean() && text != frame.key) {
      warnings.push_back(fmt::format("{}: the bare key {} is read as \"{}\", as kubectl reads it; quote it to keep it as it is",
                                     place(source_, mark), text, frame.key));
    }
    if (frame.container.contains(frame.key)) {
      throw Problem{mark, fmt::format("the key \"{}\" stands twice in one map", frame.key), path_to(frame.key)};
    }
  }

  static void begin_merge(Frame& frame, const Mark& mark) {
    if (!frame.merges.empty()) throw Problem{mark, "the key \"<<\" stands twice in one map; give it a list of maps"};
    frame.key = "<<";
    frame.merging = true;
    frame.has_key = true;
  }

  /// The map's own entries win (https://yaml.org/type/merge.html). In kubectl only those after '<<' do.
  void merge(Frame& frame, const Mark& mark, json value) {
    const auto take = [&](json& map) {
      if (!map.is_object()) throw Problem{mark, "'<<' merges a map, or a list of maps"};
      for (const auto& [key, merged] : map.items()) {
        if (!frame.container.contains(key) || frame.container[key] == merged) continue;
        warnings.push_back(fmt::format("{}: \"{}\" stands before '<<', which has another value for it that kubectl takes; move '<<' up",
                                       place(source_, mark), key));
      }
      frame.merges.push_back(std::move(map));
    };
    if (value.is_array()) {
      for (json& item : value) take(item);
    } else {
      take(value);
    }
    frame.merging = false;
    frame.has_key = false;
  }

  std::vector<std::string> path_to(const std::string& key) const {
    std::vector<std::string> path;
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
  std::size_t& copied_;
};

Error failed(const Source& source, std::size_t index, const Problem& problem) {
  std::string message = problem.message;
  if (problem.first_seen) message += fmt::format(" (first in line {})", Places{source}.find(index, *problem.first_seen).line + 1);
  return {Code::invalid_input, message, place(source, problem.mark)};
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
  std::size_t index = 0;
  try {
    EventStream stream = events_of(*source);
    std::size_t copied = 0;
    while (true) {
      Builder builder{*source, copied};
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
