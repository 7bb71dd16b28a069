#include "simulation/world.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

namespace simulation {

std::uint64_t Random::next() {
  // splitmix64 (https://prng.di.unimi.it/splitmix64.c).
  state_ += 0x9E3779B97F4A7C15u;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
  return mixed ^ (mixed >> 31);
}

Steady World::steady(const Process& process) const {
  const auto elapsed = static_cast<Moment>(static_cast<double>(now) * process.rate);
  return Steady{std::chrono::microseconds{elapsed + process.steady_offset}};
}

fedctl::time::Instant World::wall(const Process& process) const {
  constexpr std::chrono::seconds some_day{1'800'000'000};
  return fedctl::time::Instant{some_day + std::chrono::microseconds{now + process.wall_offset}};
}

Moment World::true_time(const Process& process, Duration duration) {
  if (duration.count() <= 0) return 0;
  return static_cast<Moment>(std::ceil(static_cast<double>(micros(duration)) / process.rate));
}

Moment World::delay(const Link& link) {
  const bool is_late = random.chance(link.late_percent);
  return random.between(0, micros(link.slowest)) * (is_late ? 100 : 1);
}

void World::push(Entry entry) {
  entry.number = number_++;
  queue_.push_back(std::move(entry));
  std::push_heap(queue_.begin(), queue_.end());
}

World::Entry World::pop() {
  std::pop_heap(queue_.begin(), queue_.end());
  Entry entry = std::move(queue_.back());
  queue_.pop_back();
  return entry;
}

void World::resume(Moment when, Process& process, unsigned life, std::coroutine_handle<> waiting, bool may_be_woken) {
  Entry entry{.at = when, .waiting = waiting, .process = &process, .life = life};
  if (may_be_woken) {
    entry.bell = process.bell;
    process.sleeper = waiting;
  }
  push(std::move(entry));
}

void World::wake(Process& process) {
  if (!process.sleeper) return;
  ++process.bell;
  resume(now, process, process.life, std::exchange(process.sleeper, nullptr));
}

void World::start(Process& process) {
  if (process.lives) return;
  process.lives = true;
  process.stands_until = 0;
  process.acts = false;
  tell(fmt::format("{} starts", process.name));
  process.begin();
  // By index: what starts may start more.
  for (std::size_t i = 0; i < process.tasks.size(); ++i) process.tasks[i].start();
}

void World::kill(Process& process) {
  if (!process.lives) return;
  tell(fmt::format("{} is killed", process.name));
  process.lives = false;
  ++process.life;
  process.sleeper = nullptr;
  process.tasks.clear();
}

void World::stand_still(Process& process, Moment until) {
  if (until <= now) return;
  if (process.acts) {
    at(now + micros(Duration{50}), [this, &process, until] { stand_still(process, until); });
    return;
  }
  tell(fmt::format("{} stands still until {:.3f}", process.name, static_cast<double>(until) / 1e6));
  process.stands_until = std::max(process.stands_until, until);
}

void World::do_next(Entry entry) {
  if (entry.act) return entry.act();
  Process& process = *entry.process;
  if (!process.lives || entry.life != process.life) return;
  if (entry.bell && *entry.bell != process.bell) return;
  if (process.stands_until > now) {
    entry.at = process.stands_until;
    push(std::move(entry));
    return;
  }
  if (entry.bell) process.sleeper = nullptr;
  entry.waiting.resume();
}

void World::run(Moment until) {
  while (!queue_.empty() && queue_.front().at <= until && failure_.empty()) {
    Entry entry = pop();
    now = std::max(now, entry.at);
    ++events_;
    do_next(std::move(entry));
  }
  now = std::max(now, until);
}

void World::fail(std::string what) {
  tell("FAILED: " + what);
  if (failure_.empty()) failure_ = std::move(what);
}

void World::tell(const std::string& text) {
  if (tells_) told_.push_back(fmt::format("{:9.3f}  {}", static_cast<double>(now) / 1e6, text));
}

}  // namespace simulation
