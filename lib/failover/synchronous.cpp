#include "failover/synchronous.hpp"

#include "base/text.hpp"
#include "data/role.hpp"
#include "data/synchronous_names.hpp"
#include "data/upstream.hpp"
#include "failover/assess.hpp"
#include "failover/quorum.hpp"
#include "failover/side_database.hpp"
#include "failover/survey.hpp"
#include "failover/take_survey.hpp"
#include "http/rest.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::failover {
namespace {

constexpr time::Duration time_to_set{10'000};
constexpr time::Duration between_counts{100};
constexpr int tries_to_note = 5;

using Change = std::function<void(SynchronousState&)>;
void take_back(SynchronousState& known) { known.proven.clear(); }

/// Changes what the state says of the primary's synchronous replication, whoever else writes the state meanwhile.
Task<Result<Done>> note_synchronous(Site& site, std::string primary, Change change) {
  Error problem;
  for (int i = 0; i < tries_to_note; ++i) {
    auto state = co_await site.store->load();
    if (!state) co_return Failure{state.error()};
    if (active_cluster(site.policy, *state) != primary) {
      Error moved{Code::conflict, fmt::format("{} is not the active cluster any more", primary)};
      co_return Failure{std::move(moved)};
    }
    if (!state->synchronous || state->synchronous->cluster != primary) state->synchronous = SynchronousState{.cluster = primary};
    change(*state->synchronous);
    const auto saved = co_await site.store->save(*state);
    if (saved) co_return Done{};
    problem = saved.error();
    if (problem.code != Code::conflict) break;
  }
  co_return Failure{std::move(problem)};
}

/// The standby is known to its primary as the policy's names have it. A rejoin program may have written another name.
Task<Result<Done>> name_receiver(Site& site, std::string cluster) {
  const std::string name = standby_name(cluster);
  OnServer use = [name](data::Connection& standby, data::Deadline deadline) -> Result<void> {
    const auto upstream = data::upstream_of(standby, deadline);
    if (!upstream) return Failure{upstream.error()};
    const auto conninfo = data::with_keyword(upstream->conninfo, "application_name", name);
    if (!conninfo) return Failure{conninfo.error()};
    return data::set_upstream(standby, *conninfo, deadline);
  };
  const auto done = co_await on_server(site, std::move(cluster), time_to_set, std::move(use));
  co_return done;
}

bool is_misnamed(const SideSurvey& side) {
  const bool is_known = side.database && side.database->in_recovery && !side.checkup.upstreams.empty();
  return is_known && side.checkup.application_name != standby_name(side.cluster);
}

/// Yields the clusters of those that had another name.
Task<Result<std::vector<std::string>>> name_receivers(Site& site, const Survey& found, std::string primary) {
  std::vector<std::string> named;
  for (const SideSurvey& side : found.sides) {
    if (side.cluster == primary || !is_misnamed(side)) continue;
    const auto done = co_await name_receiver(site, side.cluster);
    if (!done) co_return Failure{done.error()};
    named.push_back(side.cluster);
  }
  co_return named;
}

/// How many of the policy's standbys could come to stream at all.
std::size_t standbys_in(const Survey& found, const std::string& primary) {
  return static_cast<std::size_t>(std::ranges::count_if(
      found.sides, [&](const SideSurvey& side) { return side.cluster != primary && side.database && side.database->in_recovery; }));
}

Error too_few(const std::string& primary, const std::string& names, const data::Synchronous& has) {
  return {.code = Code::timeout,
          .message = fmt::format("commits on {} do not wait for {}: {}", primary, names,
                                 has.streaming.empty() ? std::string{"no standby streams from it"}
                                                       : "of these only the following stream from it: " + text::listed(has.streaming)),
          .cluster = primary,
          .hint = "make its standbys follow; 'fedctl failover repair' tries again"};
}

/// Waits until enough standbys stream. Errors: timeout.
Task<Result<data::Synchronous>> wait_answered(Site& site, std::string primary, std::string names, time::Duration patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    auto has = co_await synchronous_of_database(site, primary);
    if (!has || data::is_answered(names, has->streaming)) co_return has;
    if (std::chrono::steady_clock::now() >= deadline) {
      Error problem = too_few(primary, names, *has);
      co_return Failure{std::move(problem)};
    }
    const http::Rest rest = co_await http::rest(*site.loop, between_counts);
    if (rest == http::Rest::interrupted) {
      Error interrupted{Code::cancelled, "interrupted"};
      co_return Failure{std::move(interrupted)};
    }
  }
}

/// Why the receiver is not that standby; empty: it is, as far as can be told. `elsewhere` are the addresses of the primary's standbys.
std::string problem_of_receiver(const data::Receiver& receiver, const Examined& standby, const std::vector<data::Address>& elsewhere) {
  const data::Standing& standing = standby.standing;
  const bool has_it = standing.in_recovery && standing.streams && standing.written >= receiver.flushed;
  if (!has_it) return "that has received less, so it is another one";
  const auto& sender = standby.checkup.sender;
  const bool is_cascaded = sender && std::ranges::find(elsewhere, *sender) != elsewhere.end();
  return is_cascaded ? fmt::format("that receives from {}, so it is another one", data::to_string(*sender)) : std::string{};
}

/// Whoever calls itself by a standby's name confirms commits in its place. Errors: rejected where a receiver is not the database that is
/// meant, as far as can be told: that has received less, or cannot be asked.
Task<Result<Done>> check_receivers(Site& site, std::string primary, std::vector<data::Receiver> receivers) {
  std::vector<data::Address> elsewhere;
  for (const std::string& cluster : site.policy.clusters) {
    const auto database = database_of(site, cluster);
    const auto addresses = co_await database->addresses();
    if (cluster != primary) elsewhere.insert(elsewhere.end(), addresses.begin(), addresses.end());
  }
  for (const data::Receiver& receiver : receivers) {
    const auto cluster = std::ranges::find(site.policy.clusters, receiver.name, standby_name);
    if (cluster == site.policy.clusters.end()) continue;
    const auto examined = co_await examine_database(site, *cluster, time_to_set);
    std::string problem;
    if (!examined) problem = fmt::format("that cannot be asked: {}", examined.error().message);
    if (examined) problem = problem_of_receiver(receiver, *examined, elsewhere);
    if (problem.empty()) continue;
    Error error{.code = Code::rejected,
                .message = fmt::format("a receiver of {} calls itself {}, and commits wait for it as for the database of {}; {}", primary,
                                       receiver.name, *cluster, problem),
                .cluster = primary};
    error.hint = "see in pg_stat_replication who it is";
    co_return Failure{std::move(error)};
  }
  co_return Done{};
}

/// Sets it and, where it is promised, proves it; what cannot be proven is put back, for its commits would hang.
Task<Result<Done>> put_in_force(Site& site, std::string primary, std::string names, bool is_promised) {
  std::vector<data::Receiver> receivers;
  OnServer use = [names, is_promised, &receivers](data::Connection& server, data::Deadline deadline) -> Result<void> {
    const auto before = data::synchronous_of(server, deadline);
    if (!before) return Failure{before.error()};
    if (before->names != names) {
      if (auto set = data::set_synchronous_names(server, names, deadline); !set) return set;
    }
    if (!is_promised) return {};
    auto proven = data::prove_synchronous(server, names, deadline);
    if (!proven) return Failure{proven.error()};
    receivers = std::move(*proven);
    return {};
  };
  const auto before = co_await synchronous_of_database(site, primary);
  if (!before) co_return Failure{before.error()};
  auto done = co_await on_server(site, primary, site.policy.postgres->promote_timeout, std::move(use));
  if (done && is_promised) {
    auto checked = co_await check_receivers(site, primary, receivers);
    done = std::move(checked);
  }
  if (done || before->names == names) co_return done;
  OnServer undo = [was = *before](data::Connection& server, data::Deadline deadline) {
    return data::restore_synchronous_names(server, was, deadline);
  };
  static_cast<void>(co_await on_server(site, std::move(primary), time_to_set, std::move(undo)));
  co_return done;
}

/// Why it cannot be set, or would promise nothing.
std::optional<Error> problem_of_setting(const SideSurvey& side, const std::string& names, bool is_promised) {
  const data::Checkup& found = side.checkup;
  const auto problem = [&](std::string message, std::string hint) {
    return Error{.code = Code::rejected, .message = std::move(message), .cluster = side.cluster, .hint = std::move(hint)};
  };
  if (!side.database)
    return side.database_problem.value_or(
        Error{.code = Code::unreachable, .message = "the database does not answer", .cluster = side.cluster});
  if (side.database->in_recovery) return problem("its database is a standby, whose commits nobody waits for", "");
  if (found.synchronous.names != names && !found.missing_to_synchronize.empty())
    return problem("our role lacks " + text::listed(found.missing_to_synchronize), data::how_to_grant);
  if (is_promised && !data::waits_for_disk(found.synchronous.commit))
    return problem(fmt::format("synchronous_commit is {}, so commits wait for no standby's disk", found.synchronous.commit),
                   "set it to on in postgresql.conf");
  return std::nullopt;
}

}  // namespace

