#pragma once

#include "base/time.hpp"

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fedctl::watch {

/// Tells people and programs what happens, from a thread of its own, so that nothing waits for them.
class Notifier {
 public:
  using OnProblem = std::function<void(const std::string&)>;

  /// `targets`: URLs, which get a POST, or programs with arguments between spaces, which get it on their standard input. A message
  /// that cannot be delivered after a few tries is dropped, and `on_problem` is called, on that thread.
  Notifier(std::vector<std::string> targets, OnProblem on_problem);

  /// Tells what is still to be told, for a few seconds at most; what takes longer is left behind (http::run_apart).
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// At its end it takes no longer than this: somebody wants the process to end now.
  void hurry(time::Duration patience);

  /// From any thread; never waits.
  void send(nlohmann::json event);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace fedctl::watch
