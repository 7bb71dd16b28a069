#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace fedctl {

/// Where the library says what it does, for `-v`. Levels as kubectl has them: 1 decisions, 6 requests, 8 headers and sizes.
/// Never given credentials, request bodies or response bodies.
class Log {
 public:
  using Sink = std::function<void(std::string_view)>;

  Log() = default;
  Log(int verbosity, Sink sink) : verbosity_(verbosity), sink_(std::move(sink)) {}

  bool shows(int level) const { return sink_ && level <= verbosity_; }
  void say(int level, std::string_view line) const {
    if (shows(level)) sink_(line);
  }

 private:
  int verbosity_ = 0;
  Sink sink_;
};

}  // namespace fedctl
