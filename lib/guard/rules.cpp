#include "guard/rules.hpp"

#include "failover/assess.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace fedctl::guard {
namespace {

constexpr time::Duration retry_pace{100};
constexpr time::Duration slowest_glances{500};

}  // namespace

void Rules::tried(Instant begun, std::string problem) {
  if (problem.empty()) able_at_ = begun;
  unable_ = std::move(problem);
}

void Rules::begin(Instant now, std::optional<failover::GuardLease> there) {
  begins_until_ = there ? now + clock_.patience() : now;
  if (there) lease_ = std::move(*there);
}

Rules::Instant Rules::next_round(Instant now, Instant planned) const {
  if (unable_.empty() || !is_able(now)) return planned;
  return std::min(planned, *able_at_ + clock_.allowance() + time::Duration{1});
}

Rules::Renewal Rules::renewal(Instant now) {
  if (standing_) {
    // A look that began before the database was closed may come back after.
    lease_.lsn = data::format_lsn(std::max(standing_->written, end_.value_or(0)));
    lease_.counted = standing_->counted.value_or("");
  }
  const bool holds = is_able(now);
  if (holds) lease_.unable.clear();
  if (!holds) lease_.unable = unable_.empty() ? "it is not known whether its database could be kept from taking writes" : unable_;
  if (holds && !claimed_at_ && (gave_up_ || !clock_.was_held())) claimed_at_ = now;
  lease_.failsafe = holds ? failsafe_.offer() : std::vector<std::string>{};
  const std::int64_t number = failsafe_.sending(lease_.failsafe);
  return {.lease = lease_, .holder = holds ? holder_ : "", .sent = now, .number = number};
}

Rules::News Rules::renewed(const Renewal& renewal, failover::GuardLease written) {
  const bool holds = !renewal.holder.empty();
  lease_ = std::move(written);
  failsafe_.written(renewal.number, renewal.lease.failsafe);
  goes_on_ = false;
  if (!is_fenced() && holds) clock_.renewed(renewal.sent);
  const News news{.is_given_up = !holds && !gave_up_, .is_renewed_again = !was_renewed_};
  gave_up_ = !holds;
  claimed_at_.reset();
  was_renewed_ = true;
  return news;
}

bool Rules::renewal_failed() { return std::exchange(was_renewed_, false); }

bool Rules::read(failover::GuardLease theirs) {
  const bool is_news = theirs.fenced_by != 0 && theirs.fenced_by != lease_.fenced_by;
  lease_ = std::move(theirs);
  if (is_news) clock_.revoke();
  return is_news;
}

bool Rules::could_go_on(Instant now) const {
  const bool is_writable = standing_ && standing_->is_writable();
  return failsafe_.may_go_on() && may_write(now) && is_writable && is_able(now);
}

bool Rules::confirmed(Instant sent, Instant now) {
  if (!could_go_on(now)) return false;
  clock_.confirmed(sent, now);
  return clock_.is_overdue(now) && !std::exchange(goes_on_, true);
}

std::optional<time::Duration> Rules::rest(Instant now) const {
  if (clock_.may_write(now)) return std::chrono::ceil<time::Duration>(clock_.freeze_at() - now);
  if (gave_up_ && !is_fenced() && !claimed_at_) return clock_.pace();
  const Instant until = gave_up_ && claimed_at_ ? clock_.freeze_after(*claimed_at_) : begins_until_;
  const bool may_wait = gave_up_ || !clock_.was_held();
  if (may_wait && !is_fenced() && now < until) return std::chrono::ceil<time::Duration>(until - now);
  return std::nullopt;
}

time::Duration Rules::pace_of_freezing() const { return is_frozen_ ? std::min(clock_.pace(), slowest_glances) : retry_pace; }

time::Duration Rules::patience_of_freezing(Instant now) const {
  const time::Duration shortest = clock_.patience();
  if (!standing_ || !clock_.was_held()) return shortest;
  return std::max(shortest, std::chrono::duration_cast<time::Duration>(clock_.ends_at() - now) - shortest);
}

Rules::Glance Rules::glanced(const std::optional<data::Standing>& seen) {
  if (!seen) return is_frozen_ ? Glance::unseen : Glance::harmful;
  if (seen->in_recovery) return Glance::standby;
  if (is_frozen_ && !seen->is_writable()) return Glance::closed;
  is_frozen_ = false;
  end_.reset();
  return Glance::harmful;
}

void Rules::freezing() {
  may_thaw_ = true;
  goes_on_ = false;
  touched_at_ = Instant::max();
}

void Rules::frozen(Instant now, data::Lsn end) {
  ended();
  touched_at_ = now;
  end_ = end;
}

void Rules::ended() {
  is_frozen_ = true;
  may_thaw_ = true;
}

std::optional<time::Duration> Rules::time_to_stop(Instant now, bool can_kill, time::Duration grace) const {
  if (!clock_.was_held() || !can_kill) return std::nullopt;
  return std::chrono::duration_cast<time::Duration>(clock_.ends_at() - now) - clock_.glance() - grace;
}

bool Rules::stopped() {
  ended();
  standing_.reset();
  if (!is_fenced()) return false;
  lease_.is_harmless = true;
  lease_.is_stopped = true;
  return true;
}

bool Rules::acknowledges(data::Standing seen) {
  standing_ = std::move(seen);
  if (!is_awaited()) return false;
  lease_.is_harmless = true;
  return true;
}

bool Rules::wants_to_thaw(Instant now) {
  if (!may_thaw_ || !clock_.is_leased(now) || is_fenced()) return false;
  if (!standing_ || standing_->in_recovery) return false;
  if (standing_->read_only) return true;
  // It is open, unless the look is older than what closed it.
  thawed(looked_at_);
  return false;
}

bool Rules::may_thaw(Instant now, const failover::Policy& policy, const failover::State& state, const std::string& side) const {
  return clock_.is_leased(now) && !state.has_unfinished_run() && failover::active_cluster(policy, state) == side;
}

void Rules::thawed(Instant begun) {
  is_frozen_ = false;
  if (begun <= touched_at_) return;
  end_.reset();
  may_thaw_ = false;
}

}  // namespace fedctl::guard
