#include "base/yaml_edit.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/yaml_tree.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
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

/// What names an entry of the lists that are edited: overrides, and variables of containers.
constexpr std::array<const char*, 3> naming_keys{"path", "clusterName", "name"};

std::string name_of(const json& entry) {
  for (const char* key : naming_keys) {
    if (entry.is_object() && entry.contains(key)) return to_text(entry[key]);
  }
  return {};
}
bool has_name(const json& entry) { return !name_of(entry).empty(); }

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

  /// Was a list or a map that may have comments put in one line?
  bool loses_comments() const { return loses_comments_; }

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
    std::vector<std::size_t> lost;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      if (!after.contains(node.keys[i])) lost.push_back(i);
    }
    // The first key may stand behind the mark of a list's entry.
    if (!lost.empty() && (node.in_brackets || lost.front() == 0)) {
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
    for (const std::size_t i : lost) remove_lines(first_line_behind(node.children[i - 1].end), node.children[i].end);
    if (node.in_brackets || node.children.empty()) {
      std::vector<std::string> entries;
      for (const auto& [key, value] : added) entries.push_back(in_one_line(key, as_json_) + ": " + in_one_line(value, as_json_));
      add_in_brackets(node, entries);
      return true;
    }
    std::size_t last = node.children.size() - 1;
    while (!lost.empty() && lost.back() == last) {
      lost.pop_back();
      --last;
    }
    for (const auto& [key, value] : added) add_lines(node, node.children[last].end, emit(json{{key.get<std::string>(), value}}), "");
    return true;
  }

  /// Which entry of `after` each of `before` became; none: it is gone. Entries that have a name are the same by it, others by their place.
  /// Nothing where the entries that stayed are not in the order they were in.
  static std::optional<std::vector<std::optional<std::size_t>>> pairs_of(const json& before, const json& after) {
    std::vector<std::optional<std::size_t>> pairs(before.size());
    const bool are_named = std::ranges::all_of(before, has_name) && std::ranges::all_of(after, has_name);
    std::size_t next = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (!are_named) {
        if (i < after.size()) pairs[i] = i;
        continue;
      }
      const auto same = [&](const json& entry) { return name_of(entry) == name_of(before[i]); };
      const auto found = static_cast<std::size_t>(std::ranges::find_if(after, same) - after.begin());
      if (found == after.size()) continue;
      if (found != next) return std::nullopt;
      pairs[i] = next++;
    }
    return pairs;
  }

  bool change_list(const TreeNode& node, const json& before, const json& after) {
    if (node.children.size() != before.size()) return false;
    const auto pairs = pairs_of(before, after);
    const bool has_losses = !pairs || std::ranges::any_of(*pairs, [](const auto& pair) { return !pair; });
    const bool keeps_first = pairs && !pairs->empty() && pairs->front();
    if (has_losses && (node.in_brackets || !keeps_first)) {
      replace(node, after);
      return true;
    }
    std::size_t known = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (const auto pair = (*pairs)[i]) {
        if (!change(node.children[i], before[i], after[*pair])) return false;
        known = *pair + 1;
        last = i;
      } else {
        remove_lines(first_line_behind(node.children[i - 1].end), node.children[i].end);
      }
    }
    std::vector<std::string> entries;
    for (std::size_t i = known; i < after.size(); ++i) {
      const bool is_short = node.in_brackets || node.children.empty() || node.children.back().in_brackets;
      const std::string entry = is_short ? in_one_line(after[i], as_json_) : emit(after[i]);
      if (node.in_brackets || node.children.empty()) {
        entries.push_back(entry);
      } else {
        add_lines(node, node.children[last].end, entry, "- ");
      }
    }
    add_in_brackets(node, entries);
    return true;
  }

  /// The beginning of the first line behind `at` that says something: comments before it are about what comes next, or what came before.
  std::size_t first_line_behind(std::size_t at) const {
    std::size_t line = text_.find('\n', at);
    while (line != std::string::npos) {
      const std::size_t first = text_.find_first_not_of(" \t\r", line + 1);
      if (first == std::string::npos) break;
      if (text_[first] != '#' && text_[first] != '\n') return line + 1;
      line = text_.find('\n', first);
    }
    return text_.size();
  }

  /// From the beginning of a line to the end of that in which `last` is.
  void remove_lines(std::size_t begin, std::size_t last) {
    const std::size_t end = text_.find('\n', last);
    edits_.push_back({begin, (end == std::string::npos ? text_.size() : end + 1) - begin, ""});
  }

  void add_in_brackets(const TreeNode& node, const std::vector<std::string>& entries) {
    if (entries.empty()) return;
    const std::size_t at = node.children.empty() ? node.begin + 1 : node.children.back().end;
    edits_.push_back({at, 0, (node.children.empty() ? "" : ", ") + text::join(entries, ", ")});
  }

  /// Lines behind that in which `behind` is; `mark` is what the first of them begins with.
  void add_lines(const TreeNode& node, std::size_t behind, std::string lines, std::string_view mark) {
    while (lines.ends_with('\n')) lines.pop_back();
    std::size_t at = std::min(text_.find('\n', behind), text_.size());
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
    const std::string_view old = std::string_view{text_}.substr(node.begin, node.end - node.begin);
    loses_comments_ = loses_comments_ || (node.kind != TreeNode::Kind::scalar && old.find('#') != std::string_view::npos);
    edits_.push_back({node.begin, node.end - node.begin, std::move(value)});
  }

  const std::string& text_;
  bool as_json_;
  bool loses_comments_ = false;
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
  const Error hopeless{.code = Code::invalid_input,
                       .message = "this cannot be changed without losing what it says",
                       .place = source.name,
                       .hint = "change it by hand"};
  if (old == before->documents.end() || document >= roots.size()) return Failure{hopeless};
  const TreeNode& root = roots[document];
  Editor editor{source.text, root.in_brackets};
  if (editor.change(root, old->value, value)) {
    Edited edited{.text = editor.result(), .is_rewritten = editor.loses_comments()};
    if (reads_as(edited.text, source, *before, document, value)) return edited;
  }
  editor.rewrite(root, value);
  Edited edited{.text = editor.result(), .is_rewritten = true};
  if (reads_as(edited.text, source, *before, document, value)) return edited;
  return Failure{hopeless};
}

}  // namespace fedctl::yaml
