#include "cli/progress.hpp"

#include "base/text.hpp"
#include "cli/common.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>

namespace fedctl::cli {
namespace {

using apply::Event;
using apply::Tally;
using State = Tally::State;

constexpr std::size_t bar_width = 14;
constexpr time::Duration redraw_interval{200};
constexpr std::chrono::seconds line_interval{10};

std::string bar(double share) {
  const auto full = static_cast<std::size_t>(share * bar_width);
  std::string result;
  for (std::size_t i = 0; i < bar_width; ++i) result += i < full ? "█" : "░";
  return result;
}

std::string whole_seconds(time::Duration duration) {
  return time::format_duration(std::chrono::duration_cast<time::Duration>(std::chrono::ceil<std::chrono::seconds>(duration)));
}

std::string left_text(std::optional<time::Duration> left) { return left ? fmt::format(", about {} left", whole_seconds(*left)) : ""; }

std::string counts(const Tally& tally) {
  std::string result = fmt::format("{}/{} written", tally.written(), tally.changes());
  if (tally.awaited() > 0) result += fmt::format(", {}/{} ready", tally.ready(), tally.awaited());
  return result;
}

std::string state_of(const Tally& tally, Tally::Instant now) {
  if (tally.state() == State::done) return "done";
  const auto slowest = tally.slowest(now);
  if (!slowest) return tally.latest();
  const std::string message = slowest->message.empty() ? "" : ": " + slowest->message;
  return fmt::format("{}{} ({})", kube::to_string(slowest->key), message, whole_seconds(slowest->waited));
}

}  // namespace

Progress::Progress(http::Loop& loop, std::vector<std::string> clusters, bool quiet)
    : loop_(loop), quiet_(quiet), in_place_(!quiet && is_terminal(STDERR_FILENO)), screen_(stderr) {
  for (std::string& name : clusters) {
    longest_name_ = std::max(longest_name_, text::width(name));
    clusters_.push_back({std::move(name)});
  }
  if (in_place_) loop_.on_tick(redraw_interval, [this] { screen_.draw(lines(std::chrono::steady_clock::now())); });
}

Progress::~Progress() {
  if (!in_place_) return;
  loop_.on_tick(redraw_interval, nullptr);
  screen_.erase();
}

void Progress::take(const Event& event) {
  if (quiet_) return;
  const Instant now = std::chrono::steady_clock::now();
  if (event.type == Event::Type::wave) {
    wave_ = fmt::format("{}: {}", event.message, text::count(event.total, "cluster"));
    if (!in_place_) say_line(wave_);
    return;
  }
  const auto cluster = std::ranges::find(clusters_, event.cluster, &Cluster::name);
  if (cluster == clusters_.end()) return;
  if (in_place_) {
    cluster->tally.take(event, now);
  } else {
    print_line(event, *cluster, now);
  }
}

/// A line an event, but how far a rollout is only now and then.
void Progress::print_line(const Event& event, Cluster& cluster, Instant now) const {
  if (event.type == Event::Type::begun) cluster.spoke = now;
  if (event.type == Event::Type::begun || event.type == Event::Type::ended) return;
  if (event.type == Event::Type::waiting && now - cluster.spoke < line_interval) return;
  cluster.spoke = now;
  say_line(fmt::format("{}: {}", event.cluster, describe(event)));
}

std::vector<std::string> Progress::lines(Instant now) const {
  const std::size_t rows = terminal_height() - 1;
  std::vector<std::string> result;
  if (!wave_.empty()) result.push_back(wave_);
  if (clusters_.size() + result.size() > rows) return lines_of_many(now, rows);
  for (const Cluster& cluster : clusters_) result.push_back(line_of(cluster, now));
  return result;
}

/// Their sum, then those that failed and those at work, as far as there is room; none changes its place while it is shown.
std::vector<std::string> Progress::lines_of_many(Instant now, std::size_t rows) const {
  std::vector<std::string> result{sum(now)};
  const auto add = [&](bool with_failures) {
    for (const Cluster& cluster : clusters_) {
      const bool failed = cluster.tally.failures() > 0;
      const bool is_shown = failed == with_failures && (failed || cluster.tally.state() == State::at_work);
      if (is_shown && result.size() < rows) result.push_back(line_of(cluster, now));
    }
  };
  add(true);
  add(false);
  return result;
}

std::string Progress::line_of(const Cluster& cluster, Instant now) const {
  const Tally& tally = cluster.tally;
  const std::string name = cluster.name + std::string(longest_name_ - text::width(cluster.name), ' ');
  if (tally.state() == State::not_begun) return fmt::format("{}  {}  not begun", name, bar(0));
  return fmt::format("{}  {}  {}{}  {}", name, bar(tally.share()), counts(tally), left_text(tally.time_left(now)), state_of(tally, now));
}

std::string Progress::sum(Instant now) const {
  const auto in_state = [&](State state) {
    return std::ranges::count_if(clusters_, [&](const Cluster& cluster) { return cluster.tally.state() == state; });
  };
  double share = 0;
  std::optional<time::Duration> left;
  for (const Cluster& cluster : clusters_) {
    share += cluster.tally.share() / static_cast<double>(clusters_.size());
    left = std::max(left, cluster.tally.time_left(now));
  }
  return fmt::format("{}{}  {}: {} done, {} at work, {} not begun, {} failed{}", wave_.empty() ? "" : wave_ + "  ", bar(share),
                     text::count(clusters_.size(), "cluster"), in_state(State::done), in_state(State::at_work), in_state(State::not_begun),
                     in_state(State::failed), left_text(left));
}

}  // namespace fedctl::cli
