#include "cli/progress.hpp"

#include "base/text.hpp"
#include "cli/common.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>

namespace fedctl::cli {
namespace {

using apply::Event;

std::string_view done_word(plan::Action action) {
  switch (action) {
    case plan::Action::create: return "created";
    case plan::Action::remove: return "deleted";
    default: return "updated";
  }
}

std::string words(const Event& event) {
  const std::string object = kube::to_string(event.key);
  switch (event.type) {
    case Event::Type::begun: return fmt::format("applying {}", event.total);
    case Event::Type::applied: return fmt::format("{} {}", object, done_word(event.action));
    case Event::Type::failed: return fmt::format("{} failed: {}", object, event.message);
    case Event::Type::waiting: return fmt::format("{}: {}", object, event.message);
    case Event::Type::ready: return fmt::format("{} ready", object);
    case Event::Type::not_ready: return fmt::format("{} not ready: {}", object, event.message);
    case Event::Type::wave: return event.message;
    case Event::Type::ended: break;
  }
  return "done";
}

}  // namespace

Progress::Progress(std::vector<std::string> clusters, bool quiet)
    : clusters_(std::move(clusters)), quiet_(quiet), in_place_(is_terminal(STDERR_FILENO) && clusters_.size() <= 40) {}

Progress::~Progress() { erase(); }

void Progress::take(const Event& event) {
  if (event.type == Event::Type::wave) {
    if (!quiet_ && !in_place_) say(fmt::format("{}: {}\n", event.message, text::count(event.total, "cluster")));
    return;
  }
  Line& line = lines_[event.cluster];
  if (event.type == Event::Type::begun) line.total = event.total;
  if (event.type == Event::Type::applied) ++line.applied;
  line.state = words(event);
  if (quiet_) return;
  if (in_place_) {
    redraw();
  } else {
    print_line(event);
  }
}

/// A line an event, but how far a rollout is only every ten seconds.
void Progress::print_line(const Event& event) {
  const auto now = std::chrono::steady_clock::now();
  Line& line = lines_[event.cluster];
  if (event.type == Event::Type::begun) line.spoke = now;
  if (event.type == Event::Type::begun || event.type == Event::Type::ended) return;
  if (event.type == Event::Type::waiting && now - line.spoke < std::chrono::seconds{10}) return;
  line.spoke = now;
  say(fmt::format("{}: {}\n", event.cluster, words(event)));
}

void Progress::erase() {
  if (drawn_ > 0) say(fmt::format("\x1b[{}A\x1b[J", drawn_));
  drawn_ = 0;
}

void Progress::redraw() {
  erase();
  std::size_t longest = 0;
  for (const std::string& cluster : clusters_) longest = std::max(longest, cluster.size());
  for (const std::string& cluster : clusters_) {
    const Line& line = lines_[cluster];
    const std::string text = fmt::format("{:{}}  {:>4}/{:<4}  {}", cluster, longest, line.applied, line.total, line.state);
    say(fmt::format("{}\n", clipped(text, terminal_width() - 1)));
    ++drawn_;
  }
  std::fflush(stderr);
}

}  // namespace fedctl::cli
