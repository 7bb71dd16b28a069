#include "base/yaml_events.hpp"

#include <fmt/format.h>
#include <yaml.h>
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

namespace fedctl::yaml {
namespace {

Mark mark_of(const yaml_mark_t& mark) { return {mark.line, mark.column}; }

std::string_view view(const yaml_char_t* text) { return text == nullptr ? "" : reinterpret_cast<const char*>(text); }

/// What is being scanned when it goes wrong begins where the mistake is; what is being parsed may have begun long before.
SyntaxError error_of(const yaml_parser_t& parser) {
  const std::string_view context = parser.context == nullptr ? "" : parser.context;
  const std::string_view problem = parser.problem == nullptr ? "it cannot be read" : parser.problem;
  if (parser.error == YAML_READER_ERROR) return {{}, fmt::format("this is no YAML: {}", problem)};
  const bool is_scanning = context.starts_with("while scanning");
  const std::string message =
      context.empty() ? fmt::format("this is no YAML: {}", problem) : fmt::format("this is no YAML: {}, {}", problem, context);
  return {mark_of(is_scanning ? parser.context_mark : parser.problem_mark), message};
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// What is parsed. It is handed over in pieces that begin small, for libyaml decodes a piece at once, and JSON documents that stand
/// back to back begin anew each time.
class Input {
 public:
  explicit Input(std::string_view text) : text_(text) {}
  explicit Input(const std::filesystem::path& path) : file_(std::fopen(path.c_str(), "rb")) {
    if (!file_) throw SyntaxError{{}, fmt::format("it cannot be read: {}", std::strerror(errno))};
  }

  std::size_t read(unsigned char* out, std::size_t most) {
    const std::size_t wanted = std::min(most, piece_);
    piece_ = std::min(piece_ * 2, greatest_piece);
    const std::size_t given = file_ ? std::fread(out, 1, wanted, file_.get()) : text_.copy(reinterpret_cast<char*>(out), wanted, position_);
    position_ += given;
    return given;
  }

  bool has_failed() const { return file_ && std::ferror(file_.get()) != 0; }

  void begin_at(std::size_t position) {
    position_ = position;
    piece_ = smallest_piece;
    if (file_) std::fseek(file_.get(), static_cast<long>(position), SEEK_SET);
  }

  /// The position of the character that comes `count` characters after `position`; nothing where that is no '{'.
  std::optional<std::size_t> brace_after(std::size_t position, std::size_t count) {
    begin_at(position);
    for (int byte = next_byte(); byte != EOF; byte = next_byte()) {
      const bool begins_character = (byte & 0xC0) != 0x80;
      if (begins_character && count-- == 0) return byte == '{' ? std::optional{position_ - 1} : std::nullopt;
    }
    return std::nullopt;
  }

  /// The line and column of the byte at `position`.
  Mark mark_at(std::size_t position) {
    begin_at(0);
    Mark mark;
    while (position_ < position) {
      const int byte = next_byte();
      if (byte == EOF) break;
      const bool begins_character = (byte & 0xC0) != 0x80;
      if (byte == '\n') mark = {mark.line + 1, 0};
      if (byte != '\n' && begins_character) ++mark.column;
    }
    return mark;
  }

 private:
  static constexpr std::size_t smallest_piece = 1u << 10;
  static constexpr std::size_t greatest_piece = 1u << 16;

  int next_byte() {
    if (!file_ && position_ >= text_.size()) return EOF;
    const int byte = file_ ? std::fgetc(file_.get()) : static_cast<unsigned char>(text_[position_]);
    ++position_;
    return byte;
  }

  std::string_view text_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::size_t position_ = 0;
  std::size_t piece_ = smallest_piece;
};

/// The number that `text` begins with a \u escape for; nothing where it begins with something else.
std::optional<unsigned> code_unit(std::string_view text) {
  unsigned unit = 0;
  if (!text.starts_with("\\u") || text.size() < 6) return std::nullopt;
  const auto [end, problem] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return problem == std::errc{} && end == text.data() + 6 ? std::optional{unit} : std::nullopt;
}

/// May `c` stand in JSON outside of strings?
bool is_between_strings(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view{"{}[]:,+-. \t\r\n"}.find(c) != std::string_view::npos;
}

/// Appends one document, with the pairs of a JSON document's strings written as YAML has them. What is no JSON stays, as it has another
/// meaning between single quotes and in blocks.
void append_without_surrogates(std::string& result, std::string_view document) {
  const auto first = document.find_first_not_of("- \t\r\n");
  if (first == std::string_view::npos || document[first] != '{') {
    result += document;
    return;
  }
  bool in_string = false;
  for (std::size_t i = 0; i < document.size(); ++i) {
    const std::string_view rest = document.substr(i);
    if (rest.front() == '"') in_string = !in_string;
    if (!in_string && rest.front() != '"' && !is_between_strings(rest.front())) {
      result += rest;
      return;
    }
    const auto high = in_string ? code_unit(rest) : std::nullopt;
    const auto low = high && *high >> 10 == 0x36 ? code_unit(rest.substr(6)) : std::nullopt;
    const bool is_pair = low && *low >> 10 == 0x37;
    const std::size_t length = is_pair ? 12 : in_string && rest.front() == '\\' ? std::min<std::size_t>(2, rest.size()) : 1;
    if (is_pair) {
      result += fmt::format("\\U{:08x}", 0x10000 + ((*high & 0x3FFu) << 10) + (*low & 0x3FFu));
    } else {
      result += rest.substr(0, length);
    }
    i += length - 1;
  }
}

/// JSON writes characters beyond the basic plane as two \u escapes; YAML has \U for them.
std::string without_surrogates(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto end = text.find("\n---");
    const std::string_view document = text.substr(0, end == std::string_view::npos ? end : end + 1);
    append_without_surrogates(result, document);
    text.remove_prefix(document.size());
  }
  return result;
}

bool has_surrogates(std::string_view text) {
  return text.find("\\ud") != std::string_view::npos || text.find("\\uD") != std::string_view::npos;
}

void hand_over(const yaml_event_t& event, EventHandler& handler) {
  const Mark mark = mark_of(event.start_mark);
  switch (event.type) {
    case YAML_SCALAR_EVENT: {
      const auto& scalar = event.data.scalar;
      handler.on_scalar(mark, {.text = {reinterpret_cast<const char*>(scalar.value), scalar.length},
                               .tag = view(scalar.tag),
                               .anchor = view(scalar.anchor),
                               .is_plain = scalar.style == YAML_PLAIN_SCALAR_STYLE,
                               .end = mark_of(event.end_mark)});
      return;
    }
    case YAML_ALIAS_EVENT: return handler.on_alias(mark, view(event.data.alias.anchor));
    case YAML_SEQUENCE_START_EVENT: return handler.on_list(mark, view(event.data.sequence_start.anchor));
    case YAML_MAPPING_START_EVENT: return handler.on_map(mark, view(event.data.mapping_start.anchor));
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return handler.on_end(mark_of(event.end_mark));
    default: return;
  }
}

}  // namespace

struct EventStream::State {
  explicit State(Input from) : input(std::move(from)) { begin(); }
  ~State() { yaml_parser_delete(&parser); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void begin() {
    if (yaml_parser_initialize(&parser) == 0) throw std::bad_alloc{};
    const auto read = [](void* data, unsigned char* buffer, std::size_t size, std::size_t* given) noexcept {
      auto* from = static_cast<Input*>(data);
      *given = from->read(buffer, size);
      return from->has_failed() ? 0 : 1;
    };
    yaml_parser_set_input(&parser, read, &input);
  }

  /// For bytes that are no text, libyaml tells only their distance from where it began to read.
  SyntaxError error() {
    SyntaxError found = error_of(parser);
    if (parser.error == YAML_READER_ERROR) found.mark = input.mark_at(start + parser.problem_offset);
    return found;
  }

  /// Where a JSON document ended and the next one begins without `---`, which libyaml takes for an error: begins again there.
  bool goes_on_with_json() {
    const std::string_view problem = parser.problem == nullptr ? "" : parser.problem;
    if (!root_is_flow_map || problem != "did not find expected <document start>") return false;
    const yaml_mark_t mark = parser.problem_mark;
    const auto brace = input.brace_after(start, mark.index);
    if (!brace) return false;
    yaml_parser_delete(&parser);
    begin();
    input.begin_at(*brace);
    start = *brace;
    parser.mark.line = mark.line;
    parser.mark.column = mark.column;
    return true;
  }

  void note(const yaml_event_t& event) {
    if (event.type == YAML_MAPPING_START_EVENT && is_at_root) root_is_flow_map = event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    is_at_root = event.type == YAML_DOCUMENT_START_EVENT;
    if (is_at_root) root_is_flow_map = false;
    if (event.type == YAML_STREAM_END_EVENT) ended = true;
  }

  yaml_parser_t parser{};
  std::string converted;
  Input input;
  std::size_t start = 0;  ///< Where in the input the parser began.
  bool is_at_root = false;
  bool root_is_flow_map = false;
  bool ended = false;
};

namespace {

/// An event of the parser, which must be given back.
class Event {
 public:
  template <typename State>
  explicit Event(State& state) {
    if (yaml_parser_parse(&state.parser, &event_) != 0) return;
    const SyntaxError error = state.error();
    if (!state.goes_on_with_json()) throw error;
    if (yaml_parser_parse(&state.parser, &event_) == 0) throw state.error();
  }
  ~Event() { yaml_event_delete(&event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  const yaml_event_t& operator*() const { return event_; }

 private:
  yaml_event_t event_{};
};

}  // namespace

EventStream::EventStream(std::string_view text) : state_(std::make_unique<State>(Input{text})) {
  if (!has_surrogates(text)) return;
  state_->converted = without_surrogates(text);
  state_->input = Input{std::string_view{state_->converted}};
}

EventStream::EventStream(const std::filesystem::path& file) : state_(std::make_unique<State>(Input{file})) {}

EventStream::~EventStream() = default;

bool EventStream::next_document(EventHandler& handler) {
  while (!state_->ended) {
    const Event event{*state_};
    state_->note(*event);
    if ((*event).type == YAML_DOCUMENT_END_EVENT) return true;
    hand_over(*event, handler);
    if (!handler.wants_more()) return true;
  }
  return false;
}

}  // namespace fedctl::yaml
