#include "base/yaml_tree.hpp"

#include "base/yaml_places.hpp"

#include <algorithm>

namespace fedctl::yaml {
namespace {

/// Finds the byte of a line and a column, which YAML counts in characters.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {
    if (text.starts_with("\xEF\xBB\xBF")) starts_.front() = 3;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool ends_line = text[i] == '\n' || (text[i] == '\r' && text.substr(i + 1, 1) != "\n");
      if (ends_line) starts_.push_back(i + 1);
    }
  }

  std::size_t byte_at(const Mark& mark) const {
    std::size_t at = mark.line < starts_.size() ? starts_[mark.line] : text_.size();
    for (std::size_t column = 0; column < mark.column && at < text_.size(); ++column) {
      ++at;
      while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xC0) == 0x80) ++at;
    }
    return at;
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_{0};
};

class TreeReader : public EventHandler {
 public:
  explicit TreeReader(std::string_view text) : text_(text), lines_(text) {}

  void on_scalar(const Mark& mark, const Scalar& scalar) override {
    if (wants_key()) {
      take_key(key_of(scalar));
      return;
    }
    TreeNode node = node_at(mark, TreeNode::Kind::scalar);
    node.end = behind_text(node.begin, lines_.byte_at(scalar.end));
    add(std::move(node));
  }

  void on_alias(const Mark& mark, std::string_view anchor) override {
    if (wants_key()) {
      take_key({});
      return;
    }
    TreeNode node = node_at(mark, TreeNode::Kind::alias);
    node.end = node.begin + 1 + anchor.size();
    add(std::move(node));
  }

  void on_list(const Mark& mark, std::string_view) override { open(mark, TreeNode::Kind::list); }
  void on_map(const Mark& mark, std::string_view) override { open(mark, TreeNode::Kind::map); }

  void on_end(const Mark& end) override {
    TreeNode node = std::move(open_.back());
    open_.pop_back();
    has_key_.pop_back();
    node.end = node.in_brackets || node.children.empty() ? behind_text(node.begin, lines_.byte_at(end)) : node.children.back().end;
    add(std::move(node));
  }

  std::vector<TreeNode> roots;

 private:
  bool wants_key() const { return !open_.empty() && open_.back().kind == TreeNode::Kind::map && !has_key_.back(); }

  void take_key(std::string key) {
    open_.back().keys.push_back(std::move(key));
    has_key_.back() = true;
  }

  TreeNode node_at(const Mark& mark, TreeNode::Kind kind) const {
    return {.kind = kind, .begin = lines_.byte_at(mark), .column = mark.column};
  }

  void open(const Mark& mark, TreeNode::Kind kind) {
    TreeNode node = node_at(mark, kind);
    const char first = node.begin < text_.size() ? text_[node.begin] : '\0';
    node.in_brackets = first == (kind == TreeNode::Kind::list ? '[' : '{');
    open_.push_back(std::move(node));
    has_key_.push_back(false);
  }

  void add(TreeNode node) {
    if (open_.empty()) {
      roots.push_back(std::move(node));
      return;
    }
    open_.back().children.push_back(std::move(node));
    has_key_.back() = false;
  }

  /// A block scalar ends where the next thing begins; its text ends before.
  std::size_t behind_text(std::size_t begin, std::size_t end) const {
    while (end > begin && std::string_view{" \t\r\n"}.find(text_[end - 1]) != std::string_view::npos) --end;
    return end;
  }

  std::string_view text_;
  Lines lines_;
  std::vector<TreeNode> open_;
  std::vector<bool> has_key_;  ///< Of each open map: its value comes next.
};

}  // namespace

const TreeNode* TreeNode::child(const std::string& key) const {
  const auto found = std::ranges::find(keys, key);
  const auto index = static_cast<std::size_t>(found - keys.begin());
  return index < children.size() ? &children[index] : nullptr;
}

std::vector<TreeNode> trees_of(const Source& source) {
  TreeReader reader{source.text};
  try {
    EventStream stream{std::string_view{source.text}};
    while (stream.next_document(reader)) continue;
  } catch (const SyntaxError&) {
    // What is known stays.
  }
  return std::move(reader.roots);
}

}  // namespace fedctl::yaml
