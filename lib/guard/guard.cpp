#include "guard/guard.hpp"

#include "base/process.hpp"
#include "base/subprocess.hpp"
#include "failover/action.hpp"
#include "failover/guard_place.hpp"
#include "failover/survey.hpp"
#include "guard/database.hpp"
#include "guard/failsafe_mode.hpp"
#include "guard/rules.hpp"
#include "guard/synchronous.hpp"
#include "http/rest.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

namespace fedctl::guard {
namespace {

using Clock = std::chrono::steady_clock;
using failover::GuardLease;
using failover::GuardPlace;
using Type = GuardEvent::Type;

/// A program that has less time than this to stop a database is not begun.
constexpr time::Duration least_time_to_stop{100};

/// What a problem is of: each is told once, until it is another one, or over.
enum class Concern { rights, lease, freezing, stopping, ending, thawing };

}  // namespace

struct Guard::Impl {
  failover::Site& site;
  GuardOptions options;
  exporter::Metrics& metrics;
  OnEvent on_event;
  Rules rules;
  Database database;
  GuardPlace place = {};
  std::map<Concern, std::string> problems = {};
  bool is_freezing_told = false;
  std::atomic<bool> active{false};
  FailsafeMode failsafe{site, options.side, rules, [this](const std::string& text) { tell(Type::failsafe, text); }};

  http::Loop& loop() const { return *site.loop; }
  const LeaseClock& clock() const { return rules.clock(); }
  exporter::Labels labels() const { return {{"policy", site.policy.full_name()}, {"cluster", options.side}}; }
  void tell(Type type, std::string text) const { on_event({type, std::move(text)}); }

  void tell_problem(Concern concern, const std::string& problem) {
    if (std::exchange(problems[concern], problem) == problem || problem.empty()) return;
    tell(Type::problem, problem);
  }

  /// The database is harmless, or free: what is in the way of closing it is news the next time.
  void end_freezing() {
    is_freezing_told = false;
    for (const Concern concern : {Concern::freezing, Concern::stopping, Concern::ending}) problems.erase(concern);
  }

  void publish() {
    const bool may = rules.may_write(Clock::now());
    const bool writable = rules.standing() && rules.standing()->is_writable();
    active = may && writable;
    metrics.set("fedctl_failover_guard_valid", labels(), may ? 1 : 0);
    metrics.set("fedctl_failover_guard_failsafe", labels(), may && rules.goes_on() ? 1 : 0);
    metrics.set("fedctl_failover_guard_fenced", labels(), rules.is_fenced() ? 1 : 0);
    metrics.set("fedctl_failover_guard_writable", labels(), writable ? 1 : 0);
  }

  Task<Done> look() {
    const auto begun = Clock::now();
    auto seen = co_await database.look(clock().patience());
    if (seen) {
      rules.looked(begun, std::move(*seen));
      co_return Done{};
    }
    rules.looked(begun, std::nullopt);
    // The Secret may have a new password.
    if (seen.error().code == Code::unauthorized) static_cast<void>(co_await database.find_connection());
    co_return Done{};
  }

  /// Whoever fences the side believes the Lease, so it says only what could be done just now.
  Task<Done> try_hand() {
    if (rules.is_closing()) co_return Done{};
    const auto now = Clock::now();
    const bool has_stop = static_cast<bool>(site.policy.postgres->sides.at(options.side).stop);
    const auto tried = co_await database.try_hand(has_stop, clock().glance());
    rules.tried(now, tried ? "" : describe(tried.error()));
    tell_problem(Concern::rights, tried ? "" : "its database could not be kept from taking writes: " + rules.unable());
    co_return Done{};
  }

  /// One try to renew, and another one where somebody wrote the Lease meanwhile: a failover that fences the side, or lets it free.
  Task<Done> renew() {
    bool again = co_await renew_once();
    if (again) again = co_await renew_once();
    co_return Done{};
  }

