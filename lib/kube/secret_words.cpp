#include "kube/secret_words.hpp"

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace fedctl::kube {
namespace {

using nlohmann::json;

constexpr std::string_view last_applied = "kubectl.kubernetes.io/last-applied-configuration";
constexpr std::string_view hidden = "(hidden)";

/// Shorter ones are in many words, and are hidden between quotation marks only.
constexpr std::size_t shortest = 4;

class Values {
 public:
  void collect(const json& value, bool is_secret) {
    if (value.is_string() && is_secret) add(value.get_ref<const std::string&>());
    if (value.is_array()) {
      for (const json& item : value) collect(item, is_secret);
    }
    if (!value.is_object()) return;
    for (const auto& [key, item] : value.items()) {
      if (key == last_applied && item.is_string()) {
        collect(parse_json(item.get_ref<const std::string&>()), false);
      } else {
        collect(item, is_secret || key == "data" || key == "stringData" || key == "value");
      }
    }
  }

  /// The longest first, so that none is left in part.
  std::vector<std::string> sorted() const {
    std::vector<std::string> all{texts_.begin(), texts_.end()};
    std::ranges::stable_sort(all, std::ranges::greater{}, &std::string::size);
    return all;
  }

 private:
  void add(const std::string& value) {
    add_spellings(value);
    texts_.insert(encoding::to_base64(value));
    if (const auto plain = encoding::from_base64(value)) add_spellings(*plain);
  }

  /// As it is, as it stands between quotation marks, and each of its lines.
  void add_spellings(const std::string& value) {
    texts_.insert(value);
    const std::string quoted = to_text(value);
    texts_.insert(quoted.substr(1, quoted.size() - 2));
    for (const std::string& line : text::split(value, '\n')) texts_.insert(text::trim(line));
  }

  std::set<std::string> texts_;
};

void hide(std::string& message, const std::string& value) {
  if (value.size() >= shortest) return text::replace_all(message, value, hidden);
  for (const std::string mark : {"\"", "'", "`"}) text::replace_all(message, mark + value + mark, mark + std::string{hidden} + mark);
}

}  // namespace

std::string without_secrets(std::string message, std::string_view kind, const json& content) {
  if (message.empty() || !kind.ends_with("Secret")) return message;
  Values values;
  values.collect(content, false);
  for (const std::string& value : values.sorted()) {
    if (!value.empty()) hide(message, value);
  }
  return message;
}

std::string without_quoted(const std::string& message) {
  std::string kept;
  for (std::size_t at = 0; at < message.size();) {
    const char mark = message[at];
    const bool opens = mark == '"' || mark == '\'' || mark == '`';
    if (!opens) {
      kept += message[at++];
      continue;
    }
    // A value may hold the mark itself: all up to the last one of its kind is hidden.
    const std::size_t end = message.rfind(mark);
    kept += mark + std::string{hidden} + mark;
    at = (end == at ? message.size() : end + 1);
  }
  return kept;
}

Error without_secrets(Error error, std::string_view kind, const json& content) {
  error.message = without_secrets(std::move(error.message), kind, content);
  return error;
}

}  // namespace fedctl::kube
