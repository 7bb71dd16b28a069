#include "watch/sampler.hpp"

#include "data/standing.hpp"
#include "failover/survey.hpp"
#include "http/rest.hpp"

#include <algorithm>
#include <chrono>

namespace fedctl::watch {
namespace {

using Clock = std::chrono::steady_clock;
constexpr time::Duration pace{100};
constexpr time::Duration patience{2'000};
/// Counting may take a tenth of the time.
constexpr int share = 10;

}  // namespace

struct Sampler::Impl {
  failover::Site& site;
  std::string cluster;
  bool stopped = false;
  std::optional<data::Connection> session;
  std::string connection_string;
  std::optional<failover::LastSeen> seen;
  std::optional<failover::GuardLease> guard = {};

  Clock::time_point next_count = {};
  std::string counted = {};

  /// On a thread of its own; nothing else touches the session meanwhile. Where the log is takes one round trip. The policy's own query may
  /// take long, so it is asked more rarely.
  Result<data::Standing> look() {
    const data::Deadline deadline = data::deadline_in(patience);
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
    const std::string& query = site.policy.postgres->count_query;
    const auto began = Clock::now();
    if (query.empty() || began < next_count) return;
    const auto found = session->value(query, deadline);
    if (found) counted = *found;
    next_count = Clock::now() + (Clock::now() - began) * (share - 1);
  }
};

Sampler::Sampler(failover::Site& site, std::string cluster) : impl_(new Impl{site, std::move(cluster), false, {}, {}, {}}) {}
Sampler::~Sampler() = default;

Task<Done> Sampler::run() {
  Impl& self = *impl_;
  if (!self.site.policy.postgres) co_return Done{};
  while (!self.stopped && !self.site.loop->interrupted()) {
    if (!self.session) {
      auto fresh = co_await failover::connection_of(self.site, self.cluster);
      if (fresh) self.connection_string = std::move(*fresh);
    }
    const auto began = Clock::now();
    // What is seen was so when it was asked for, or later.
    const std::string at = failover::timestamp_now();
    Result<data::Standing> standing = Failure{Error{}};
    co_await self.site.loop->offload([&] { standing = self.look(); });
    const auto took = std::chrono::duration_cast<time::Duration>(Clock::now() - began);
    if (standing && !standing->in_recovery) {
      failover::LastSeen seen{.cluster = self.cluster, .system_identifier = standing->system_identifier, .timeline = standing->timeline};
      seen.lsn = data::format_lsn(standing->written);
      seen.counted = self.counted;
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

const std::optional<failover::LastSeen>& Sampler::seen() const { return impl_->seen; }

}  // namespace fedctl::watch
