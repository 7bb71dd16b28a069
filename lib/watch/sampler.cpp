#include "watch/sampler.hpp"

#include "data/standing.hpp"
#include "http/rest.hpp"

#include <algorithm>
#include <chrono>

namespace fedctl::watch {
namespace {

using Clock = std::chrono::steady_clock;
constexpr time::Duration pace{100};
constexpr time::Duration patience{2'000};
constexpr int share = 20;

}  // namespace

struct Sampler::Impl {
  failover::Site& site;
  std::string cluster;
  bool stopped = false;
  std::optional<data::Connection> session;
  std::string connection_string;
  std::optional<failover::LastSeen> seen;

  /// On a thread of its own; nothing else touches the session meanwhile.
  Result<data::Standing> look() {
    const data::Deadline deadline = data::deadline_in(patience);
    if (!session) {
      auto opened = data::Connection::open(connection_string, deadline);
      if (!opened) return Failure{opened.error()};
      session = std::move(*opened);
    }
    auto standing = data::look(*session, site.policy.postgres->count_query, deadline);
    if (!standing) session.reset();
    return standing;
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
    Result<data::Standing> standing = Failure{Error{}};
    co_await self.site.loop->offload([&] { standing = self.look(); });
    const auto took = std::chrono::duration_cast<time::Duration>(Clock::now() - began);
    if (standing && !standing->in_recovery) {
      failover::LastSeen seen{.cluster = self.cluster, .system_identifier = standing->system_identifier, .timeline = standing->timeline};
      seen.lsn = data::format_lsn(standing->written);
      seen.counted = standing->counted.value_or("");
      seen.at = failover::timestamp_now();
      self.seen = std::move(seen);
    }
    if (self.stopped) break;
    const http::Rest rest = co_await http::rest(*self.site.loop, std::max(pace, took * share), &self);
    if (rest == http::Rest::interrupted) break;
  }
  co_return Done{};
}

void Sampler::stop() {
  impl_->stopped = true;
  impl_->site.loop->wake(impl_.get());
}

const std::optional<failover::LastSeen>& Sampler::seen() const { return impl_->seen; }

}  // namespace fedctl::watch
