#include "guard/witnesses.hpp"

#include "data/replay.hpp"
#include "guard/kept_session.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

namespace fedctl::guard {
namespace {

/// Where a database is, and a session with it.
struct Way {
  std::string cluster;
  std::string conninfo = {};
  bool is_refused = false;  ///< The password was not taken: it may have been changed.
  KeptSession session = {};
};

/// Another database, and what it said last.
struct Witness {
  Way way;
  std::string name;  ///< Of its stream.
  /// Two streams of its name were seen at once. Nobody knows which of them is the witness, nor whose the one is that remains, so it counts
  /// only by what it says itself.
  bool is_doubled = false;
  std::optional<data::Standing> standing = {};
};

std::optional<data::Lsn> by_stream(const std::vector<data::Stream>& streams, Witness& witness) {
  const auto is_its = [&](const data::Stream& stream) { return stream.name == witness.name; };
  if (std::ranges::count_if(streams, is_its) > 1) witness.is_doubled = true;
  const auto stream = std::ranges::find_if(streams, is_its);
  if (witness.is_doubled || stream == streams.end()) return std::nullopt;
  return stream->replayed;
}

/// Positions of another log, or of another timeline, say nothing of ours.
std::optional<data::Lsn> by_itself(const std::optional<data::Standing>& standby, const data::Standing& ours) {
  if (!standby || !standby->in_recovery) return std::nullopt;
  if (standby->system_identifier != ours.system_identifier || standby->timeline != ours.timeline) return std::nullopt;
  return standby->replayed;
}

}  // namespace

struct Witnesses::Impl {
  failover::Site& site;
  Way own;
  std::vector<std::unique_ptr<Witness>> others = {};

  /// What was read before stays where it cannot be read now: a Secret in a host that is out of reach.
  Task<Done> find(Way& way) {
    if (!way.conninfo.empty() && !way.is_refused) co_return Done{};
    auto found = co_await failover::connection_of(site, way.cluster);
    if (!found) co_return Done{};
    way.conninfo = std::move(*found);
    way.is_refused = false;
    co_return Done{};
  }

  Task<Result<Done>> use(Way& way, time::Duration patience, std::function<Result<void>(data::Connection&, data::Deadline)> work) {
    const std::string conninfo = way.conninfo;
    if (conninfo.empty()) co_return Failure{{Code::not_found, "its connection string is not known"}};
    Result<void> done;
    co_await site.loop->offload([&] {
      const data::Deadline deadline = data::deadline_in(patience);
      done = way.session.with(conninfo, deadline, [&](data::Connection& session) { return work(session, deadline); });
    });
    if (done) co_return Done{};
    way.is_refused = done.error().code == Code::unauthorized;
    co_return Failure{done.error()};
  }

  Task<Done> ask(Witness& one, time::Duration patience) {
    one.standing.reset();
    std::function<Result<void>(data::Connection&, data::Deadline)> work = [&one](data::Connection& session,
                                                                                 data::Deadline deadline) -> Result<void> {
      auto seen = data::look(session, "", deadline);
      if (!seen) return Failure{seen.error()};
      one.standing = std::move(*seen);
      return {};
    };
    static_cast<void>(co_await use(one.way, patience, std::move(work)));
    co_return Done{};
  }

  Task<Done> ask_own(std::optional<data::Standing>& standing, std::vector<data::Stream>& streams, time::Duration patience) {
    std::function<Result<void>(data::Connection&, data::Deadline)> work = [&](data::Connection& session,
                                                                              data::Deadline deadline) -> Result<void> {
      auto sent = data::streams_of(session, deadline);
      if (!sent) return Failure{sent.error()};
      auto seen = data::look(session, "", deadline);
      if (!seen) return Failure{seen.error()};
      streams = std::move(*sent);
      standing = std::move(*seen);
      return {};
    };
    static_cast<void>(co_await use(own, patience, std::move(work)));
    co_return Done{};
  }
};

Witnesses::Witnesses(failover::Site& site, std::string side) : impl_(new Impl{.site = site, .own = {.cluster = std::move(side)}}) {
  if (!site.policy.postgres) return;
  for (const std::string& cluster : site.policy.clusters) {
    if (cluster == impl_->own.cluster) continue;
    impl_->others.push_back(std::make_unique<Witness>());
    impl_->others.back()->way.cluster = cluster;
    impl_->others.back()->name = site.policy.postgres->sides.at(cluster).application_name;
  }
}
Witnesses::~Witnesses() = default;

Task<Done> Witnesses::find_connections() {
  Impl& self = *impl_;
  std::vector<Task<Done>> tasks;
  tasks.push_back(self.find(self.own));
  for (const auto& one : self.others) tasks.push_back(self.find(one->way));
  co_await when_all(std::move(tasks));
  co_return Done{};
}

Task<Replayed> Witnesses::look(time::Duration patience) {
  Impl& self = *impl_;
  std::optional<data::Standing> ours;
  std::vector<data::Stream> streams;
  co_await self.ask_own(ours, streams, patience);
  Replayed replayed;
  if (!ours || ours->in_recovery) co_return replayed;
  std::vector<Task<Done>> tasks;
  for (const auto& one : self.others) {
    const auto streamed = by_stream(streams, *one);
    if (streamed) replayed[one->way.cluster] = *streamed;
    if (!streamed) tasks.push_back(self.ask(*one, patience));
  }
  co_await when_all(std::move(tasks));
  for (const auto& one : self.others) {
    if (replayed.contains(one->way.cluster)) continue;
    if (const auto said = by_itself(one->standing, *ours)) replayed[one->way.cluster] = *said;
  }
  co_return replayed;
}

Task<Result<data::Lsn>> Witnesses::mark(time::Duration patience) {
  Result<data::Lsn> marked = Failure{Error{}};
  std::function<Result<void>(data::Connection&, data::Deadline)> work = [&marked](data::Connection& session,
                                                                                  data::Deadline deadline) -> Result<void> {
    marked = data::mark_log(session, deadline);
    return marked ? Result<void>{} : Result<void>{Failure{marked.error()}};
  };
  const auto done = co_await impl_->use(impl_->own, patience, std::move(work));
  if (!done) co_return Failure{done.error()};
  co_return marked;
}

}  // namespace fedctl::guard
