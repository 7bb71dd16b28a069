#include "cli/command_line.hpp"

#include <cctype>

namespace fedctl::cli {
namespace {

bool is_any_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

/// Means itself in a shell wherever it stands.
bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0 || is_any_of(c, "-_./,:=@%+");
}

std::string quoted(char c, char quote) {
  if (quote == '\'') return c == '\'' ? R"('\'')" : std::string{c};
  if (quote == '"') {
    // No backslash helps against the history within double quotes.
    if (c == '!') return R"("'!'")";
    return is_any_of(c, "$`\"\\") ? std::string{'\\', c} : std::string{c};
  }
  return is_plain(c) ? std::string{c} : std::string{'\\', c};
}

}  // namespace

CommandLine read_command_line(std::string_view line, std::string_view word_breaks) {
  CommandLine result;
  bool in_word = false;
  std::size_t behind_quote = 0;
  const auto add = [&](char c) {
    if (result.open_quote != '\0') result.kept = behind_quote;
    if (!in_word) result.words.emplace_back(), result.kept = 0;
    in_word = true;
    if (c != '\0') result.words.back() += c;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool may_escape =
        result.open_quote == '\0' || (result.open_quote == '"' && i + 1 < line.size() && is_any_of(line[i + 1], "$`\"\\"));
    if (result.open_quote != '\0' && c == result.open_quote) {
      result.open_quote = '\0';
    } else if (c == '\\' && may_escape) {
      add(++i < line.size() ? line[i] : '\0');
    } else if (result.open_quote != '\0') {
      add(c);
    } else if (c == '\'' || c == '"') {
      add('\0');
      result.open_quote = c;
      behind_quote = result.words.back().size();
    } else if (is_any_of(c, " \t\n")) {
      in_word = false;
    } else {
      add(c);
      // Readline takes '@' and '$' into the word that they begin.
      if (is_any_of(c, word_breaks)) result.kept = result.words.back().size() - (is_any_of(c, "@$") ? 1 : 0);
    }
  }
  if (result.open_quote != '\0') result.kept = behind_quote;
  if (!in_word) result.words.emplace_back(), result.kept = 0;
  return result;
}

std::string insertion_of(const CommandLine& line, std::string_view word) {
  std::string result;
  for (const char c : word.substr(line.kept)) result += quoted(c, line.open_quote);
  return result;
}

}  // namespace fedctl::cli
