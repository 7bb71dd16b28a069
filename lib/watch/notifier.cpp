#include "watch/notifier.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "failover/action.hpp"
#include "http/leave.hpp"

#include <fmt/format.h>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace fedctl::watch {
namespace {

constexpr time::Duration notice_patience{5'000};
constexpr int tries = 3;

Result<void> post(http::Loop& loop, const std::string& url, const std::string& body) {
  const auto status = failover::post_json(loop, url, body, notice_patience);
  if (!status) return Failure{status.error()};
  if (*status < 300) return {};
  return Failure{{Code::rejected, fmt::format("it answers {}", *status)}};
}

Result<void> run(const std::string& program, const std::string& body) {
  const auto said = failover::run_action({text::split(program, ' '), notice_patience}, {}, body);
  if (!said) return Failure{said.error()};
  return {};
}

}  // namespace

struct Notifier::Impl {
  std::vector<std::string> targets;
  OnProblem on_problem;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> waiting;
  std::condition_variable is_over;
  std::atomic<bool> ending{false};
  bool has_ended = false;  ///< The thread has told all it will.
  bool is_left = false;    ///< Nobody is there any more to hear of problems.
  time::Duration patience_at_end = notice_patience;
  std::chrono::steady_clock::time_point end_by = {};  ///< When what is still to be told is dropped.

  void complain(const std::string& problem) {
    const std::lock_guard lock{mutex};
    if (!is_left) on_problem(problem);
  }

  void tell(http::Loop& loop, const std::string& target, const std::string& body) {
    for (int attempt = 1;; ++attempt) {
      const auto told = url::is_http(target) ? post(loop, target, body) : run(target, body);
      if (told) return;
      if (attempt < tries && told.error().code != Code::not_found && !ending) continue;
      complain(fmt::format("--notify {}: {}",
                           url::is_http(target) ? url::origin_of(url::without_password(target)) : text::split(target, ' ').front(),
                           describe(told.error())));
      return;
    }
  }

  void work() {
    http::Loop loop;
    std::unique_lock lock{mutex};
    while (true) {
      changed.wait(lock, [this] { return ending || !waiting.empty(); });
      if (waiting.empty() || (ending && std::chrono::steady_clock::now() >= end_by)) break;
      const std::string body = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      for (const std::string& target : targets) tell(loop, target, body);
      lock.lock();
    }
    has_ended = true;
    is_over.notify_all();
  }
};

Notifier::Notifier(std::vector<std::string> targets, OnProblem on_problem) : impl_(std::make_shared<Impl>()) {
  impl_->targets = std::move(targets);
  impl_->on_problem = std::move(on_problem);
  http::run_apart([impl = impl_] { impl->work(); });
}

Notifier::~Notifier() {
  Impl& self = *impl_;
  std::unique_lock lock{self.mutex};
  self.end_by = std::chrono::steady_clock::now() + self.patience_at_end;
  self.ending = true;
  self.changed.notify_all();
  self.is_over.wait_until(lock, self.end_by, [&] { return self.has_ended; });
  self.is_left = true;
}

void Notifier::hurry(time::Duration patience) {
  const std::lock_guard lock{impl_->mutex};
  impl_->patience_at_end = patience;
}

void Notifier::send(nlohmann::json event) {
  if (impl_->targets.empty()) return;
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->waiting.push_back(to_text(event) + "\n");
  }
  impl_->changed.notify_all();
}

}  // namespace fedctl::watch
