#include "guard/failsafe.hpp"
#include "failover/guard_wait.hpp"
#include "guard/lease_clock.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <queue>
#include <random>

using namespace fedctl;
using failover::GuardWait;
using guard::Failsafe;
using guard::LeaseClock;

namespace {

const LeaseClock::Instant epoch{std::chrono::hours{1}};
LeaseClock::Instant after(std::int64_t milliseconds) { return epoch + std::chrono::milliseconds{milliseconds}; }

constexpr std::int64_t ttl = 6'000;

/// Of a guard that is fenced; `others`: by what they confirm it may go on.
failover::GuardLease fenced_lease(std::vector<std::string> others) {
  return {.holder = "me", .ttl = time::Duration{ttl}, .fenced_by = 7, .failsafe = std::move(others)};
}

/// One history: a guard, its host, two standbys and a failover to one of them, over a network that delays and loses what it likes.
class History {
 public:
  History(unsigned seed, bool holds_replay) : random_(seed), holds_replay_(holds_replay) {
    rate_ = 0.99 + static_cast<double>(chance(0, 200)) / 10'000.0;
    host_dies_at_ = chance(0, 3) == 0 ? 100'000 : chance(1'000, 15'000);
    host_delay_ = chance(0, 4) == 0 ? 1'500 : 30;
    stream_delay_ = chance(0, 3) == 0 ? 1'200 : 40;
    stream_loss_ = chance(0, 3) == 0 ? 30 : 0;
    stranger_resumes_ = chance(0, 4) == 0;
  }

  /// False where two databases took writes.
  bool run() {
    at(0, [this] { renew(); });
    at(10, [this] { confirm(); });
    at(20, [this] { stream(); });
    at(chance(3'000, 25'000), [this] { fence(); });
    while (!events_.empty() && events_.top().time < 60'000 && !is_broken_) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.time;
      event.work();
      // The guard may take until the end of the ttl to close its database.
      if (is_promoted_ && !is_closed_ && guard_now() < clock_.ends_at()) is_broken_ = true;
      if (is_promoted_ && clock_.may_write(guard_now())) is_broken_ = true;
    }
    return !is_broken_;
  }

  bool is_promoted() const { return is_promoted_; }
  bool went_on() const { return went_on_; }

 private:
  struct Event {
    std::int64_t time;
    std::int64_t number;
    std::function<void()> work;
    bool operator<(const Event& other) const { return std::pair{time, number} > std::pair{other.time, other.number}; }
  };

  std::int64_t chance(std::int64_t least, std::int64_t most) { return std::uniform_int_distribution<std::int64_t>{least, most}(random_); }
  void at(std::int64_t time, std::function<void()> work) { events_.push({time, ++number_, std::move(work)}); }
  void in(std::int64_t most, std::function<void()> work) { at(now_ + chance(1, std::max<std::int64_t>(most, 1)), std::move(work)); }
  LeaseClock::Instant guard_now() const { return after(static_cast<std::int64_t>(static_cast<double>(now_) * rate_)); }
  bool reaches_host() const { return now_ < host_dies_at_; }

  void renew() {
    at(now_ + ttl / 6, [this] { renew(); });
    if (is_closed_ || !reaches_host()) return;
    const auto sent = guard_now();
    const auto offer = rule_.offer();
    const auto number = rule_.sending(offer);
    const std::int64_t version = known_version_;
    in(host_delay_, [=, this] {
      const bool is_taken = version == lease_version_;
      if (is_taken) {
        ++lease_version_;
        lease_offers_ = !offer.empty();
      }
      const bool is_fenced = lease_fenced_;
      const std::int64_t now = lease_version_;
      in(host_delay_, [=, this] {
        if (!reaches_host()) return;
        known_version_ = std::max(known_version_, now);
        if (is_fenced) {
          clock_.revoke();
          is_closed_ = true;
        }
        if (!is_taken || is_fenced) return;
        rule_.written(number, offer);
        clock_.renewed(sent);
      });
    });
  }

  void confirm() {
    at(now_ + ttl / 12, [this] { confirm(); });
    if (!clock_.is_overdue(guard_now())) {
      rule_.saw(replied_);
      return;
    }
    if (!rule_.may_go_on() || !clock_.may_write(guard_now())) return;
    const auto sent = guard_now();
    const data::Lsn mark = ++log_;
    look(sent, mark, now_ + ttl / 4);
  }

