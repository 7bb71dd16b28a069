#include "data/synchronous_names.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <optional>

namespace fedctl::data {
namespace {

constexpr std::string_view every = "*";

struct Token {
  enum class Kind { name, quoted, number, star, comma, open, close, end, wrong };
  Kind kind = Kind::end;
  std::string text = {};
};

/// Splits the text as PostgreSQL's syncrep_scanner.l does.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Token next() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    if (at_ == text_.size()) return {Token::Kind::end};
    const char c = text_[at_];
    if (c == '"') return quoted();
    if (is_digit(c)) return {Token::Kind::number, while_is(&is_digit)};
    if (begins_name(c)) return {Token::Kind::name, while_is(&continues_name)};
    ++at_;
    switch (c) {
      case '*': return {Token::Kind::star, std::string{every}};
      case ',': return {Token::Kind::comma, ","};
      case '(': return {Token::Kind::open, "("};
      case ')': return {Token::Kind::close, ")"};
      default: return {Token::Kind::wrong, std::string{c}};
    }
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool begins_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  }
  static bool continues_name(char c) { return begins_name(c) || is_digit(c) || c == '$'; }

  std::string while_is(bool (*belongs)(char)) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    return std::string{text_.substr(begin, at_ - begin)};
  }

  /// A quote within is written twice.
  Token quoted() {
    std::string name;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != '"') {
        name += text_[at_];
        continue;
      }
      ++at_;
      const bool is_doubled = at_ < text_.size() && text_[at_] == '"';
      if (!is_doubled) return {Token::Kind::quoted, std::move(name)};
      name += '"';
    }
    return {Token::Kind::wrong, "\""};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

using Kind = Token::Kind;

class Parser {
 public:
  explicit Parser(std::string_view text) {
    Scanner scanner{text};
    do {
      tokens_.push_back(scanner.next());
    } while (tokens_.back().kind != Kind::end && tokens_.back().kind != Kind::wrong);
  }

  std::optional<SynchronousNames> run() {
    SynchronousNames result{.count = 1};
    if (tokens_.front().kind == Kind::end) return SynchronousNames{};
    const std::string word = tokens_.front().kind == Kind::name ? text::lower(tokens_.front().text) : "";
    const bool is_method = (word == "first" || word == "any") && kind_at(1) == Kind::number;
    // A number followed by no parenthesis is a name.
    const bool is_counted = is_method || (kind_at(0) == Kind::number && kind_at(1) == Kind::open);
    if (is_method) {
      result.method = word == "any" ? SynchronousNames::Method::any : SynchronousNames::Method::first;
      ++at_;
    }
    if (is_counted) {
      if (!read_count(result.count) || !take(Kind::open)) return std::nullopt;
    }
    if (!read_list(result.names)) return std::nullopt;
    if (is_counted && !take(Kind::close)) return std::nullopt;
    if (kind_at(at_) != Kind::end) return std::nullopt;
    return result;
  }

 private:
  Kind kind_at(std::size_t index) const { return index < tokens_.size() ? tokens_[index].kind : Kind::end; }

  bool take(Kind kind) {
    if (kind_at(at_) != kind) return false;
    ++at_;
    return true;
  }

  bool read_count(std::size_t& count) {
    if (kind_at(at_) != Kind::number) return false;
    const std::string& digits = tokens_[at_++].text;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    return read.ec == std::errc{} && count > 0;
  }

  bool read_list(std::vector<std::string>& names) {
    while (true) {
      const Kind kind = kind_at(at_);
      const bool is_name = kind == Kind::name || kind == Kind::quoted || kind == Kind::number || kind == Kind::star;
      if (!is_name) return false;
      names.push_back(tokens_[at_++].text);
      if (!take(Kind::comma)) return true;
    }
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

bool SynchronousNames::has_every() const { return std::ranges::find(names, every) != names.end(); }

Result<SynchronousNames> parse_synchronous_names(std::string_view text) {
  auto parsed = Parser{text}.run();
  if (parsed) return std::move(*parsed);
  return Failure{{.code = Code::invalid_input,
                  .message = fmt::format("'{}' cannot be read as a list of synchronous standbys", text),
                  .hint = "write it as FIRST 1 (name, ...) or ANY 1 (name, ...)"}};
}

std::string to_string(const SynchronousNames& names) {
  if (!names.waits()) return {};
  std::string list;
  for (const std::string& name : names.names) {
    std::string quoted = name;
    text::replace_all(quoted, "\"", "\"\"");
    list += fmt::format("{}{}", list.empty() ? "" : ", ", name == every ? name : "\"" + quoted + "\"");
  }
  return fmt::format("{} {} ({})", names.method == SynchronousNames::Method::any ? "ANY" : "FIRST", names.count, list);
}

bool is_named(const SynchronousNames& names, std::string_view application_name) {
  const std::string wanted = text::lower(application_name);
  return std::ranges::any_of(names.names, [&](const std::string& name) { return name == every || text::lower(name) == wanted; });
}

bool is_answered(const SynchronousNames& names, std::span<const std::string> streaming) {
  const auto answering = std::ranges::count_if(streaming, [&](const std::string& name) { return is_named(names, name); });
  return static_cast<std::size_t>(answering) >= names.count;
}

bool is_answered(std::string_view names, std::span<const std::string> streaming) {
  const auto parsed = parse_synchronous_names(names);
  return parsed && is_answered(*parsed, streaming);
}

}  // namespace fedctl::data
