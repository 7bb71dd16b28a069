#include "import/shell.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace fedctl::import {
namespace {

bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool is_reserved(const std::string& word) {
  constexpr std::array<std::string_view, 15> reserved{"if",   "then", "else", "elif", "fi",   "while", "until", "do",
                                                      "done", "!",    "{",    "}",    "case", "esac",  "time"};
  return std::ranges::find(reserved, word) != reserved.end();
}

/// Follows the quoting rules of POSIX' shell command language, section 2.2.
class Reader {
 public:
  explicit Reader(std::string_view script) : rest_(script) {}

  std::vector<Command> read() {
    while (!rest_.empty()) step();
    end_command();
    return std::move(commands_);
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '\n') ++line_;
    return c;
  }
  bool next_is(std::string_view text) const { return rest_.starts_with(text); }

  void step() {
    if (!in_word_ && next_is("#")) {
      while (!rest_.empty() && rest_.front() != '\n') take();
      return;
    }
    if (next_is("$(")) return take_substitution();
    const std::size_t line = line_;
    const char c = take();
    switch (c) {
      case '\'':
        begin_word(line);
        while (!rest_.empty() && rest_.front() != '\'') word_ += take();
        if (!rest_.empty()) take();
        return;
      case '"': begin_word(line); return take_double_quoted();
      case '\\':
        if (next_is("\n")) {
          take();
          return;
        }
        begin_word(line);
        if (!rest_.empty()) word_ += take();
        return;
      case '$': begin_word(line); return take_variable();
      case ' ':
      case '\t': return end_word();
      case '\n':
        end_word();
        skip_here_documents();
        return end_command();
      case ';':
      case '|':
      case '&':
      case '(':
      case ')': end_word(); return end_command();
      case '<':
      case '>': return take_redirection();
      default: begin_word(line); word_ += c;
    }
  }

  void begin_word(std::size_t line) {
    if (!in_word_ && command_.words.empty()) command_.line = line;
    in_word_ = true;
  }

  void take_double_quoted() {
    while (!rest_.empty() && rest_.front() != '"') {
      if (next_is("$(")) {
        take_substitution();
        continue;
      }
      const char c = take();
      if (c == '$') {
        take_variable();
      } else if (c == '\\' && !rest_.empty() && std::string_view{"$`\"\\\n"}.find(rest_.front()) != std::string_view::npos) {
        const char escaped = take();
        if (escaped != '\n') word_ += escaped;
      } else {
        word_ += c;
      }
    }
    if (!rest_.empty()) take();
  }

  /// "$(...)" as it is written; what is in it may change from run to run.
  void take_substitution() {
    begin_word(line_);
    int depth = 0;
    while (!rest_.empty()) {
      const char c = take();
      word_ += c;
      if (c == '(') ++depth;
      if (c == ')' && --depth == 0) return;
    }
  }

  /// Behind a '$'.
  void take_variable() {
    const bool braced = next_is("{");
    if (braced) take();
    std::string name;
    while (!rest_.empty() && is_name_character(rest_.front())) name += take();
    std::string otherwise;
    if (braced) {
      std::string behind;
      while (!rest_.empty() && rest_.front() != '}') behind += take();
      if (!rest_.empty()) take();
      if (behind.starts_with(":-")) otherwise = behind.substr(2);
    }
    const auto known = variables_.find(name);
    word_ += known == variables_.end() ? (otherwise.empty() ? "$" + name : otherwise) : known->second;
  }

  void take_redirection() {
    // "2>": the number is no word of the command's.
    if (word_.size() == 1 && std::isdigit(static_cast<unsigned char>(word_.front())) != 0) word_.clear(), in_word_ = false;
    end_word();
    const bool is_here_document = next_is("<");
    while (next_is(">") || next_is("<") || next_is("&") || next_is("-")) take();
    while (next_is(" ")) take();
    std::string target;
    while (!rest_.empty() && std::string_view{" \t\n;|&"}.find(rest_.front()) == std::string_view::npos) target += take();
    std::erase_if(target, [](char c) { return c == '\'' || c == '"'; });
    if (is_here_document) here_documents_.push_back(target);
  }

  void skip_here_documents() {
    for (const std::string& end : here_documents_) {
      while (!rest_.empty()) {
        std::string line;
        while (!rest_.empty() && rest_.front() != '\n') line += take();
        if (!rest_.empty()) take();
        line.erase(0, std::min(line.find_first_not_of('\t'), line.size()));
        if (line == end) break;
      }
    }
    here_documents_.clear();
  }

  void end_word() {
    if (!in_word_) return;
    in_word_ = false;
    std::string word = std::move(word_);
    word_.clear();
    if (command_.words.empty() && is_reserved(word)) return;
    const auto equals = word.find('=');
    const bool is_assignment = command_.words.empty() && equals != std::string::npos && equals > 0 &&
                               std::ranges::all_of(word.substr(0, equals), is_name_character);
    if (is_assignment) {
      variables_[word.substr(0, equals)] = word.substr(equals + 1);
    } else {
      command_.words.push_back(std::move(word));
    }
  }

  void end_command() {
    end_word();
    if (!command_.words.empty()) commands_.push_back(std::move(command_));
    command_ = {};
  }

  std::string_view rest_;
  std::size_t line_ = 1;
  std::string word_;
  bool in_word_ = false;
  Command command_;
  std::vector<Command> commands_;
  std::vector<std::string> here_documents_;
  std::map<std::string, std::string> variables_;
};

}  // namespace

std::vector<Command> commands_of(std::string_view script) { return Reader{script}.read(); }

}  // namespace fedctl::import
