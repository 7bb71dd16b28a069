#include "base/yaml_strict.hpp"

namespace fedctl::yaml {
namespace {

bool is_blank_or_comment(std::string_view line) {
  const auto first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#' || line.front() == '%';
}

}  // namespace

Lines::Lines(std::string_view text) : text_(text), starts_{0} {
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1)) starts_.push_back(end + 1);
}

std::string_view Lines::line(std::size_t number) const {
  const std::size_t start = starts_.at(number);
  return text_.substr(start, text_.find('\n', start) - start);
}

bool Lines::starts_a_document(const YAML::Mark& mark) const {
  auto number = static_cast<std::size_t>(mark.line);
  if (mark.line < 0 || number >= starts_.size() || line(number).starts_with("---")) return true;
  while (number-- > 0) {
    const std::string_view before = line(number);
    if (before.starts_with("...") || before.starts_with("---")) return true;
    if (!is_blank_or_comment(before)) return false;
  }
  return true;
}

bool Lines::ends_quoted(const YAML::Mark& mark) const {
  if (mark.line < 0 || static_cast<std::size_t>(mark.line) >= starts_.size()) return true;
  std::size_t at = starts_[static_cast<std::size_t>(mark.line)];
  for (int column = 0; column < mark.column && at < text_.size(); ++column) {
    // Marks count characters, not bytes.
    for (++at; at < text_.size() && (static_cast<unsigned char>(text_[at]) >> 6) == 2; ++at) {}
  }
  if (at >= text_.size() || (text_[at] != '"' && text_[at] != '\'')) return true;
  const char quote = text_[at];
  for (++at; at < text_.size(); ++at) {
    if (text_[at] == quote) {
      if (quote == '"' || at + 1 >= text_.size() || text_[at + 1] != quote) return true;
      ++at;
    } else if (text_[at] == '\\' && quote == '"') {
      ++at;
    }
  }
  return false;
}

}  // namespace fedctl::yaml