  /// True where it is worth trying again.
  Task<bool> renew_once() {
    const Rules::Renewal renewal = rules.renewal(Clock::now());
    const time::Duration ttl = *site.policy.fencing.guard_ttl;
    auto renewed = co_await failover::renew_guard(place, renewal.lease, renewal.holder, ttl, clock().patience());
    if (!renewed && renewed.error().code == Code::conflict) {
      auto theirs = co_await failover::read_guard(place, clock().patience());
      if (theirs) {
        take_over(std::move(*theirs));
        metrics.count("fedctl_failover_guard_renewals_total", with_outcome("conflict"));
        co_return true;
      }
      renewed = Failure{theirs.error()};
    }
    metrics.count("fedctl_failover_guard_renewals_total", with_outcome(renewed ? "done" : "failed"));
    if (!renewed) {
      if (rules.renewal_failed()) tell(Type::lost, fmt::format("the Lease is not renewed: {}", describe(renewed.error())));
      co_return false;
    }
    const Rules::News news = rules.renewed(renewal, std::move(*renewed));
    if (news.is_given_up) tell(Type::problem, fmt::format("the Lease is given up: {}", renewal.lease.unable));
    if (news.is_renewed_again) tell(Type::renewed, "the Lease is renewed again");
    co_return false;
  }

  /// Without renewing: a failover may have fenced the side.
  Task<Done> read_again() {
    auto theirs = co_await failover::read_guard(place, clock().patience());
    if (theirs) take_over(std::move(*theirs));
    co_return Done{};
  }

  /// What somebody else wrote into the Lease.
  void take_over(GuardLease theirs) {
    if (!rules.read(std::move(theirs))) return;
    loop().wake(&rules);
    tell(Type::fenced, fmt::format("fenced by the failover with token {}", rules.lease().fenced_by));
  }

  exporter::Labels with_outcome(const std::string& outcome) const {
    exporter::Labels result = labels();
    result["outcome"] = outcome;
    return result;
  }

  /// Renews until the end. The pace is kept whether or not a try succeeded.
  Task<Done> keep_renewing() {
    while (!loop().interrupted()) {
      const auto next = Clock::now() + clock().pace();
      co_await look();
      co_await try_hand();
      if (rules.is_of_another())
        tell_problem(Concern::lease, fmt::format("the Lease was given up, and {} has it now", rules.lease().holder));
      if (rules.only_reads(Clock::now())) {
        co_await read_again();
      } else {
        co_await renew();
      }
      co_await thaw_if_free();
      publish();
      const auto now = Clock::now();
      const auto left = std::chrono::ceil<time::Duration>(rules.next_round(now, next) - now);
      const http::Rest rest = co_await http::rest(loop(), std::max(left, time::Duration{0}));
      if (rest == http::Rest::interrupted) break;
    }
    co_return Done{};
  }

  /// Stands beside `keep_renewing`, so that nothing that hangs there delays it.
  Task<Done> keep_harmless() {
    while (!loop().interrupted()) {
      if (const auto left = rules.rest(Clock::now())) {
        end_freezing();
        const http::Rest rest = co_await http::rest(loop(), *left, &rules);
        if (rest == http::Rest::interrupted) break;
      } else {
        co_await make_harmless();
        publish();
        const http::Rest rest = co_await http::rest(loop(), rules.pace_of_freezing());
        if (rest == http::Rest::interrupted) break;
      }
    }
    co_return Done{};
  }

  Task<Done> make_harmless() {
    bool is_over = co_await is_harmless_already();
    if (!is_over) is_over = co_await is_free_by_now();
    if (is_over) end_freezing();
    if (is_over) co_return Done{};
    tell_freezing();
    rules.freezing();
    const auto frozen = co_await database.freeze(rules.patience_of_freezing(Clock::now()));
    if (!frozen) {
      rules.not_frozen(Clock::now());
      const bool is_standby = frozen.error().code == Code::conflict;
      if (is_standby) co_return co_await acknowledge_standby();
      tell_problem(Concern::freezing, fmt::format("its database is not known to take no writes: {}", describe(frozen.error())));
      co_await stop();
      co_return Done{};
    }
    rules.frozen(Clock::now(), frozen->end);
    end_freezing();
    metrics.count("fedctl_failover_guard_freezes_total", labels());
    tell(Type::frozen, fmt::format("its database takes no writes; its log ended at {}", data::format_lsn(frozen->end)));
    auto seen = co_await database.look(clock().patience());
    if (seen) {
      seen->written = frozen->end;
      co_await acknowledge(std::move(*seen));
    }
    co_return Done{};
  }

  void tell_freezing() {
    if (std::exchange(is_freezing_told, true)) return;
    tell(Type::freezing, rules.is_fenced() ? "its database stops taking writes: a failover has fenced it"
                                           : "its database stops taking writes: the Lease was not renewed");
  }

