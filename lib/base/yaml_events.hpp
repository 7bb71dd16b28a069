#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

/// YAML texts as a stream of events, by libyaml (whose Go port reads YAML in kubectl); for lib/base alone.
namespace fedctl::yaml {

/// A place in a text; lines and columns from 0, columns in characters.
struct Mark {
  std::size_t line = 0;
  std::size_t column = 0;
};

struct Scalar {
  std::string_view text;
  std::string_view tag;     ///< As written, resolved: "tag:yaml.org,2002:str"; empty where there is none.
  std::string_view anchor;  ///< Empty where there is none.
  bool is_plain = false;    ///< Stands without quotes, and is no block.
  Mark end = {};            ///< Behind its last character.
};

/// What a document consists of, in its order.
class EventHandler {
 public:
  virtual ~EventHandler() = default;
  virtual void on_scalar(const Mark& mark, const Scalar& scalar) = 0;
  virtual void on_alias(const Mark& mark, std::string_view anchor) = 0;
  virtual void on_list(const Mark& mark, std::string_view anchor) = 0;
  virtual void on_map(const Mark& mark, std::string_view anchor) = 0;
  /// Of the innermost list or map. Where that stands in brackets, `end` is behind them; else at what comes next.
  virtual void on_end(const Mark& end) = 0;
  virtual bool wants_more() const { return true; }
};

/// Thrown: the text is no YAML.
struct SyntaxError : std::runtime_error {
  SyntaxError(Mark where, const std::string& message) : std::runtime_error(message), mark(where) {}
  Mark mark;
};

/// JSON is read as well: documents may stand back to back (`{...}{...}`), and characters beyond the basic plane may be two \u escapes.
class EventStream {
 public:
  /// `text` must outlive it.
  explicit EventStream(std::string_view text);
  /// Reads the file as it goes on; one that cannot be read is a SyntaxError, too.
  explicit EventStream(const std::filesystem::path& file);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// Hands the next document over, or as much of it as is wanted; false where there is none.
  bool next_document(EventHandler& handler);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fedctl::yaml
