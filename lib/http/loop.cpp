#include "http/loop.hpp"

#include "base/subprocess.hpp"
#include "base/url.hpp"
#include "http/retry.hpp"
#include "http/transfer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <exception>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace fedctl::http {
namespace {

using Clock = std::chrono::steady_clock;

/// The write end of the pipe that a signal handler may write to; the handler can reach nothing but a static.
volatile std::sig_atomic_t signal_pipe = -1;

/// The second one ends us; what we started in groups of their own would go on without us.
void on_second_signal(int number) {
  subprocess::kill_all();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void on_signal(int number) {
  std::signal(number, on_second_signal);
  const int pipe = signal_pipe;
  const char byte = 1;
  if (pipe >= 0 && ::write(pipe, &byte, 1) < 0) std::_Exit(128 + number);
}

bool is_ignored(int number) {
  struct sigaction current {};
  return ::sigaction(number, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

/// Connections to one host and port; what would need more waits for one of them. A gateway (Rancher, Teleport) may lead to hundreds of
/// clusters: libcurl would open a connection for each request that finds those there still shaking hands, though each will carry a
/// hundred requests. Not below Endpoint::parallelism, for HTTP/1.1 has one request a connection.
constexpr long most_to_one_address = 64;

struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

/// libcurl wants one global set-up before the first handle, and never on two threads at once.
void set_up_curl() {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(once);
}

}  // namespace

namespace {

/// What other threads want woken. It outlives the loop where a thread does.
struct Mailbox {
  std::mutex mutex;
  CURLM* multi = nullptr;         ///< Guarded by `mutex`; null once the loop is gone.
  std::vector<const void*> keys;  ///< Guarded by `mutex`.
};

}  // namespace

struct Loop::State {
  explicit State(Log the_log) : log(std::move(the_log)) {
    set_up_curl();
    multi.reset(curl_multi_init());
    curl_multi_setopt(multi.get(), CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, 1000L);
    curl_multi_setopt(multi.get(), CURLMOPT_MAX_HOST_CONNECTIONS, most_to_one_address);
    mailbox->multi = multi.get();
  }
  ~State() {
    {
      const std::scoped_lock lock{mailbox->mutex};
      mailbox->multi = nullptr;
    }
    threads.clear();
    if (pipe[1] >= 0) {
      signal_pipe = -1;
      ::close(pipe[0]);
      ::close(pipe[1]);
    }
  }

  void add(Transfer& transfer) {
    active.insert(&transfer);
    curl_multi_add_handle(multi.get(), transfer.handle());
  }

  void remove(Transfer& transfer) {
    curl_multi_remove_handle(multi.get(), transfer.handle());
    active.erase(&transfer);
    ready.push_back(transfer.waiting);
  }

  void collect_finished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      void* owner = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
      auto& transfer = *static_cast<Transfer*>(owner);
      transfer.finish(message->data.result);
      remove(transfer);
    }
    for (auto timer = timers.begin(); timer != timers.end() && timer->first <= Clock::now(); timer = timers.erase(timer)) {
      ready.push_back(timer->second.waiting);
    }
    std::vector<Offloaded> ended;
    {
      const std::scoped_lock lock{mutex};
      ended.swap(offloaded);
    }
    for (const Offloaded& one : ended) {
      ready.push_back(one.waiting);
      threads.erase(one.thread);
    }
    std::vector<const void*> keys;
    {
      const std::scoped_lock lock{mailbox->mutex};
      keys.swap(mailbox->keys);
    }
    for (const void* key : keys) wake(key);
  }

  void wake(const void* key) {
    std::erase_if(timers, [&](const auto& entry) {
      if (entry.second.key != key) return false;
      ready.push_back(entry.second.waiting);
      return true;
    });
  }

  /// Those that are ready now. What they make ready comes after the transfers had their turn.
  void resume_ready() {
    for (std::size_t left = ready.size(); left > 0; --left) {
      const auto next = ready.front();
      ready.pop_front();
      next.resume();
    }
  }

  void wait() {
    // libcurl 7.88 may hold data of an HTTP/2 stream that it has read already, and poll then sees nothing to read: only its next
    // perform goes on, which without this would be when the connect timeout ends.
    auto patience = active.empty() ? std::chrono::milliseconds{60'000} : std::chrono::milliseconds{50};
    const auto no_later_than = [&](Clock::time_point when) {
      const auto until = std::chrono::ceil<std::chrono::milliseconds>(when - Clock::now());
      patience = std::clamp(until, std::chrono::milliseconds{0}, patience);
    };
    if (!timers.empty()) no_later_than(timers.begin()->first);
    if (tick) no_later_than(next_tick);
    curl_waitfd interruption{pipe[0], CURL_WAIT_POLLIN, 0};
    curl_multi_poll(multi.get(), &interruption, pipe[0] >= 0 ? 1 : 0, static_cast<int>(patience.count()), nullptr);
    char byte = 0;
    if (pipe[0] >= 0 && ::read(pipe[0], &byte, 1) == 1) interrupt();
  }

  void tick_if_due() {
    if (!tick || Clock::now() < next_tick) return;
    next_tick = Clock::now() + tick_interval;
    tick();
  }

  void interrupt() {
    interrupted = true;
    const std::vector<Transfer*> all{active.begin(), active.end()};
    for (Transfer* transfer : all) {
      if (transfer->request().writes) continue;
      transfer->cancel();
      remove(*transfer);
    }
    for (const auto& [when, timer] : timers) ready.push_back(timer.waiting);
    timers.clear();
  }

  /// What waited for a thread, and the thread, which has nothing left to do.
  struct Offloaded {
    std::coroutine_handle<> waiting;
    std::list<std::jthread>::iterator thread;
  };

  struct Timer {
    std::coroutine_handle<> waiting;
    const void* key;
  };

  Log log;
  std::unique_ptr<CURLM, FreeMulti> multi;
  std::set<Transfer*> active;
  std::multimap<Clock::time_point, Timer> timers;
  std::deque<std::coroutine_handle<>> ready;
  std::list<std::jthread> threads;
  std::mutex mutex;
  std::vector<Offloaded> offloaded;  ///< Guarded by `mutex`.
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  std::array<int, 2> pipe{-1, -1};
  bool interrupted = false;
  std::size_t writes = 0;
  std::function<void()> tick;
  time::Duration tick_interval{0};
  Clock::time_point next_tick = {};
};

namespace {

struct WaitForTransfer {
  Loop::State& state;
  Transfer& transfer;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    transfer.waiting = waiting;
    state.add(transfer);
  }
  void await_resume() const noexcept {}
};

struct WaitForTimer {
  Loop::State& state;
  time::Duration delay;
  const void* key;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    if (state.interrupted) {
      // The others get their turn first, for it may be them that it waits for.
      state.ready.push_back(waiting);
    } else {
      state.timers.emplace(Clock::now() + delay, Loop::State::Timer{waiting, key});
    }
  }
  void await_resume() const noexcept {}
};

struct WaitForThread {
  Loop::State& state;
  std::function<void()>& work;
  std::exception_ptr& thrown;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    // Its place is there before it begins, so that it can say which one it was.
    const auto place = state.threads.emplace(state.threads.end());
    const auto body = [this, waiting, place, &all = state] {
      try {
        work();
      } catch (...) {
        thrown = std::current_exception();
      }
      {
        const std::scoped_lock lock{all.mutex};
        all.offloaded.push_back({waiting, place});
      }
      curl_multi_wakeup(all.multi.get());
    };
    try {
      *place = std::jthread{body};
    } catch (...) {
      state.threads.erase(place);
      throw;
    }
  }
  void await_resume() const noexcept {}
};

