#include "watch/notifier.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "failover/action.hpp"
#include "http/loop.hpp"

#include <fmt/format.h>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace fedctl::watch {
namespace {

constexpr time::Duration post_patience{5'000};
constexpr int tries = 3;

Result<void> post(http::Loop& loop, const std::string& url, const std::string& body) {
  const auto status = failover::post_json(loop, url, body, post_patience);
  if (!status) return Failure{status.error()};
  if (*status < 300) return {};
  return Failure{{Code::rejected, fmt::format("it answers {}", *status)}};
}

Result<void> run(const std::string& program, const std::string& body) {
  const auto said = failover::run_action({text::split(program, ' '), post_patience}, {}, body);
  if (!said) return Failure{said.error()};
  return {};
}

}  // namespace

bool is_url(const std::string& target) { return target.starts_with("http://") || target.starts_with("https://"); }

struct Notifier::Impl {
  std::vector<std::string> targets;
  OnProblem on_problem;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> waiting;
  std::atomic<bool> ending{false};
  std::chrono::steady_clock::time_point end_by = {};  ///< When what is still to be told is dropped.
  std::thread thread;

  void tell(http::Loop& loop, const std::string& target, const std::string& body) const {
    for (int attempt = 1;; ++attempt) {
      const auto told = is_url(target) ? post(loop, target, body) : run(target, body);
      if (told) return;
      if (attempt < tries && told.error().code != Code::not_found && !ending) continue;
      on_problem(fmt::format("--notify {}: {}",
                             is_url(target) ? url::origin_of(url::without_password(target)) : text::split(target, ' ').front(),
                             describe(told.error())));
      return;
    }
  }

  void work() {
    http::Loop loop;
    std::unique_lock lock{mutex};
    while (true) {
      changed.wait(lock, [this] { return ending || !waiting.empty(); });
      if (waiting.empty() || (ending && std::chrono::steady_clock::now() >= end_by)) return;
      const std::string body = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      for (const std::string& target : targets) tell(loop, target, body);
      lock.lock();
    }
  }
};

Notifier::Notifier(std::vector<std::string> targets, OnProblem on_problem) : impl_(std::make_unique<Impl>()) {
  impl_->targets = std::move(targets);
  impl_->on_problem = std::move(on_problem);
  impl_->thread = std::thread{[impl = impl_.get()] { impl->work(); }};
}

Notifier::~Notifier() {
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->end_by = std::chrono::steady_clock::now() + post_patience;
    impl_->ending = true;
  }
  impl_->changed.notify_all();
  impl_->thread.join();
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