  void look(LeaseClock::Instant sent, data::Lsn mark, std::int64_t until) {
    if (rule_.is_confirmed(replied_, mark)) {
      clock_.confirmed(sent, guard_now());
      went_on_ = went_on_ || clock_.may_write(guard_now());
      return;
    }
    if (now_ < until) at(now_ + 100, [=, this] { look(sent, mark, until); });
  }

  /// The log goes to each standby, and what it replayed comes back, sometimes late, sometimes never.
  void stream() {
    at(now_ + 60, [this] { stream(); });
    if (chance(0, 3) == 0) ++log_;
    for (const std::string name : {"ireland", "virginia"}) {
      if (chance(0, 99) < stream_loss_ || (name == "ireland" && is_promoted_)) continue;
      const data::Lsn position = log_;
      in(stream_delay_, [=, this] {
        if (name == "ireland" && is_promoted_) return;
        received_[name] = std::max(received_[name], position);
        if (!(name == "ireland" && is_paused_)) replayed_[name] = received_[name];
        const data::Lsn replayed = replayed_[name];
        in(stream_delay_, [=, this] { replied_[name] = replayed; });
      });
    }
  }

  void fence() {
    in(200, [this] {
      lease_fenced_ = true;
      ++lease_version_;
      const bool may_go_on = lease_offers_;
      in(200, [=, this] {
        std::vector<std::string> others;
        if (may_go_on && holds_replay_) others = {"ireland", "virginia"};
        wait_.emplace(fenced_lease(std::move(others)), time::Duration{ttl}, after(now_));
        wait();
      });
    });
  }

  void wait() {
    const auto asked = after(now_);
    in(100, [=, this] {
      if (wait_->may_go_on()) is_paused_ = true;
      const std::string position = std::to_string(replayed_["ireland"]);
      in(100, [=, this] {
        wait_->saw(position, asked, after(now_));
        if (wait_->is_over(after(now_))) {
          is_promoted_ = true;
          return;
        }
        if (stranger_resumes_ && chance(0, 40) == 0) is_paused_ = false;
        at(now_ + 200, [this] { wait(); });
      });
    });
  }

  std::mt19937 random_;
  bool holds_replay_;
  double rate_ = 1;
  std::int64_t host_dies_at_ = 0;  ///< For the guard; the failover reaches it.
  std::int64_t host_delay_ = 0;
  std::int64_t stream_delay_ = 0;
  std::int64_t stream_loss_ = 0;
  bool stranger_resumes_ = false;

  std::priority_queue<Event> events_;
  std::int64_t number_ = 0;
  std::int64_t now_ = 0;

  LeaseClock clock_{time::Duration{ttl}};
  Failsafe rule_{{"ireland", "virginia"}, true};
  bool is_closed_ = false;
  bool went_on_ = false;
  std::int64_t known_version_ = 0;

  std::int64_t lease_version_ = 0;
  bool lease_fenced_ = false;
  bool lease_offers_ = false;

  data::Lsn log_ = 1;
  guard::Replayed received_;
  guard::Replayed replayed_;
  guard::Replayed replied_;
  bool is_paused_ = false;

  std::optional<GuardWait> wait_;
  bool is_promoted_ = false;
  bool is_broken_ = false;
};

}  // namespace

TEST_CASE("a guard goes on while all others have replayed what it wrote, and not by one of them less") {
  const Failsafe rule{{"ireland", "virginia"}, true};
  CHECK(rule.is_confirmed({{"ireland", 8}, {"virginia", 7}}, 7));
  CHECK_FALSE(rule.is_confirmed({{"ireland", 8}, {"virginia", 6}}, 7));
  CHECK_FALSE(rule.is_confirmed({{"ireland", 8}}, 7));
  CHECK_FALSE(rule.is_confirmed({{"ireland", 8}, {"walreceiver", 9}}, 7));
}

TEST_CASE("a guard does not go on where the policy does not want it, or where there is nobody to confirm") {
  CHECK_FALSE(Failsafe{{"ireland"}, false}.is_confirmed({{"ireland", 8}}, 7));
  CHECK_FALSE(Failsafe{{}, true}.is_confirmed({}, 0));
}