bool is_carried_out(const Result<Response>& outcome) { return may_be_carried_out(outcome) || (outcome && outcome->status < 300); }

/// Its values are not said, for they may be secrets.
Result<void> check_headers(const Request& request) {
  for (const std::string& header : request.headers) {
    if (is_header_value(header)) continue;
    const std::string name = header.substr(0, header.find_first_of(":\r\n"));
    return Failure{{Code::invalid_input, fmt::format("the header {} would hold a control character, so nothing was sent", name)}};
  }
  if (request.aws && !is_header_value(request.aws->access_key)) {
    return Failure{{Code::invalid_input, "the AWS access key id holds a control character, so nothing was sent"}};
  }
  return {};
}

}  // namespace

Loop::Loop(Log log) : state_(std::make_unique<State>(std::move(log))) {}
Loop::~Loop() = default;

Task<Result<Response>> Loop::transfer(const Endpoint& endpoint, const Request& request) {
  if (state_->interrupted && !request.writes) co_return Failure{{Code::cancelled, "interrupted"}};
  if (auto safe = check_headers(request); !safe) co_return Failure{safe.error()};
  const auto started = Clock::now();
  Transfer transfer{endpoint, request};
  co_await WaitForTransfer{*state_, transfer};
  Result<Response> result = transfer.take();
  if (request.writes && is_carried_out(result)) ++state_->writes;
  if (state_->log.shows(6)) {
    const auto took = std::chrono::duration_cast<time::Duration>(Clock::now() - started);
    const std::string outcome = result ? std::to_string(result->status) : std::string{to_string(result.error().code)};
    const std::string path = request.secret_path ? "/(hidden)" : request.path;
    state_->log.say(6, fmt::format("{} {}{} {} in {}, {} bytes", request.method, url::without_password(endpoint.url), path, outcome,
                                   time::format_duration(took), result ? result->body.size() : 0));
  }
  co_return result;
}

