#include "base/yaml_edit.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/yaml_tree.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <optional>

namespace fedctl::yaml {
namespace {

using nlohmann::json;

/// A value on one line, in brackets. JSON is YAML too; where the document is none, words need no quotes.
std::string in_one_line(const json& value, bool as_json) {
  std::vector<std::string> parts;
  if (value.is_object()) {
    for (const auto& [key, item] : value.items())
      parts.push_back(fmt::format("{}: {}", in_one_line(key, as_json), in_one_line(item, as_json)));
    return "{" + text::join(parts, ", ") + "}";
  }
  if (value.is_array()) {
    for (const json& item : value) parts.push_back(in_one_line(item, as_json));
    return "[" + text::join(parts, ", ") + "]";
  }
  if (!value.is_string() || as_json) return to_text(value);
  constexpr std::string_view safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./ ";
  const std::string& text = value.get_ref<const std::string&>();
  const std::string emitted = text::trim(emit(value));
  return emitted == text && text.find_first_not_of(safe) == std::string::npos ? text : to_text(value);
}

/// Collects what is to be done to the text of one document.
class Editor {
 public:
  explicit Editor(const std::string& text, bool as_json) : text_(text), as_json_(as_json) {
    line_end_ = text.find("\r\n") == std::string::npos ? "\n" : "\r\n";
  }

  /// False where a difference has no place in the text.
  bool change(const TreeNode& node, const json& before, const json& after) {
    if (before == after) return true;
    if (node.kind == TreeNode::Kind::alias) return false;
    if (before.is_object() && after.is_object() && node.kind == TreeNode::Kind::map) return change_map(node, before, after);
    if (before.is_array() && after.is_array() && node.kind == TreeNode::Kind::list) return change_list(node, before, after);
    replace(node, after);
    return true;
  }

  void rewrite(const TreeNode& root, const json& after) {
    std::string whole = as_json_ ? to_text(after, 2) : emit(after);
    while (whole.ends_with('\n')) whole.pop_back();
    edits_ = {{root.begin, root.end - root.begin, std::move(whole)}};
  }

  std::string result() {
    std::ranges::stable_sort(edits_, {}, &Edit::at);
    std::string result;
    std::size_t done = 0;
    for (const Edit& edit : edits_) {
      if (edit.at < done) continue;
      result.append(text_, done, edit.at - done).append(edit.text);
      done = edit.at + edit.length;
    }
    return result.append(text_, done);
  }

 private:
  struct Edit {
    std::size_t at;
    std::size_t length;
    std::string text;
  };

  bool change_map(const TreeNode& node, const json& before, const json& after) {
    if (node.keys.size() != before.size()) return false;
    const bool loses_a_key = std::ranges::any_of(before.items(), [&](const auto& one) { return !after.contains(one.key()); });
    if (loses_a_key) {
      replace(node, after);
      return true;
    }
    std::vector<std::pair<json, json>> added;
    for (const auto& [key, value] : after.items()) {
      if (!before.contains(key)) {
        added.emplace_back(key, value);
        continue;
      }
      const TreeNode* child = node.child(key);
      if (child == nullptr || !change(*child, before[key], value)) return false;
    }
    if (node.in_brackets || node.children.empty()) {
      std::vector<std::string> entries;
      for (const auto& [key, value] : added) entries.push_back(in_one_line(key, as_json_) + ": " + in_one_line(value, as_json_));
      add_in_brackets(node, entries);
      return true;
    }
    for (const auto& [key, value] : added) add_lines(node, emit(json{{key.get<std::string>(), value}}), "");
    return true;
  }

  bool change_list(const TreeNode& node, const json& before, const json& after) {
    if (node.children.size() != before.size()) return false;
    if (after.size() < before.size()) {
      replace(node, after);
      return true;
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (!change(node.children[i], before[i], after[i])) return false;
    }
    std::vector<std::string> entries;
    for (std::size_t i = before.size(); i < after.size(); ++i) {
      const bool is_short = node.in_brackets || node.children.empty() || node.children.back().in_brackets;
      const std::string entry = is_short ? in_one_line(after[i], as_json_) : emit(after[i]);
      if (node.in_brackets || node.children.empty()) {
        entries.push_back(entry);
      } else {
        add_lines(node, entry, "- ");
      }
    }
    add_in_brackets(node, entries);
    return true;
  }

