#include "base/yaml_places.hpp"

#include "base/json.hpp"
#include "base/pointer.hpp"

#include <fmt/format.h>
#include <charconv>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace fedctl::yaml {

/// Made when a place is asked for the first time, from any thread.
class PlaceMemo {
 public:
  const Places& of(const Source& source) {
    std::call_once(once_, [&] { places_.emplace(source); });
    return *places_;
  }

 private:
  std::once_flag once_;
  std::optional<Places> places_;
};

std::shared_ptr<PlaceMemo> new_place_memo() { return std::make_shared<PlaceMemo>(); }

/// Fills in the nodes.
class Places::Reader : public EventHandler {
 public:
  explicit Reader(Places& places) : places_(places) {}

  void on_scalar(const Mark& mark, const Scalar& scalar) override {
    if (wants_key()) return begin_entry(mark, key_of(scalar));
    add(mark);
  }
  void on_alias(const Mark& mark, std::string_view) override {
    if (wants_key()) return begin_entry(mark, {});
    add(mark);
  }
  void on_list(const Mark& mark, std::string_view) override { open(mark, true); }
  void on_map(const Mark& mark, std::string_view) override { open(mark, false); }
  void on_end(const Mark&) override { close(); }

  /// The document is over, or the text is no YAML any more.
  void end() {
    while (!open_.empty()) close();
  }

 private:
  void close() {
    places_.nodes_[open_.back().node].after = next_node();
    open_.pop_back();
  }

  struct Open {
    std::uint32_t node;
    bool is_map;
    std::optional<Mark> key = {};  ///< Of the value that comes next.
    std::uint32_t name = none;
  };

  bool wants_key() const { return !open_.empty() && open_.back().is_map && !open_.back().key; }
  std::uint32_t next_node() const { return static_cast<std::uint32_t>(places_.nodes_.size()); }

  void begin_entry(const Mark& mark, std::string text) {
    const auto [known, is_new] = numbers_.try_emplace(std::move(text), static_cast<std::uint32_t>(places_.names_.size()));
    if (is_new) places_.names_.push_back(known->first);
    open_.back().key = mark;
    open_.back().name = known->second;
  }

  void add(const Mark& own_mark) {
    const std::uint32_t number = next_node();
    Node node{.after = number + 1};
    Mark mark = own_mark;
    if (open_.empty()) {
      places_.documents_.push_back(number);
    } else if (Open& parent = open_.back(); parent.is_map) {
      mark = parent.key.value_or(own_mark);
      node.name = parent.name;
      parent.key.reset();
    } else {
      places_.lists_[places_.nodes_[parent.node].list].push_back(number);
    }
    node.line = static_cast<std::uint32_t>(mark.line);
    node.column = static_cast<std::uint32_t>(mark.column);
    places_.nodes_.push_back(node);
  }

  void open(const Mark& mark, bool is_list) {
    const std::uint32_t number = next_node();
    add(mark);
    open_.push_back({number, !is_list});
    if (!is_list) return;
    places_.nodes_[number].list = static_cast<std::uint32_t>(places_.lists_.size());
    places_.lists_.emplace_back();
  }

  Places& places_;
  std::vector<Open> open_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

Places::Places(const Source& source) {
  Reader reader{*this};
  try {
    EventStream stream = events_of(source);
    while (stream.next_document(reader)) continue;
  } catch (const SyntaxError&) {
    // What is known stays.
  }
  reader.end();
}

std::uint32_t Places::child(std::uint32_t parent, const std::string& key) const {
  const Node& node = nodes_[parent];
  if (node.list != none) {
    std::size_t number = 0;
    const char* const end = key.data() + key.size();
    const auto [stopped, problem] = std::from_chars(key.data(), end, number);
    const auto& items = lists_[node.list];
    return problem == std::errc{} && stopped == end && number < items.size() ? items[number] : none;
  }
  for (std::uint32_t i = parent + 1; i < node.after; i = nodes_[i].after) {
    if (nodes_[i].name != none && names_[nodes_[i].name] == key) return i;
  }
  return none;
}

Mark Places::find(std::size_t document, const std::vector<std::string>& keys) const {
  if (document >= documents_.size()) return {};
  std::uint32_t at = documents_[document];
  for (const std::string& key : keys) {
    const std::uint32_t next = child(at, key);
    if (next == none) break;
    at = next;
  }
  return {nodes_[at].line, nodes_[at].column};
}

EventStream events_of(const Source& source) {
  if (!source.file.empty()) return EventStream{source.file};
  return EventStream{std::string_view{source.text}};
}

std::string place(const Source& source, const Mark& mark) { return fmt::format("{}:{}:{}", source.name, mark.line + 1, mark.column + 1); }

std::string key_of(const Scalar& scalar) {
  const bool is_bare = scalar.is_plain && scalar.tag.empty();
  const auto value = is_bare ? resolve_plain(scalar.text) : std::nullopt;
  return !value || value->is_string() || value->is_null() ? std::string{scalar.text} : to_text(*value);
}

std::string place_of(const Document& document, const std::string& pointer) {
  if (pointer.empty()) return fmt::format("{}:{}:{}", document.source->name, document.line, document.column);
  const Places& places = document.source->places->of(*document.source);
  return place(*document.source, places.find(document.index, pointer::parse(pointer).value_or(std::vector<std::string>{})));
}

}  // namespace fedctl::yaml
