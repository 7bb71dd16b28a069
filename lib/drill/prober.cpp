#include "drill/prober.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace fedctl::drill {
namespace {

constexpr time::Duration pace{100};
constexpr time::Duration patience{1'000};

}  // namespace

struct Prober::Impl {
  mutable std::mutex mutex;
  std::condition_variable changed;
  bool ending = false;
  std::vector<Write> writes;
  std::vector<std::thread> threads;

  void keep_writing(const std::string& side, const std::string& connection) {
    std::optional<data::Connection> session;
    auto next = std::chrono::steady_clock::now();
    std::unique_lock lock{mutex};
    while (!ending) {
      lock.unlock();
      Write write = try_once(session, side, connection);
      next = std::max(next + pace, std::chrono::steady_clock::now());
      lock.lock();
      writes.push_back(std::move(write));
      changed.wait_until(lock, next, [this] { return ending; });
    }
  }

  static Write try_once(std::optional<data::Connection>& session, const std::string& side, const std::string& connection) {
    Write write{.side = side, .sent = std::chrono::system_clock::now()};
    const data::Deadline deadline = data::deadline_in(patience);
    if (!session) {
      if (auto opened = data::Connection::open(connection, deadline)) session = std::move(*opened);
    }
    if (session) {
      const auto lsn = data::write_probe(*session, deadline);
      write.accepted = lsn.has_value();
      write.lsn = lsn.value_or(0);
      // A session keeps the default that it began with.
      if (!lsn) session.reset();
    }
    write.answered = std::chrono::system_clock::now();
    return write;
  }
};

Prober::Prober(const std::map<std::string, std::string>& connections) : impl_(std::make_unique<Impl>()) {
  for (const auto& [side, connection] : connections)
    impl_->threads.emplace_back([impl = impl_.get(), side = side, connection = connection] { impl->keep_writing(side, connection); });
}

Prober::~Prober() {
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->ending = true;
  }
  impl_->changed.notify_all();
  for (std::thread& thread : impl_->threads) thread.join();
}

std::vector<Write> Prober::writes() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->writes;
}

}  // namespace fedctl::drill
