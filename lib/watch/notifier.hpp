#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fedctl::watch {

/// Is a target of --notify a URL? Else it is a program and its arguments.
bool is_url(const std::string& target);

/// Tells people and programs what happens, from a thread of its own, so that nothing waits for them.
class Notifier {
 public:
  using OnProblem = std::function<void(const std::string&)>;

  /// `targets`: URLs, which get a POST, or programs with arguments between spaces, which get it on their standard input. A message
  /// that cannot be delivered after a few tries is dropped, and `on_problem` is called, on that thread.
  Notifier(std::vector<std::string> targets, OnProblem on_problem);

  /// Tells what is still to be told, for a few seconds at most.
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// From any thread; never waits.
  void send(nlohmann::json event);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedctl::watch