  /// A failover may have taken its fence back since the Lease was read, to promote this very database.
  Task<bool> is_free_by_now() {
    if (!rules.is_fenced()) co_return false;
    auto theirs = co_await failover::read_guard(place, clock().glance());
    if (!theirs || theirs->fenced_by != 0) co_return false;
    take_over(std::move(*theirs));
    co_await renew();
    co_return true;
  }

  /// It became a standby since it was last looked at.
  Task<Done> acknowledge_standby() {
    auto seen = co_await database.look(clock().patience());
    const bool is_standby = seen && seen->in_recovery;
    if (is_standby) end_freezing();
    if (is_standby) co_await acknowledge(std::move(*seen));
    co_return Done{};
  }

  /// Who came in all the same, where the database was closed, is ended.
  Task<bool> is_harmless_already() {
    if (!rules.is_glance_enough()) co_return false;
    auto looked = co_await database.look(clock().glance());
    std::optional<data::Standing> seen;
    if (looked) seen = std::move(*looked);
    const Rules::Glance glance = rules.glanced(seen);
    if (glance == Rules::Glance::closed) static_cast<void>(co_await database.sweep(clock().glance()));
    if (glance == Rules::Glance::closed || glance == Rules::Glance::standby) co_await acknowledge(std::move(*seen));
    if (glance == Rules::Glance::unseen && rules.is_awaited()) co_await acknowledge_end();
    co_return glance != Rules::Glance::harmful;
  }

  /// It was made harmless before the failover fenced the side, and ended: then, or since.
  Task<Done> acknowledge_end() {
    const bool is_refused = co_await database.is_refused(clock().glance());
    if (!is_refused) co_return Done{};
    const bool is_news = rules.stopped();
    if (is_news) co_await renew();
    co_return Done{};
  }

  /// The last resort, where the database does not do what it is told: the side's program, and SIGKILL for which time must be left.
  Task<Done> stop() {
    if (!rules.may_stop()) co_return Done{};
    const auto stopped = co_await run_stop();
    bool has_ended = stopped.has_value();
    if (!stopped) {
      tell_problem(Concern::stopping, fmt::format("its database was not stopped: {}", describe(stopped.error())));
      const auto killed = co_await database.kill(clock().patience());
      has_ended = killed || killed.error().code == Code::not_found;
      if (!has_ended) tell_problem(Concern::ending, fmt::format("its database was not ended: {}", describe(killed.error())));
    }
    const bool is_refused = co_await database.is_refused(clock().glance());
    if (stopped && !is_refused) tell_problem(Concern::stopping, "its database was stopped, and answers all the same");
    if (!has_ended || !is_refused) co_return Done{};
    end_freezing();
    tell(Type::frozen, stopped ? "its database was stopped" : "its database was ended by SIGKILL, or had ended");
    if (rules.stopped()) co_await renew();
    co_return Done{};
  }

  /// Where the server can be ended by SIGKILL there must be time for that, after the program was ended (subprocess.hpp) if it takes longer.
  Task<Result<Done>> run_stop() {
    failover::Action action = site.policy.postgres->sides.at(options.side).stop;
    if (!action) co_return Failure{{Code::not_found, "there is no program to stop it"}};
    if (const auto left = rules.time_to_stop(Clock::now(), database.can_kill(), subprocess::grace)) {
      if (*left < least_time_to_stop) co_return Failure{{Code::timeout, "there is no time left for its program"}};
      action.timeout = std::min(action.timeout, *left);
    }
    Result<std::string> said = Failure{Error{}};
    const std::map<std::string, std::string> environment{{"FEDCTL_CLUSTER", options.side},
                                                         {"FEDCTL_STEP", std::string{to_string(failover::StepKind::stop)}}};
    co_await loop().offload([&] { said = failover::run_action(action, environment, ""); });
    if (!said) co_return Failure{said.error()};
    co_return Done{};
  }

  /// Tells the failover that it need not wait for the ttl.
  Task<Done> acknowledge(data::Standing seen) {
    if (rules.acknowledges(std::move(seen))) co_await renew();
    co_return Done{};
  }