TEST_CASE("a guard goes on only once its Lease says so, and no longer from when it began to take that back") {
  Failsafe rule{{"ireland"}, true};
  CHECK(rule.offer().empty());
  rule.saw({{"ireland", 1}});
  REQUIRE(rule.offer() == std::vector<std::string>{"ireland"});
  CHECK_FALSE(rule.may_go_on());
  const auto first = rule.sending(rule.offer());
  CHECK_FALSE(rule.may_go_on());
  rule.written(first, rule.offer());
  CHECK(rule.may_go_on());
  rule.saw({});
  CHECK(rule.may_go_on());
  static_cast<void>(rule.sending({}));
  CHECK_FALSE(rule.may_go_on());
  rule.written(first, {"ireland"});
  CHECK_FALSE(rule.may_go_on());
}

TEST_CASE("what others confirm extends what holds, and begins nothing anew") {
  LeaseClock clock{time::Duration{ttl}};
  clock.confirmed(after(0), after(0));
  CHECK_FALSE(clock.may_write(after(0)));
  clock.renewed(after(0));
  clock.confirmed(after(2'000), after(2'500));
  CHECK(clock.may_write(after(4'999)));
  CHECK_FALSE(clock.is_leased(after(3'000)));
  CHECK(clock.ends_at() == after(8'000));
  clock.confirmed(after(5'000), after(5'000));
  CHECK_FALSE(clock.may_write(after(5'000)));
  clock.renewed(after(6'000));
  CHECK(clock.may_write(after(6'001)));
  clock.revoke();
  clock.confirmed(after(6'500), after(6'500));
  CHECK_FALSE(clock.may_write(after(6'500)));
}

TEST_CASE("a failover waits for the ttl after the fence; for a guard that may go on, after the replay was seen to stand still") {
  const GuardWait plain{fenced_lease({}), time::Duration{ttl}, after(0)};
  const std::int64_t longest = plain.longest().count();
  CHECK(longest == ttl + ttl / 50 + 250);
  CHECK_FALSE(plain.is_over(after(longest - 1)));
  CHECK(plain.is_over(after(longest)));
  CHECK_FALSE(plain.is_in_vain(after(longest), "ireland", time::Duration{100}));
  GuardWait wait{fenced_lease({"ireland"}), time::Duration{ttl}, after(0)};
  CHECK_FALSE(wait.is_over(after(60'000)));
  wait.saw("A", after(900), after(1'000));
  wait.saw("A", after(900 + longest), after(1'100 + longest));
  CHECK_FALSE(wait.is_over(after(1'100 + longest)));
  wait.saw("A", after(1'000 + longest), after(1'100 + longest));
  CHECK(wait.is_over(after(1'100 + longest)));
  wait.saw("B", after(1'200 + longest), after(1'300 + longest));
  CHECK_FALSE(wait.is_over(after(1'300 + longest)));
  wait.saw("B", after(1'300 + 2 * longest), after(1'400 + 2 * longest));
  CHECK(wait.is_over(after(1'400 + 2 * longest)));
}

TEST_CASE("a failover waits for a guard that may go on no longer than it may be ended by the standby that it goes to") {
  const GuardWait wait{fenced_lease({"ireland"}), time::Duration{ttl}, after(0)};
  const std::int64_t longest = wait.longest().count();
  CHECK(wait.is_ended_by("ireland"));
  CHECK_FALSE(wait.is_in_vain(after(2 * longest + 99), "ireland", time::Duration{100}));
  CHECK(wait.is_in_vain(after(2 * longest + 100), "ireland", time::Duration{100}));
  CHECK_FALSE(wait.is_ended_by("virginia"));
  CHECK_FALSE(wait.is_in_vain(after(longest - 1), "virginia", time::Duration{100}));
  CHECK(wait.is_in_vain(after(longest), "virginia", time::Duration{100}));
}

TEST_CASE("whatever the network delays and loses, a guard that goes on and a failover never make two writers") {
  int promoted = 0;
  int went_on = 0;
  for (unsigned seed = 1; seed <= 600; ++seed) {
    History history{seed, true};
    INFO("seed " << seed);
    REQUIRE(history.run());
    promoted += history.is_promoted() ? 1 : 0;
    went_on += history.went_on() ? 1 : 0;
  }
  CHECK(promoted > 300);
  CHECK(went_on > 100);
}

TEST_CASE("the same histories find two writers where the failover does not keep the standby from replaying") {
  int broken = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) broken += History{seed, false}.run() ? 0 : 1;
  CHECK(broken > 10);
}