  void add_in_brackets(const TreeNode& node, const std::vector<std::string>& entries) {
    if (entries.empty()) return;
    const std::size_t at = node.children.empty() ? node.begin + 1 : node.children.back().end;
    edits_.push_back({at, 0, (node.children.empty() ? "" : ", ") + text::join(entries, ", ")});
  }

  /// Lines behind those of the node's last entry; `mark` is what the first of them begins with.
  void add_lines(const TreeNode& node, std::string lines, std::string_view mark) {
    while (lines.ends_with('\n')) lines.pop_back();
    std::size_t at = std::min(text_.find('\n', node.end), text_.size());
    if (at > 0 && at < text_.size() && text_[at - 1] == '\r') --at;
    std::string added;
    std::string begin{mark};
    for (const std::string& line : text::split(lines, '\n')) {
      added += line_end_ + std::string(node.column, ' ') + begin + line;
      begin.assign(mark.size(), ' ');
    }
    edits_.push_back({at, 0, std::move(added)});
  }

  void replace(const TreeNode& node, const json& after) {
    std::string value = in_one_line(after, as_json_);
    const bool is_quoted = node.kind == TreeNode::Kind::scalar && node.begin < text_.size() && text_[node.begin] == '"';
    if (is_quoted) value = to_text(after);
    // What is left empty ("key:") stands right behind the colon.
    if (node.begin == node.end && node.begin > 0 && text_[node.begin - 1] == ':') value.insert(0, " ");
    // A list may stand as far to the left as its key; brackets may not.
    const std::size_t line = text_.rfind('\n', node.begin) + 1;
    const bool begins_line = text_.find_first_not_of(' ', line) == node.begin;
    if (begins_line && !node.in_brackets && node.kind == TreeNode::Kind::list) value.insert(0, "  ");
    edits_.push_back({node.begin, node.end - node.begin, std::move(value)});
  }

  const std::string& text_;
  bool as_json_;
  std::string line_end_;
  std::vector<Edit> edits_;
};

/// Does the text hold the documents of before, but for the one that is now `value`?
bool reads_as(const std::string& text, const Source& source, const Parsed& before, std::size_t document, const json& value) {
  const auto after = parse(std::make_shared<const Source>(Source{.name = source.name, .text = text}));
  if (!after || after->documents.size() != before.documents.size()) return false;
  for (std::size_t i = 0; i < before.documents.size(); ++i) {
    const Document& old = before.documents[i];
    if (after->documents[i].value != (old.index == document ? value : old.value)) return false;
  }
  return true;
}

}  // namespace

Result<Edited> edit(const Source& source, std::size_t document, const json& value) {
  const auto before = parse(std::make_shared<const Source>(Source{.name = source.name, .text = source.text}));
  if (!before) return Failure{before.error()};
  const auto old = std::ranges::find(before->documents, document, &Document::index);
  const std::vector<TreeNode> roots = trees_of(source);
  const Error hopeless{Code::invalid_input, "this cannot be changed without losing what it says", source.name, "", "", "change it by hand"};
  if (old == before->documents.end() || document >= roots.size()) return Failure{hopeless};
  const TreeNode& root = roots[document];
  Editor editor{source.text, root.in_brackets};
  if (editor.change(root, old->value, value)) {
    Edited edited{.text = editor.result()};
    if (reads_as(edited.text, source, *before, document, value)) return edited;
  }
  editor.rewrite(root, value);
  Edited edited{.text = editor.result(), .is_rewritten = true};
  if (reads_as(edited.text, source, *before, document, value)) return edited;
  return Failure{hopeless};
}

}  // namespace fedctl::yaml
