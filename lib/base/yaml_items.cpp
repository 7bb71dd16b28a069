#include "base/yaml_items.hpp"

#include "base/yaml_locate.hpp"

namespace fedctl::yaml {
namespace {

/// Notes where the items of one list begin.
class ItemReader : public EventHandler {
 public:
  ItemReader(std::string_view key, bool is_wanted_document) : key_(key), is_wanted_document_(is_wanted_document) {}

  std::vector<Mark> items;

  void on_scalar(const Mark& mark, const Scalar& scalar) override { leaf(mark, scalar.text); }
  void on_alias(const Mark& mark, std::string_view) override { leaf(mark, {}); }
  void on_list(const Mark& mark, std::string_view) override {
    const bool is_wanted = depth_ == 1 && has_key_ && is_at_key_;
    begin(mark);
    if (is_wanted) in_list_ = true;
  }
  void on_map(const Mark& mark, std::string_view) override { begin(mark); }
  void on_end() override {
    if (--depth_ != 1) return;
    in_list_ = false;
    has_key_ = false;
  }

 private:
  void note(const Mark& mark) {
    if (is_wanted_document_ && in_list_ && depth_ == 2) items.push_back(mark);
  }

  void begin(const Mark& mark) {
    note(mark);
    ++depth_;
  }

  void leaf(const Mark& mark, std::string_view text) {
    note(mark);
    if (depth_ != 1) return;
    if (!has_key_) is_at_key_ = text == key_;
    has_key_ = !has_key_;
  }

  std::string key_;
  bool is_wanted_document_;
  std::size_t depth_ = 0;
  bool has_key_ = false;    ///< Of the document's map: a value comes next.
  bool is_at_key_ = false;  ///< And it is the wanted one's.
  bool in_list_ = false;
};

}  // namespace

std::vector<std::string> places_of_items(const Document& document, std::string_view key) {
  std::vector<std::string> places;
  try {
    EventStream stream = events_of(*document.source);
    for (std::size_t i = 0; i <= document.index; ++i) {
      ItemReader reader{key, i == document.index};
      if (!stream.next_document(reader)) break;
      for (const Mark& mark : reader.items) places.push_back(place(*document.source, mark));
    }
  } catch (const SyntaxError&) {
    return places;
  }
  return places;
}

}  // namespace fedctl::yaml
