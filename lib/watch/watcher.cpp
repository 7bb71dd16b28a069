#include "watch/watcher.hpp"

#include "base/text.hpp"
#include "failover/survey.hpp"
#include "http/rest.hpp"
#include "watch/check_times.hpp"
#include "watch/hold_back.hpp"
#include "watch/leadership.hpp"
#include "watch/policy_change.hpp"
#include "watch/round.hpp"
#include "watch/runs.hpp"
#include "watch/second_look.hpp"
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

constexpr std::chrono::seconds lease_lasts{10};
constexpr time::Duration policy_pace{1'000};
constexpr time::Duration once_pace{50};
constexpr time::Duration save_pace{1'000};
constexpr time::Duration settle_pace{10'000};
constexpr std::chrono::seconds stuck_after{120};

time::Instant now() { return std::chrono::system_clock::now(); }

}  // namespace

struct Watcher::Impl {
  failover::Site* site_now;
  PolicySource* source;
  WatchOptions options;
  exporter::Metrics& metrics;
  OnEvent on_event;
  failover::Health health;
  failover::State state = {};
  failover::KnownConnections connections = {};
  std::unique_ptr<Leadership> leadership = {};
  bool led = false;             ///< It was told that this process decides.
  bool told_following = false;  ///< Or that another one does.
  bool policy_is_new = false;
  std::string resumed = {};  ///< The run that was gone on with last.
  std::unique_ptr<Round> round = {};
  std::string last_problem = {};
  Steady::time_point settle_at = {};
  std::atomic<bool> active_up{true};
  std::atomic<Steady::rep> last_turn{Steady::now().time_since_epoch().count()};

  failover::Site& site() const { return *site_now; }
  http::Loop& loop() const { return *site().loop; }
  std::string policy() const { return site().policy.full_name(); }
  void tell(Type type, std::string text) const {
    const bool is_sight = type == Type::failing || type == Type::recovered || type == Type::held_back;
    on_event({type, policy(), std::move(text), is_sight && !leads()});
  }
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
    const auto read = loop().run(refresh());
    if (!read) tell_problem(read.error());
    if (read) last_problem.clear();
    return read.has_value();
  }

  bool leads() const { return leadership->is_ours(); }

  void stand() {
    const auto heard = [this](const Result<Done>& tried) { hear_of_lease(tried); };
    leadership = std::make_unique<Leadership>(loop(), site().store->stand("watch", lease_lasts), heard);
    leadership->begin();
  }

  void hear_of_lease(const Result<Done>& tried) {
    turn();
    const bool is_led = !tried && tried.error().code == Code::conflict;
    if (is_led && !told_following) tell(Type::following, tried.error().message);
    told_following = told_following || is_led;
    if (!tried && !is_led) tell_problem(tried.error());
    if (round && leads() != led) loop().wake(round.get());
  }

  /// Tells who decides, where that changed.
  void note_leadership() {
    metrics.set("fedctl_failover_leader", labels(), leads() ? 1 : 0);
    if (leads() && !led) {
      tell(Type::watching, fmt::format("{} is active; {} checks, of which {} signals must agree",
                                       failover::active_cluster(site().policy, state), health.checks.size(), health.agree));
      told_following = false;
    }
    led = leads();
  }

  void turn() { last_turn = Steady::now().time_since_epoch().count(); }

  /// Reads the state, which others write too, and saves what the sampler saw. Only who decides writes: what others saw is in their logs.
  Task<Done> keep_saving() {
    Round& now_watched = *round;
    while (!now_watched.is_over()) {
      co_await refresh();
      co_await now_watched.sampler().look_at_guard(patience());
      const auto seen = now_watched.sampler().seen();
      if (seen && is_news(*seen, state.primary)) co_await save(*seen);
      if (seen) {
        const StandbyOptions look{.patience = patience(), .fences = leads() && !options.notify_only};
        const auto findings = co_await judge_standbys(site(), now_watched.standbys(), *seen, look, metrics);
        for (const Finding& finding : findings) tell(finding.was_fenced ? Type::fenced : Type::problem, finding.text);
      }
      loop().wake(&now_watched);
      const time::Duration pace = std::max(save_pace, shortest_interval(health));
      const http::Rest rest = co_await now_watched.rest(pace);
      if (rest == http::Rest::interrupted) break;
    }
    co_return Done{};
  }

  Task<Result<Done>> refresh() {
    auto theirs = co_await site().store->load();
    if (!theirs) co_return Failure{theirs.error()};
    state = std::move(*theirs);
    publish_state(site().policy, state, metrics);
    co_return Done{};
  }

  /// Never an older look over a younger one, whoever's it is.
  Task<Done> save(failover::LastSeen seen) {
    for (int attempt = 0; attempt < 2 && leads(); ++attempt) {
      const bool is_of_active = failover::active_cluster(site().policy, state) == seen.cluster;
      if (!is_of_active || (state.primary && failover::is_older(seen, *state.primary))) break;
      failover::State wanted = state;
      wanted.primary = seen;
      const auto saved = co_await site().store->save_look(wanted);
      if (saved) state = std::move(wanted);
      if (saved || saved.error().code != Code::conflict) break;
      const auto read = co_await refresh();  // A person may have run something meanwhile.
      if (!read) break;
    }
    co_return Done{};
  }

  Task<Done> keep_reading_policy() {
    Round& now_watched = *round;
    while (!now_watched.is_over()) {
      if (co_await source->has_changed()) {
        policy_is_new = true;
        loop().wake(&now_watched);
      }
      const http::Rest rest = co_await now_watched.rest(policy_pace);
      if (rest == http::Rest::interrupted) break;
    }
    co_return Done{};
  }

  /// Why a failover that the checks ask for is not begun; nothing where it is.
  Task<std::optional<std::string>> reason_to_wait(Opinion opinion) {
    // Somebody may have turned the switch, or run something, since it was last read.
    const auto fresh = co_await refresh();
    if (!fresh) co_return "the state cannot be read: " + describe(fresh.error());
    if (auto held = held_back_by(site().policy, state, round->active(), health.cooldown, now())) co_return held;
    SecondLook look{.active = round->active(), .patience = patience(), .is_proven = opinion.is_proven};
    auto reason = co_await second_look(site(), health, std::move(look));
    co_return reason;
  }

  bool is_run_of_watch_open() const { return state.has_unfinished_run() && is_of_watch(*state.run); }

  /// Is there anything to be done that only who runs the round can do?
  bool is_wanted_elsewhere() const {
    if (leads() != led || failover::active_cluster(site().policy, state) != round->active()) return true;
    if (policy_is_new && !state.has_unfinished_run()) return true;
    return leads() && is_run_of_watch_open();
  }

  struct Decision {
    enum class Way { look_again, is_over, fail_over };
    Way way = Way::look_again;
    Opinion opinion = {};
  };

  /// Who does not decide sees the same, and waits until it does. `is_over`: with `once`, when it is known.
  Task<Decision> decide() {
    using Way = Decision::Way;
    Round& now_watched = *round;
    Decision decision;
    while (!loop().interrupted()) {
      decision = {Way::look_again, now_watched.look()};
      const Opinion& opinion = decision.opinion;
      // Who asks us counts us as one place, which is what we lack ourselves.
      active_up = opinion.state != State::failed && !opinion.lacks_place;
      if (is_wanted_elsewhere()) break;
      // What is seen of the primary now is what a later failover's loss is known by.
      const bool has_seen = !site().policy.postgres || now_watched.sampler().seen();
      if (options.once && leads() && opinion.state == State::well && has_seen) decision.way = Way::is_over;
      if (options.once && leads() && opinion.state == State::unknown && opinion.is_complete) decision.way = Way::is_over;
      if (decision.way == Way::is_over || (opinion.state == State::well && is_settling_due())) break;
      if (opinion.state != State::failed || !leads()) {
        const time::Duration idle = owes() ? settle_pace : time::Duration{60'000};
        const time::Duration wait = opinion.left.count() > 0 ? opinion.left : options.once ? once_pace : idle;
        const http::Rest rest = co_await now_watched.rest_until_asked(wait);
        if (rest == http::Rest::interrupted) break;
        continue;
      }
      auto reason = co_await reason_to_wait(opinion);
      if (!reason && options.notify_only) reason = "watch only tells (--notify-only)";
      // It may have come back while we looked, or somebody else may decide by now.
      if (now_watched.opinion().state != State::failed || !leads()) continue;
      decision.way = reason ? Way::is_over : Way::fail_over;
      if (!reason) break;
      now_watched.hold_back(*reason);
      if (options.once) break;
      decision.way = Way::look_again;
      const http::Rest rest = co_await now_watched.rest_until_asked(shortest_interval(health));
      if (rest == http::Rest::interrupted) break;
    }
    if (loop().interrupted()) decision.way = Way::look_again;
    co_return decision;
  }

  /// Begins a round of the active side, unless that is what goes on.
  void watch_active() {
    const std::string active = failover::active_cluster(site().policy, state);
    if (round && round->active() == active) return;
    end_round();
    make_round(active);
    active_up = true;
    begin_round();
  }

  void make_round(const std::string& active) {
    const auto tell_it = [this](Type type, std::string text) { tell(type, std::move(text)); };
    round = std::make_unique<Round>(Desk{site(), health, connections, metrics, tell_it, [this] { turn(); }}, active);
  }

  void begin_round() {
    round->begin();
    round->start(keep_saving());
    if (source != nullptr) round->start(keep_reading_policy());
  }

  void end_round() {
    if (!round) return;
    round->end();
    round.reset();
  }

  bool owes() const { return !options.notify_only && state.owing() != nullptr; }
  bool is_settling_due() const { return leads() && owes() && Steady::now() >= settle_at; }

  Runs runs() const {
    const auto tell_it = [this](Type type, std::string text) { tell(type, std::move(text)); };
    return {site(), options.roles, metrics, tell_it};
  }

  /// Tries what the last run owes again.
  void settle() {
    settle_at = Steady::now() + settle_pace;
    const auto settled = runs().settle();
    if (!settled) tell_problem(settled.error());
    if (settled) static_cast<void>(reload());
  }

  /// A run that is to be gone on with began by another policy than we have: somebody may have put that one back.
  bool waits_for_policy() const { return is_run_of_watch_open() && leads() && state.run->policy_hash != site().policy.hash; }

  /// Takes up a policy that was changed, in the middle of a run only the one by which that began. What cannot be taken is told, and the one
  /// before stays in force.
  void take_policy() {
    if (source == nullptr || (state.has_unfinished_run() ? !waits_for_policy() : !policy_is_new)) return;
    auto fresh = source->read();
    if (state.has_unfinished_run() && (!fresh || (*fresh)->policy.hash != state.run->policy_hash)) return;
    policy_is_new = false;
    if (fresh && (*fresh)->policy.hash == site().policy.hash) return;
    const auto known = fresh ? loop().run((*fresh)->store->load()) : Result<failover::State>{};
    if (loop().interrupted()) return;
    if (!fresh || !known) {
      tell(Type::problem, "the policy was changed, and the one before stays in force: " + describe(fresh ? known.error() : fresh.error()));
      return;
    }
    const failover::Policy before = site().policy;
    change_site(**fresh, before);
    source->keep();
    tell(Type::policy, "taken up: " + change_text(before, site().policy));
  }

  void change_site(failover::Site& fresh, const failover::Policy& before) {
    const std::unique_ptr<Round> old = std::move(round);
    if (old) old->end();
    // The Lease is asked for by what the site before was connected with.
    leadership->end();
    site_now = &fresh;
    health = with_overrides(fresh.policy.health, options);
    connections.clear();
    stand();
    if (!old) return;
    const std::string active = failover::active_cluster(fresh.policy, state);
    make_round(active);
    const auto is_same = [&](const failover::Check& check) { return says_the_same(check, before, fresh.policy, active); };
    if (active == old->active()) round->take_over(*old, is_same);
    begin_round();
  }

  /// Watches until something else is to be done, a failover is over or it ends. Nothing: look again. Errors: of the failover.
  std::optional<Result<void>> watch_round() {
    watch_active();
    const Decision decision = loop().run(decide());
    if (loop().interrupted()) return std::nullopt;
    if (const auto& seen = round->sampler().seen()) loop().run(save(*seen));
    if (loop().interrupted() || decision.way == Decision::Way::look_again || !leads()) return std::nullopt;
    Result<void> result{};
    if (decision.way == Decision::Way::fail_over) {
      result = runs().fail_over(round->active(), decision.opinion);
    } else if (!round->held_back_by().empty()) {
      result = Failure{{.code = Code::conflict,
                        .message = fmt::format("{} has failed, but {}", round->active(), round->held_back_by()),
                        .cluster = round->active()}};
    } else if (!round->unknown().empty()) {
      result = Failure{{.code = Code::rejected,
                        .message = fmt::format("how {} is cannot be told: {}", round->active(), round->unknown()),
                        .cluster = round->active()}};
    }
    end_round();
    return result;
  }

  Result<void> go_on_with_run() {
    end_round();
    const bool is_news = std::exchange(resumed, state.run->id) != state.run->id;
    return runs().resume(*state.run, is_news ? Runs::Tells::beginning : Runs::Tells::steps);
  }

  /// Errors: with `once`.
  Result<void> watch() {
    std::string last_failure;
    while (!loop().interrupted()) {
      if (!reload()) {
        if (pause() == http::Rest::interrupted) break;
        continue;
      }
      take_policy();
      note_leadership();
      if (is_settling_due()) settle();
      const auto result = leads() && is_run_of_watch_open() ? go_on_with_run() : watch_round();
      if (!result) continue;
      if (options.once) return *result;
      const std::string failure = *result ? "" : describe(result->error());
      if (!*result && failure != last_failure && result->error().code != Code::cancelled) tell(Type::stopped, failure);
      last_failure = failure;
      if (!*result && pause() == http::Rest::interrupted) break;
    }
    return {};
  }
};

Watcher::Watcher(failover::Site& site, PolicySource* source, WatchOptions options, exporter::Metrics& metrics, OnEvent on_event)
    : impl_(new Impl{&site, source, options, metrics, std::move(on_event), with_overrides(site.policy.health, options)}) {}
Watcher::~Watcher() = default;

bool Watcher::sees_active_up() const { return impl_->active_up; }

bool Watcher::is_alive() const {
  const Steady::time_point last{Steady::duration{impl_->last_turn.load()}};
  return Steady::now() - last < stuck_after;
}

Result<void> Watcher::run() {
  Impl& self = *impl_;
  self.stand();
  auto result = self.watch();
  self.end_round();
  self.leadership->end();
  self.tell(Type::ended, "nobody here watches any more");
  return result;
}

}  // namespace fedctl::watch