Task<Done> Loop::sleep(time::Duration delay) { return sleep(delay, nullptr); }

Task<Done> Loop::sleep(time::Duration delay, const void* key) {
  co_await WaitForTimer{*state_, delay, key};
  co_return Done{};
}

void Loop::wake(const void* key) { state_->wake(key); }

std::function<void()> Loop::waker(const void* key) {
  return [mailbox = state_->mailbox, key] {
    const std::scoped_lock lock{mailbox->mutex};
    if (mailbox->multi == nullptr) return;
    mailbox->keys.push_back(key);
    curl_multi_wakeup(mailbox->multi);
  };
}

Task<Done> Loop::offload(std::function<void()> work) {
  std::exception_ptr thrown;
  co_await WaitForThread{*state_, work, thrown};
  if (thrown) std::rethrow_exception(thrown);
  co_return Done{};
}

void Loop::on_tick(time::Duration interval, std::function<void()> tick) {
  state_->tick = std::move(tick);
  state_->tick_interval = interval;
  state_->next_tick = Clock::now();
}

void Loop::interrupt() { state_->interrupt(); }
void Loop::clear_interrupt() { state_->interrupted = false; }
bool Loop::interrupted() const { return state_->interrupted; }
std::size_t Loop::writes() const { return state_->writes; }
const Log& Loop::log() const { return state_->log; }

void Loop::end_on_signals() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  if (!is_ignored(SIGHUP)) std::signal(SIGHUP, SIG_DFL);
}

void Loop::interrupt_on_signals() {
  if (state_->pipe[0] < 0 && ::pipe(state_->pipe.data()) != 0) return;
  for (const int end : state_->pipe) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
    ::fcntl(end, F_SETFL, O_NONBLOCK);
  }
  signal_pipe = state_->pipe[1];
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  // The terminal is gone: as good a reason to stop cleanly. nohup has it ignored.
  if (!is_ignored(SIGHUP)) std::signal(SIGHUP, on_signal);
}

void Loop::run_until(const std::function<bool()>& finished) {
  int running = 0;
  while (true) {
    state_->resume_ready();
    if (finished()) return;
    state_->tick_if_due();
    curl_multi_perform(state_->multi.get(), &running);
    state_->collect_finished();
    if (state_->ready.empty()) {
      state_->wait();
      curl_multi_perform(state_->multi.get(), &running);
      state_->collect_finished();
    }
  }
}

}  // namespace fedctl::http
