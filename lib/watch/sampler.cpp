#include "watch/sampler.hpp"

#include "data/standing.hpp"
#include "failover/guard_place.hpp"
#include "failover/survey.hpp"
#include "http/leave.hpp"

#include <algorithm>
#include <chrono>

namespace fedctl::watch {
namespace {

using Clock = std::chrono::steady_clock;
constexpr time::Duration pace{100};
constexpr time::Duration longest_look{2'000};
/// Counting may take a tenth of the time.
constexpr int share = 10;

/// One session and what is counted over it. A thread has it while it looks, and nobody else; one that is left behind owns it.
struct SamplerSession {
  std::optional<data::Connection> session = {};
  std::string connection_string = {};
  std::string count_query = {};
  Clock::time_point next_count = {};
  std::string counted = {};

  /// Where the log is takes one round trip. The policy's own query may take long, so it is asked more rarely.
  Result<data::Standing> look() {
    const data::Deadline deadline = data::deadline_in(longest_look);
    if (!session || !session->is_open()) {
      session.reset();
      auto opened = data::Connection::open(connection_string, deadline);
      if (!opened) return Failure{opened.error()};
      session = std::move(*opened);
    }
    auto standing = data::look(*session, "", deadline);
    if (!standing) session.reset();
    if (standing && !standing->in_recovery) count(deadline);
    return standing;
  }

  void count(data::Deadline deadline) {
    const auto began = Clock::now();
    if (count_query.empty() || began < next_count) return;
    const auto found = session->value(count_query, deadline);
    if (found) counted = *found;
    next_count = Clock::now() + (Clock::now() - began) * (share - 1);
  }
};

}  // namespace

struct Sampler::Impl {
  failover::Site& site;
  std::string cluster;
  bool stopped = false;
  std::shared_ptr<SamplerSession> kept = std::make_shared<SamplerSession>();
  std::optional<failover::LastSeen> seen = {};
  std::optional<failover::GuardLease> guard = {};
};

Sampler::Sampler(failover::Site& site, std::string cluster) : impl_(new Impl{site, std::move(cluster)}) {}
Sampler::~Sampler() = default;

Task<Done> Sampler::run() {
  Impl& self = *impl_;
  if (!self.site.policy.postgres) co_return Done{};
  self.kept->count_query = self.site.policy.postgres->count_query;
  while (!self.stopped && !self.site.loop->interrupted()) {
    if (!self.kept->session) {
      auto fresh = co_await failover::connection_of(self.site, self.cluster);
      if (fresh) self.kept->connection_string = std::move(*fresh);
    }
    const auto began = Clock::now();
    // What is seen was so when it was asked for, or later.
    const std::string at = failover::timestamp_now();
    std::function<Result<data::Standing>()> work = [kept = self.kept] { return kept->look(); };
    const auto looked = co_await http::offload_or_leave<Result<data::Standing>>(*self.site.loop, std::move(work));
    if (!looked) break;
    const Result<data::Standing>& standing = *looked;
    const auto took = std::chrono::duration_cast<time::Duration>(Clock::now() - began);
    if (standing && !standing->in_recovery) {
      failover::LastSeen seen{.cluster = self.cluster, .system_identifier = standing->system_identifier, .timeline = standing->timeline};
      seen.lsn = data::format_lsn(standing->written);
      seen.counted = self.kept->counted;
      seen.at = at;
      if (self.guard) failover::note_guard(seen, *self.guard);
      self.seen = std::move(seen);
    }
    if (self.stopped) break;
    const http::Rest rest = co_await http::rest(*self.site.loop, std::max(pace - took, time::Duration{0}), &self);
    if (rest == http::Rest::interrupted) break;
  }
  co_return Done{};
}

void Sampler::stop() {
  impl_->stopped = true;
  impl_->site.loop->wake(impl_.get());
}

Task<Done> Sampler::look_at_guard(time::Duration patience) {
  Impl& self = *impl_;
  const failover::GuardPlace place = failover::guard_place(self.site, self.cluster);
  if (place.host == nullptr || !self.site.policy.fencing.guard_ttl) co_return Done{};
  auto lease = co_await failover::read_guard(place, patience);
  if (lease) self.guard = std::move(*lease);
  co_return Done{};
}

bool is_news(const failover::LastSeen& seen, const std::optional<failover::LastSeen>& kept) {
  return !kept || kept->lsn != seen.lsn || kept->counted != seen.counted || kept->guard_version != seen.guard_version;
}

const std::optional<failover::GuardLease>& Sampler::guard() const { return impl_->guard; }

const std::optional<failover::LastSeen>& Sampler::seen() const { return impl_->seen; }

}  // namespace fedctl::watch
