#include "base/yaml.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace fedctl::yaml {
namespace {

using nlohmann::json;

/// NEL, the line and paragraph separators and the byte order mark: YAML 1.1 takes them for breaks, or drops them.
bool has_unicode_breaks(std::string_view text) {
  return text.find("\xC2\x85") != std::string_view::npos || text.find("\xE2\x80\xA8") != std::string_view::npos ||
         text.find("\xE2\x80\xA9") != std::string_view::npos || text.find("\xEF\xBB\xBF") != std::string_view::npos;
}

bool is_printable_line_text(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c != 0x7F; }) && !has_unicode_breaks(text);
}

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

/// Can the string be a literal block (`|`)? Each line must survive: no control characters, no trailing blanks.
bool may_be_literal(const std::string& text) {
  if (text.find('\n') == std::string::npos || text.front() == ' ' || text.front() == '\n') return false;
  if (has_unicode_breaks(text)) return false;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = std::string_view{text}.substr(start, end - start);
    const bool clean = std::ranges::all_of(line, [](unsigned char c) { return (c >= 0x20 && c != 0x7F) || c == '\t'; });
    if (!clean || line.starts_with('\t') || line.ends_with(' ') || line.ends_with('\t')) return false;
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
      out += value.dump();
    }
  }

  void string(const std::string& text, std::size_t indent, bool may_take_lines) {
    if (may_be_plain(text)) {
      out += text;
    } else if (may_take_lines && may_be_literal(text)) {
      literal(text, indent + 2);
    } else {
      out += json(text).dump(-1, ' ', has_unicode_breaks(text) || text.find('\x7F') != std::string::npos);
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
