#include "base/yaml.hpp"

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/printable.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace fedctl::yaml {
namespace {

using nlohmann::json;

/// What steers a terminal or is no UTF-8 is written with escapes; NEL, the separators of lines and paragraphs and the byte order mark,
/// which YAML 1.1 takes for breaks or drops, are among that.
bool is_printable_line_text(const std::string& text) { return text::printable(text) == text; }

std::string quoted(const std::string& text) { return text::printable(to_text(text)); }

/// Can the string stand without quotes and still be a string, for every YAML reader?
bool may_be_plain(const std::string& text) {
  if (text.empty() || !is_printable_line_text(text) || text.front() == ' ' || text.back() == ' ') return false;
  constexpr std::string_view indicators = "-?:,[]{}#&*!|>'\"%@`=<";
  if (indicators.find(text.front()) != std::string_view::npos) return false;
  if (text.find(": ") != std::string::npos || text.find(" #") != std::string::npos || text.back() == ':') return false;
  if (std::isdigit(static_cast<unsigned char>(text.front())) != 0 || text.front() == '.' || text.front() == '+') {
    const bool number_like = text.find_first_not_of("0123456789+-._:eExXoObBaAcCdDfFTZ ") == std::string::npos;
    if (number_like) return false;
  }
  const auto meaning = resolve_plain(text);
  return meaning && meaning->is_string() && text != "...";
}

/// Can the string be a literal block (`|`)? Each line must survive: printable, and without trailing blanks.
bool may_be_literal(const std::string& text) {
  if (text.find('\n') == std::string::npos || text.front() == ' ' || text.front() == '\n') return false;
  if (text::printable_lines(text) != text) return false;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = std::string_view{text}.substr(start, end - start);
    if (line.starts_with('\t') || line.ends_with(' ') || line.ends_with('\t')) return false;
    start = end + 1;
  }
  return true;
}

class Emitter {
 public:
  std::string out;

  void block(const json& value, std::size_t indent) {
    if (value.is_object() && !value.empty()) {
      object(value, indent);
    } else if (value.is_array() && !value.empty()) {
      array(value, indent);
    } else {
      scalar(value, indent);
      out += '\n';
    }
  }

 private:
  void object(const json& value, std::size_t indent) {
    bool first = true;
    for (const auto& [key, item] : value.items()) {
      if (!std::exchange(first, false)) out.append(indent, ' ');
      string(key, indent, false);
      out += ':';
      nested(item, indent);
    }
  }

  void nested(const json& item, std::size_t indent) {
    if (item.is_object() && !item.empty()) {
      out += '\n';
      out.append(indent + 2, ' ');
      object(item, indent + 2);
    } else if (item.is_array() && !item.empty()) {
      out += '\n';
      out.append(indent, ' ');
      array(item, indent);
    } else {
      out += ' ';
      scalar(item, indent);
      out += '\n';
    }
  }

  void array(const json& value, std::size_t indent) {
    bool first = true;
    for (const json& item : value) {
      if (!std::exchange(first, false)) out.append(indent, ' ');
      out += "- ";
      block(item, indent + 2);
    }
  }

  void scalar(const json& value, std::size_t indent) {
    if (value.is_string()) {
      string(value.get_ref<const std::string&>(), indent, true);
    } else {
      out += to_text(value);
    }
  }

  void string(const std::string& text, std::size_t indent, bool may_take_lines) {
    const bool is_text = encoding::is_utf8(text);
    if (is_text && may_be_plain(text)) {
      out += text;
    } else if (is_text && may_take_lines && may_be_literal(text)) {
      literal(text, indent + 2);
    } else {
      out += quoted(text);
    }
  }

  void literal(const std::string& text, std::size_t indent) {
    const bool ends_a_line = text.back() == '\n';
    out += !ends_a_line ? "|-" : text.ends_with("\n\n") ? "|+" : "|";
    for (std::size_t start = 0; start < text.size();) {
      const std::size_t end = std::min(text.find('\n', start), text.size());
      out += '\n';
      if (end > start) out.append(indent, ' ').append(text, start, end - start);
      start = end + 1;
    }
  }
};

}  // namespace

std::string emit(const json& value) {
  Emitter emitter;
  emitter.block(value, 0);
  return std::move(emitter.out);
}

}  // namespace fedctl::yaml