  /// Lets writes in again, where they were kept out by a guard and everything says that they may come.
  Task<Done> thaw_if_free() {
    if (!rules.wants_to_thaw(Clock::now())) co_return Done{};
    const auto state = co_await site.store->load();
    if (!state || !rules.may_thaw(Clock::now(), site.policy, *state, options.side)) co_return Done{};
    const auto begun = Clock::now();
    rules.thawing();
    const auto thawed = co_await database.thaw(clock().patience());
    if (!thawed) {
      // A freeze that came between may have been undone by it all the same.
      rules.thawing();
      tell_problem(Concern::thawing, describe(thawed.error()));
      co_return Done{};
    }
    rules.thawed(begun);
    tell(Type::thawed, "its database takes writes again");
    co_await look();
    co_return Done{};
  }

  Result<void> check_policy() const {
    const auto refuse = [&](std::string message, std::string hint) -> Result<void> {
      return Failure{{.code = Code::usage, .message = std::move(message), .place = site.policy.place, .hint = std::move(hint)}};
    };
    if (!site.host) return refuse("a guard's Lease is in a host, and there is none", "name it with --host-cluster-context");
    if (!site.policy.postgres) return refuse("the policy has no database to guard", "see share/doc/fedctl/docs/failover.md");
    if (!site.policy.fencing.guard_ttl) return refuse("the policy has no guard", "set fencing.guard.ttl");
    if (site.policy.postgres->sides.contains(options.side)) return {};
    return refuse(fmt::format("'{}' is none of the policy's sides", options.side), "name one of its clusters with --side");
  }
};

Guard::Guard(failover::Site& site, GuardOptions options, exporter::Metrics& metrics, OnEvent on_event)
    : impl_(new Impl{.site = site,
                     .options = options,
                     .metrics = metrics,
                     .on_event = std::move(on_event),
                     .rules = Rules{site.policy.fencing.guard_ttl.value_or(time::Duration{30'000}), options.holder,
                                    failsafe_of(site.policy, options.side)},
                     .database{site, options.side}}) {}
Guard::~Guard() = default;

bool Guard::is_active() const { return impl_->active; }

Result<void> Guard::run() {
  Impl& self = *impl_;
  if (auto checked = self.check_policy(); !checked) return checked;
  if (auto found = self.loop().run(self.database.find_connection()); !found) return Failure{found.error()};
  self.place = failover::guard_place(self.site, self.options.side);
  auto there = self.loop().run(failover::read_guard(self.place, self.clock().pace()));
  if (there) {
    // One that was killed on this machine is followed at once.
    const bool is_guarded = there->is_alive() && !process::is_gone(there->process);
    if (is_guarded) {
      return Failure{{.code = Code::conflict,
                      .message = fmt::format("{} is guarded already, by {}", self.options.side, there->holder),
                      .cluster = self.options.side,
                      .hint = fmt::format("end that guard; if it died, this is free {} after", time::format_duration(there->ttl))}};
    }
  }
  std::optional<GuardLease> known;
  if (there) known = std::move(*there);
  self.rules.begin(Clock::now(), std::move(known));
  self.tell(Type::guarding, fmt::format("{} of {}, with a ttl of {}", self.options.side, self.site.policy.full_name(),
                                        time::format_duration(*self.site.policy.fencing.guard_ttl)));
  SynchronousKeeper synchronous{self.site, self.options.side, [&self](const std::string& text) { self.tell(Type::synchronous, text); }};
  std::vector<Task<Done>> tasks;
  tasks.push_back(self.keep_renewing());
  tasks.push_back(self.keep_harmless());
  tasks.push_back(synchronous.keep());
  tasks.push_back(self.failsafe.keep_finding_witnesses());
  tasks.push_back(self.failsafe.keep_confirming());
  const auto both = [](std::vector<Task<Done>> all) -> Task<Done> {
    co_await when_all(std::move(all));
    co_return Done{};
  };
  self.loop().run(both(std::move(tasks)));
  self.loop().clear_interrupt();
  if (self.rules.was_renewed()) {
    const time::Duration ttl = *self.site.policy.fencing.guard_ttl;
    const auto given_back = self.loop().run(failover::renew_guard(self.place, self.rules.lease(), "", ttl, self.clock().patience()));
    if (!given_back) self.tell_problem(Concern::lease, describe(given_back.error()));
  } else if (self.rules.goes_on()) {
    self.rules.abandon();
    self.loop().run(self.make_harmless());
  }
  self.active = false;
  self.tell(Type::ended, fmt::format("{} is guarded no more", self.options.side));
  return {};
}

}  // namespace fedctl::guard