Task<Result<Done>> on_server(Site& site, std::string cluster, time::Duration timeout, OnServer use) {
  const auto conninfo = co_await connection_of(site, cluster);
  if (!conninfo) co_return Failure{conninfo.error()};
  Result<void> done;
  co_await site.loop->offload([&] {
    const data::Deadline deadline = data::deadline_in(timeout);
    auto session = data::Connection::open(*conninfo, deadline);
    done = session ? use(*session, deadline) : Result<void>{Failure{session.error()}};
  });
  if (!done) co_return Failure{in_cluster(done.error(), cluster)};
  co_return Done{};
}

Task<Result<data::Synchronous>> synchronous_of_database(Site& site, std::string cluster) {
  data::Synchronous found;
  OnServer use = [&found](data::Connection& server, data::Deadline deadline) -> Result<void> {
    auto read = data::synchronous_of(server, deadline);
    if (!read) return Failure{read.error()};
    found = std::move(*read);
    return {};
  };
  const auto done = co_await on_server(site, std::move(cluster), time_to_set, std::move(use));
  if (!done) co_return Failure{done.error()};
  co_return found;
}

std::string owed_names(const Policy& policy, const State& state, const std::string& primary) {
  if (!policy.postgres) return {};
  const Replication::Mode mode = policy.postgres->replication.mode;
  if (mode == Replication::Mode::sync) return wanted_names(policy, primary);
  const bool is_carried = mode == Replication::Mode::keep && state.synchronous && state.synchronous->cluster == primary;
  return is_carried ? state.synchronous->owed : std::string{};
}

