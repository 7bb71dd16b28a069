#include "base/yaml_locate.hpp"

#include "base/pointer.hpp"

#include <fmt/format.h>

namespace fedctl::yaml {
namespace {

/// Finds where in a document a JSON pointer leads, without building anything.
class Locator : public EventHandler {
 public:
  Locator(const std::vector<std::string>& wanted, bool is_wanted_document) : tokens_(wanted), is_wanted_document_(is_wanted_document) {}

  Mark best;

  void on_scalar(const Mark& mark, const Scalar& scalar) override { leaf(mark, scalar.text); }
  void on_alias(const Mark& mark, std::string_view) override { leaf(mark, {}); }
  void on_list(const Mark& mark, std::string_view) override { open(mark, false); }
  void on_map(const Mark& mark, std::string_view) override { open(mark, true); }
  void on_end() override {
    stack_.pop_back();
    advance();
  }
  bool wants_more() const override { return !is_wanted_document_ || found_ < tokens_.size(); }

 private:
  struct Frame {
    bool is_map;
    bool on_path;
    bool has_key = false;
    std::string key = {};
    Mark key_mark = {};
    std::size_t next = 0;
  };

  /// Is the value that comes now on the way to the wanted one, and how far along?
  bool reaches(const Mark& mark) {
    if (stack_.empty()) {
      best = mark;
      return true;
    }
    const Frame& frame = stack_.back();
    const std::size_t depth = stack_.size() - 1;
    if (!frame.on_path || depth >= tokens_.size() || depth < found_) return false;
    if ((frame.is_map ? frame.key : std::to_string(frame.next)) != tokens_[depth]) return false;
    best = frame.is_map ? frame.key_mark : mark;
    found_ = depth + 1;
    return true;
  }

  void advance() {
    if (stack_.empty()) return;
    stack_.back().has_key = false;
    ++stack_.back().next;
  }

  void leaf(const Mark& mark, std::string_view text) {
    if (!stack_.empty() && stack_.back().is_map && !stack_.back().has_key) {
      stack_.back().key = text;
      stack_.back().key_mark = mark;
      stack_.back().has_key = true;
      return;
    }
    reaches(mark);
    advance();
  }

  void open(const Mark& mark, bool is_map) {
    const bool on_path = reaches(mark);
    stack_.push_back({is_map, on_path});
  }

  std::vector<std::string> tokens_;
  bool is_wanted_document_;
  std::vector<Frame> stack_;
  std::size_t found_ = 0;
};

}  // namespace

EventStream events_of(const Source& source) {
  if (!source.file.empty()) return EventStream{source.file};
  return EventStream{std::string_view{source.text}};
}

std::string place(const Source& source, const Mark& mark) { return fmt::format("{}:{}:{}", source.name, mark.line + 1, mark.column + 1); }

Mark locate(const Source& source, std::size_t index, const std::vector<std::string>& keys) {
  Locator locator{keys, false};
  try {
    EventStream stream = events_of(source);
    for (std::size_t i = 0; i <= index; ++i) {
      locator = Locator{keys, i == index};
      if (!stream.next_document(locator)) break;
    }
  } catch (const SyntaxError&) {
    return locator.best;
  }
  return locator.best;
}

std::string place_of(const Document& document, const std::string& pointer) {
  if (pointer.empty()) return fmt::format("{}:{}:{}", document.source->name, document.line, document.column);
  return place(*document.source, locate(*document.source, document.index, pointer::parse(pointer).value_or(std::vector<std::string>{})));
}

}  // namespace fedctl::yaml
