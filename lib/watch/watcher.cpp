#include "watch/watcher.hpp"

#include "base/text.hpp"
#include "failover/engine.hpp"
#include "failover/survey.hpp"
#include "http/rest.hpp"
#include "watch/check_times.hpp"
#include "watch/hold_back.hpp"
#include "watch/round.hpp"
#include "watch/standbys.hpp"
#include "watch/state_metrics.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <chrono>

namespace fedctl::watch {
namespace {

using Type = WatchEvent::Type;
using Steady = std::chrono::steady_clock;
using State = Opinion::State;

constexpr time::Duration leader_patience{0};
constexpr time::Duration retry_pace{500};
constexpr time::Duration once_pace{50};
constexpr time::Duration save_pace{1'000};
constexpr time::Duration settle_pace{10'000};
constexpr std::chrono::seconds stuck_after{120};
/// Runs that watch began carry this before their reason, so that another one of it goes on with them.
constexpr std::string_view reason_mark = "watch: ";

time::Instant now() { return std::chrono::system_clock::now(); }

}  // namespace

struct Watcher::Impl {
  failover::Site& site;
  WatchOptions options;
  exporter::Metrics& metrics;
  OnEvent on_event;
  failover::Health health;
  failover::State state = {};
  failover::KnownConnections connections = {};
  std::unique_ptr<failover::Hold> leadership = {};
  std::unique_ptr<Round> round = {};
  std::string last_problem = {};
  Steady::time_point settle_at = {};
  std::atomic<bool> active_up{true};
  std::atomic<Steady::rep> last_turn{Steady::now().time_since_epoch().count()};

  http::Loop& loop() const { return *site.loop; }
  std::string policy() const { return site.policy.full_name(); }
  void tell(Type type, std::string text) const { on_event({type, policy(), std::move(text)}); }
  void tell_problem(const Error& error) {
    const std::string problem = describe(error);
    if (problem != last_problem) tell(Type::problem, problem);
    last_problem = problem;
  }
  exporter::Labels labels(std::map<std::string, std::string> more = {}) const {
    more["policy"] = policy();
    return more;
  }

  /// As long the sides are looked at before a failover.
  time::Duration patience() const { return longest_timeout(health); }

  http::Rest pause() const { return loop().run(http::rest(loop(), shortest_interval(health))); }

  bool reload() {
    auto loaded = loop().run(site.store->load());
    if (!loaded) {
      tell_problem(loaded.error());
      return false;
    }
    state = std::move(*loaded);
    last_problem.clear();
    publish_state(site.policy, state, metrics);
    return true;
  }

  /// Waits until it is this process that decides; false where it was interrupted.
  bool lead() {
    bool told = false;
    while (!loop().interrupted()) {
      metrics.set("fedctl_failover_leader", labels(), 0);
      turn();
      auto held = site.store->hold("watch", 0, leader_patience);
      if (held) {
        leadership = std::move(*held);
        metrics.set("fedctl_failover_leader", labels(), 1);
        return true;
      }
      const bool is_led = held.error().code == Code::conflict;
      if (!is_led) tell_problem(held.error());
      if (is_led && !told) tell(Type::following, held.error().message);
      told = told || is_led;
      if (loop().run(http::rest(loop(), retry_pace)) == http::Rest::interrupted) break;
    }
    return false;
  }

  void turn() { last_turn = Steady::now().time_since_epoch().count(); }

  /// Saves what the sampler saw, and looks at the other sides.
  Task<Done> keep_saving() {
    Round& now_watched = *round;
    while (!now_watched.is_over()) {
      co_await now_watched.sampler().look_at_guard(patience());
      const auto seen = now_watched.sampler().seen();
      if (seen && is_news(*seen, state.primary)) co_await save(*seen);
      if (seen) {
        const StandbyOptions look{.patience = patience(), .fences = !options.notify_only};
        const auto findings = co_await look_at_standbys(site, *seen, look, metrics);
        for (const Finding& finding : findings) tell(finding.was_fenced ? Type::fenced : Type::problem, finding.text);
      }
      const time::Duration pace = std::max(save_pace, shortest_interval(health));
      const http::Rest rest = co_await now_watched.rest(pace);
      if (rest == http::Rest::interrupted) break;
    }
    co_return Done{};
  }

  Task<Done> save(failover::LastSeen seen) {
    state.primary = std::move(seen);
    const auto saved = co_await site.store->save(state);
    if (saved || saved.error().code != Code::conflict) co_return Done{};
    auto theirs = co_await site.store->load();  // A person may have run something meanwhile.
    if (!theirs) co_return Done{};
    const auto ours = state.primary;
    state = std::move(*theirs);
    if (failover::active_cluster(site.policy, state) == ours->cluster) state.primary = ours;
    co_return Done{};
  }

  /// Why a failover that the checks ask for is not begun; nothing where it is.
  Task<std::optional<std::string>> reason_to_wait(Opinion opinion) {
    // Somebody may have turned the switch, or run something, since it was last read.
    auto fresh = co_await site.store->load();
    if (!fresh) co_return "the state cannot be read: " + describe(fresh.error());
    fresh->primary = state.primary;
    state = std::move(*fresh);
    publish_state(site.policy, state, metrics);
    if (auto held = held_back_by(site.policy, state, round->active(), health.cooldown, now())) co_return held;
    std::vector<Task<failover::View>> asked;
    for (const failover::Vantage& vantage : health.vantages)
      asked.push_back(failover::ask_vantage(site, vantage, round->active(), patience()));
    failover::SurveyOptions look{.timeout = patience(), .dns = false};
    const failover::Survey survey = co_await failover::survey(site, look);
    const auto views = co_await when_all(std::move(asked));
    if (opinion.is_proven) {
      if (auto heard = still_heard_by(survey)) co_return heard;
    }
    if (survey.is_isolated())
      co_return fmt::format("only {} of {} clusters can be reached from here, so it is us who are cut off", survey.reachable,
                            survey.clusters);
    // We are one of those who look, and see it down.
    const auto down = 1 + std::ranges::count(views, failover::View::down);
    const auto all = 1 + static_cast<std::ptrdiff_t>(views.size());
    if (down * 2 <= all) {
      co_return fmt::format("{} of {} vantages see {} down, and {} see it up", down, all, round->active(),
                            std::ranges::count(views, failover::View::up));
    }
    co_return std::nullopt;
  }

  /// The opinion by which a failover is to begin; nothing where it was interrupted, or with `once` where the side is well.
  Task<std::optional<Opinion>> decide() {
    Round& now_watched = *round;
    while (!loop().interrupted()) {
      const Opinion opinion = now_watched.look();
      active_up = opinion.state != State::failed;
      // What is seen of the primary now is what a later failover's loss is known by.
      const bool has_seen = !site.policy.postgres || now_watched.sampler().seen();
      if (opinion.state == State::well && options.once && has_seen) co_return std::nullopt;
      if (opinion.state == State::unknown && options.once && opinion.is_complete) co_return std::nullopt;
      if (opinion.state == State::well && is_settling_due()) co_return std::nullopt;
      if (opinion.state != State::failed) {
        const time::Duration idle = owes() ? settle_pace : time::Duration{60'000};
        const time::Duration wait = opinion.left.count() > 0 ? opinion.left : options.once ? once_pace : idle;
        const http::Rest rest = co_await now_watched.rest_until_asked(wait);
        if (rest == http::Rest::interrupted) break;
        continue;
      }
      auto reason = co_await reason_to_wait(opinion);
      if (!reason && options.notify_only) reason = "watch only tells (--notify-only)";
      // It may have come back while we looked.
      if (now_watched.opinion().state != State::failed) continue;
      if (!reason) co_return opinion;
      now_watched.hold_back(*reason);
      if (options.once) co_return std::nullopt;
      const http::Rest rest = co_await now_watched.rest_until_asked(shortest_interval(health));
      if (rest == http::Rest::interrupted) break;
    }
    co_return std::nullopt;
  }

  void begin_round() {
    const std::string active = failover::active_cluster(site.policy, state);
    const auto tell_it = [this](Type type, std::string text) { tell(type, std::move(text)); };
    round = std::make_unique<Round>(Desk{site, health, connections, metrics, tell_it, [this] { turn(); }}, active);
    active_up = true;
    round->begin();
    round->start(keep_saving());
  }

  void end_round() {
    round->end();
    round.reset();
  }

  failover::EngineOptions engine_options(const Opinion& opinion) const {
    failover::EngineOptions result{.roles = options.roles};
    result.run.from = round->active();
    result.run.reason = std::string{reason_mark} + text::join(opinion.problems, "; ");
    result.run.failed_at = opinion.since;
    result.run.by_itself = true;
    return result;
  }

  failover::OnStep step_listener() const {
    return [this](const failover::StepEvent& event) {
      using Step = failover::StepEvent::Type;
      if (event.type == Step::begun) return;
      tell(Type::step, fmt::format("{} {}{}{}", event.step, to_string(event.type), event.text.empty() ? "" : ": ", event.text));
    };
  }

  /// Tells how a run ended. Errors: what it failed with.
  Result<void> conclude(const Result<failover::Run>& run) {
    metrics.count("fedctl_failover_runs_total", labels({{"outcome", run ? "done" : "failed"}}));
    if (!run) return Failure{run.error()};
    tell(Type::done, outcome_of(*run));
    return {};
  }

  /// Goes on with a run that a watch began and did not finish.
  Result<void> resume() {
    tell(Type::begun, fmt::format("going on with the failover to {}", state.run->to));
    failover::Engine engine{site, {.roles = options.roles}, step_listener()};
    return conclude(engine.resume());
  }

  bool owes() const { return !options.notify_only && state.owes(); }
  bool is_settling_due() const { return owes() && Steady::now() >= settle_at; }

  /// Tries what the last run owes again.
  void settle() {
    settle_at = Steady::now() + settle_pace;
    failover::Engine engine{site, {.roles = options.roles}, step_listener()};
    const auto settled = engine.settle();
    if (settled) tell(Type::done, "nothing is owed any more");
    if (!settled) tell_problem(settled.error());
    if (settled) static_cast<void>(reload());
  }

  Result<void> fail_over(const Opinion& opinion) {
    tell(Type::begun, fmt::format("{} has failed: {}", round->active(), text::join(opinion.problems, "; ")));
    failover::Engine engine{site, engine_options(opinion), step_listener()};
    return conclude(engine.start());
  }

  /// Watches until a failover is over or it ends. Errors: of the failover.
  Result<void> watch_round() {
    begin_round();
    const auto opinion = loop().run(decide());
    Result<void> result{};
    if (const auto& seen = round->sampler().seen()) loop().run(save(*seen));
    if (opinion && !loop().interrupted()) result = fail_over(*opinion);
    if (!opinion && options.once && !round->unknown().empty())
      result =
          Failure{{Code::rejected, fmt::format("how {} is cannot be told: {}", round->active(), round->unknown()), "", round->active()}};
    if (!opinion && options.once && !round->held_back_by().empty())
      result = Failure{{Code::conflict, fmt::format("{} has failed, but {}", round->active(), round->held_back_by()), "", round->active()}};
    end_round();
    return result;
  }
};

Watcher::Watcher(failover::Site& site, WatchOptions options, exporter::Metrics& metrics, OnEvent on_event)
    : impl_(new Impl{site, options, metrics, std::move(on_event), with_overrides(site.policy.health, options)}) {}
Watcher::~Watcher() = default;

bool Watcher::sees_active_up() const { return impl_->active_up; }

bool Watcher::is_alive() const {
  const Steady::time_point last{Steady::duration{impl_->last_turn.load()}};
  return Steady::now() - last < stuck_after;
}

Result<void> Watcher::run() {
  Impl& self = *impl_;
  Result<void> result{};
  if (!self.lead()) return {};
  std::string last_failure;
  bool told = false;
  while (!self.loop().interrupted()) {
    result = {};
    if (!self.reload()) {
      if (self.pause() == http::Rest::interrupted) break;
      continue;
    }
    if (!told)
      self.tell(Type::watching,
                fmt::format("{} is active; {} checks, of which {} signals must agree",
                            failover::active_cluster(self.site.policy, self.state), self.health.checks.size(), self.health.agree));
    told = true;
    const bool ours_is_open = self.state.has_unfinished_run() && self.state.run->reason.starts_with(reason_mark);
    if (self.is_settling_due()) self.settle();
    result = ours_is_open ? self.resume() : self.watch_round();
    if (self.options.once) break;
    const std::string failure = result ? "" : describe(result.error());
    if (!result && failure != last_failure && result.error().code != Code::cancelled) self.tell(Type::stopped, failure);
    last_failure = failure;
    if (!result && self.pause() == http::Rest::interrupted) break;
  }
  self.leadership.reset();
  self.tell(Type::ended, "nobody here watches any more");
  return self.options.once ? result : Result<void>{};
}

}  // namespace fedctl::watch
