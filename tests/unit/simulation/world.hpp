#pragma once

#include "base/task.hpp"
#include "base/time.hpp"

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// A world of its own, in which nothing happens but what is drawn from a seed: processes whose clocks run at different rates and that stand
/// still, die and come back, and links that lose, delay and reorder messages. The same seed is the same history.
namespace simulation {

using fedctl::Done;
using fedctl::Task;
using Duration = fedctl::time::Duration;
using Steady = std::chrono::steady_clock::time_point;

/// Microseconds of true time, which no process knows.
using Moment = std::int64_t;
constexpr Moment forever = INT64_MAX / 4;
constexpr Moment micros(Duration duration) { return duration.count() * 1000; }

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x1234567u) {}
  std::uint64_t next();
  /// 0 to `below` - 1.
  std::int64_t below(std::int64_t below) { return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(below)); }
  std::int64_t between(std::int64_t least, std::int64_t most) { return least + below(most - least + 1); }
  bool chance(int percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

/// What runs on a machine and may be stopped (SIGSTOP), killed and started again at any time.
struct Process {
  std::string name;
  double rate = 1;  ///< Of its steady clock.
  Moment steady_offset = 0;
  Moment wall_offset = 0;  ///< Its wall clock may say anything.
  bool lives = false;
  unsigned life = 0;  ///< Which one it is, of those that were started one after the other.
  Moment stands_until = 0;
  bool acts = false;                     ///< It does not stand still now: it does what it has just made sure of.
  std::coroutine_handle<> sleeper = {};  ///< Whose sleep may be cut short.
  unsigned bell = 0;                     ///< How often it was woken from a sleep that may be cut short.
  std::vector<Task<Done>> tasks = {};
  std::function<void()> begin = {};
};

/// The way between two places. What is sent over it takes a while, sometimes a long one, and is lost while it is cut.
struct Link {
  std::string name;
  Duration slowest{20};
  int late_percent = 2;  ///< Of the messages: so late that whoever sent them may have given up.
  Moment cut_until = 0;
};

class World {
 public:
  explicit World(std::uint64_t seed, bool tells) : random(seed), tells_(tells) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Random random;
  Moment now = 0;

  Steady steady(const Process& process) const;
  fedctl::time::Instant wall(const Process& process) const;

  void at(Moment when, std::function<void()> act) { push({.at = when, .act = std::move(act)}); }
  void start(Process& process);
  void kill(Process& process);
  void stand_still(Process& process, Moment until);

  struct Sleep {
    World& world;
    Process& process;
    Moment until;
    bool may_be_woken = false;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) const { world.resume(until, process, process.life, waiting, may_be_woken); }
    void await_resume() const {}
  };
  /// By the process's own clock.
  Sleep sleep(Process& process, Duration duration) { return {*this, process, now + true_time(process, duration)}; }
  /// The same, but `wake` ends it.
  Sleep rest(Process& process, Duration duration) { return {*this, process, now + true_time(process, duration), true}; }
  void wake(Process& process);

  /// Has `act` done at the other end of the link, and yields what it said; nothing where no answer came in time: then it may have been
  /// done, or may still be. `stands` tells until when the other end stands still.
  template <typename T>
  Task<std::optional<T>> call(Process& process, Link& link, Duration patience, std::function<T()> act, Moment* stands = nullptr);

  /// Until `until`, or something is wrong.
  void run(Moment until);

  /// What must never be, was.
  void fail(std::string what);
  const std::string& failure() const { return failure_; }

  bool tells() const { return tells_; }
  void tell(const std::string& text);
  const std::vector<std::string>& told() const { return told_; }
  std::size_t events() const { return events_; }

 private:
  struct Entry {
    Moment at = 0;
    std::uint64_t number = 0;
    std::function<void()> act = {};
    std::coroutine_handle<> waiting = {};
    Process* process = nullptr;
    unsigned life = 0;
    std::optional<unsigned> bell = {};
    bool operator<(const Entry& other) const { return at != other.at ? at > other.at : number > other.number; }
  };
  template <typename T>
  struct Call;

  static Moment true_time(const Process& process, Duration duration);
  void push(Entry entry);
  Entry pop();
  void resume(Moment when, Process& process, unsigned life, std::coroutine_handle<> waiting, bool may_be_woken = false);
  void do_next(Entry entry);
  template <typename T>
  void arrive(std::shared_ptr<Call<T>> call);
  Moment delay(const Link& link);

  std::vector<Entry> queue_;
  std::uint64_t number_ = 0;
  std::size_t events_ = 0;
  bool tells_;
  std::vector<std::string> told_;
  std::string failure_;
};

template <typename T>
struct World::Call {
  Process& process;
  unsigned life;
  Link& link;
  Moment deadline;
  std::function<T()> act;
  Moment* stands;
  std::coroutine_handle<> waiting = {};
  std::optional<T> answer = {};
  bool is_over = false;
};

template <typename T>
void World::arrive(std::shared_ptr<Call<T>> call) {
  if (call->stands != nullptr && *call->stands > now) {
    if (*call->stands >= call->deadline && !call->is_over) {
      call->is_over = true;
      resume(call->deadline, call->process, call->life, call->waiting);
    }
    at(*call->stands, [this, call] { arrive<T>(call); });
    return;
  }
  T answer = call->act();
  if (call->is_over) return;
  const Moment back = call->link.cut_until > now ? forever : now + delay(call->link);
  if (back <= call->deadline) call->answer = std::move(answer);
  call->is_over = true;
  resume(std::min(back, call->deadline), call->process, call->life, call->waiting);
}

template <typename T>
Task<std::optional<T>> World::call(Process& process, Link& link, Duration patience, std::function<T()> act, Moment* stands) {
  auto call = std::make_shared<Call<T>>(Call<T>{.process = process,
                                                .life = process.life,
                                                .link = link,
                                                .deadline = now + true_time(process, patience),
                                                .act = std::move(act),
                                                .stands = stands});
  struct Sent {
    World& world;
    std::shared_ptr<Call<T>> call;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) const {
      call->waiting = waiting;
      const bool is_lost = call->link.cut_until > world.now;
      const Moment there = is_lost ? forever : world.now + world.delay(call->link);
      if (there >= call->deadline) {
        call->is_over = true;
        world.resume(call->deadline, call->process, call->life, waiting);
      }
      if (is_lost) return;
      World* const in = &world;
      world.at(there, [in, sent = call] { in->arrive<T>(sent); });
    }
    void await_resume() const {}
  };
  const Sent sent{*this, call};
  co_await sent;
  co_return std::move(call->answer);
}

}  // namespace simulation
