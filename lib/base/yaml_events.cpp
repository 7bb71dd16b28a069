#include "base/yaml_events.hpp"

#include <fmt/format.h>
#include <yaml.h>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace fedctl::yaml {
namespace {

Mark mark_of(const yaml_mark_t& mark) { return {mark.line, mark.column}; }

std::string_view view(const yaml_char_t* text) { return text == nullptr ? "" : reinterpret_cast<const char*>(text); }

/// What is being scanned when it goes wrong begins where the mistake is; what is being parsed may have begun long before.
SyntaxError error_of(const yaml_parser_t& parser) {
  const std::string_view context = parser.context == nullptr ? "" : parser.context;
  const std::string_view problem = parser.problem == nullptr ? "it cannot be read" : parser.problem;
  if (parser.error == YAML_READER_ERROR) return {mark_of(parser.mark), fmt::format("this is no YAML: {}", problem)};
  const bool is_scanning = context.starts_with("while scanning");
  const std::string message =
      context.empty() ? fmt::format("this is no YAML: {}", problem) : fmt::format("this is no YAML: {}, {}", problem, context);
  return {mark_of(is_scanning ? parser.context_mark : parser.problem_mark), message};
}

/// An event of the parser, which must be given back.
class Event {
 public:
  explicit Event(yaml_parser_t& parser) {
    if (yaml_parser_parse(&parser, &event_) == 0) throw error_of(parser);
  }
  ~Event() { yaml_event_delete(&event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  const yaml_event_t& operator*() const { return event_; }

 private:
  yaml_event_t event_{};
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

void hand_over(const yaml_event_t& event, EventHandler& handler) {
  const Mark mark = mark_of(event.start_mark);
  switch (event.type) {
    case YAML_SCALAR_EVENT: {
      const auto& scalar = event.data.scalar;
      handler.on_scalar(mark, {.text = {reinterpret_cast<const char*>(scalar.value), scalar.length},
                               .tag = view(scalar.tag),
                               .anchor = view(scalar.anchor),
                               .is_plain = scalar.style == YAML_PLAIN_SCALAR_STYLE});
      return;
    }
    case YAML_ALIAS_EVENT: return handler.on_alias(mark, view(event.data.alias.anchor));
    case YAML_SEQUENCE_START_EVENT: return handler.on_list(mark, view(event.data.sequence_start.anchor));
    case YAML_MAPPING_START_EVENT: return handler.on_map(mark, view(event.data.mapping_start.anchor));
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return handler.on_end();
    default: return;
  }
}

}  // namespace

struct EventStream::State {
  State() {
    if (yaml_parser_initialize(&parser) == 0) throw std::bad_alloc{};
  }
  ~State() { yaml_parser_delete(&parser); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  yaml_parser_t parser{};
  std::unique_ptr<std::FILE, CloseFile> file;
  bool ended = false;
};

EventStream::EventStream(std::string_view text) : state_(std::make_unique<State>()) {
  yaml_parser_set_input_string(&state_->parser, reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

EventStream::EventStream(const std::filesystem::path& file) : state_(std::make_unique<State>()) {
  state_->file.reset(std::fopen(file.c_str(), "rb"));
  if (!state_->file) throw SyntaxError{{}, fmt::format("it cannot be read: {}", std::strerror(errno))};
  yaml_parser_set_input_file(&state_->parser, state_->file.get());
}

EventStream::~EventStream() = default;

bool EventStream::next_document(EventHandler& handler) {
  while (!state_->ended) {
    const Event event{state_->parser};
    if ((*event).type == YAML_STREAM_END_EVENT) state_->ended = true;
    if ((*event).type == YAML_DOCUMENT_END_EVENT) return true;
    hand_over(*event, handler);
  }
  return false;
}

}  // namespace fedctl::yaml