Task<Result<SynchronousEvidence>> settle_synchronous(Site& site, std::string primary, time::Duration patience) {
  auto state = co_await site.store->load();
  if (!state) co_return Failure{state.error()};
  const bool is_promised = site.policy.postgres && site.policy.postgres->replication.waits();
  const std::string names = is_promised ? wanted_names(site.policy, primary) : owed_names(site.policy, *state, primary);
  SynchronousEvidence evidence;
  evidence.names = names;
  if (names.empty()) co_return evidence;
  const SurveyOptions without_dns{.dns = false};
  const Survey found = co_await survey(site, without_dns);
  const SideSurvey& side = *found.find(primary);
  if (auto problem = problem_of_setting(side, names, is_promised)) co_return Failure{std::move(*problem)};
  if (is_promised) {
    auto named = co_await name_receivers(site, found, primary);
    if (!named) co_return Failure{named.error()};
    evidence.named = std::move(*named);
    evidence.exempt = side.checkup.synchronous.exempt;
  }
  const bool is_known = state->synchronous && state->synchronous->cluster == primary;
  const bool is_in_force = side.checkup.synchronous.names == names && (!is_promised || (is_known && state->synchronous->proven == names));
  if (is_in_force) {
    evidence.is_unchanged = true;
    co_return evidence;
  }
  const bool can_come = standbys_in(found, primary) >= data::parse_synchronous_names(names)->count;
  if (!can_come) patience = time::Duration{0};
  const auto answered = co_await wait_answered(site, primary, names, patience);
  if (!answered) co_return Failure{answered.error()};
  const auto taken_back = co_await take_back_promise(site, primary);
  if (!taken_back) co_return Failure{taken_back.error()};
  const auto set = co_await put_in_force(site, primary, names, is_promised);
  if (!set) co_return Failure{set.error()};
  Change keep = [names, is_promised](SynchronousState& known) {
    known.seen = names;
    known.owed.clear();
    if (!is_promised) return;
    known.proven = names;
    known.at = timestamp_now();
  };
  const auto noted = co_await note_synchronous(site, primary, std::move(keep));
  if (!noted) co_return Failure{noted.error()};
  co_return evidence;
}

Task<Result<Done>> take_back_promise(Site& site, std::string primary) {
  const auto done = co_await note_synchronous(site, std::move(primary), &take_back);
  co_return done;
}

}  // namespace fedctl::failover
