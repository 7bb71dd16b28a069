#pragma once

#include "base/task.hpp"
#include "data/synchronous.hpp"
#include "failover/evidence.hpp"
#include "failover/site.hpp"
#include "failover/state.hpp"

#include <functional>
#include <string>

/// For which standbys the commits of the active side wait: set and proven, and taken back.
namespace fedctl::failover {

using OnServer = std::function<Result<void>(data::Connection&, data::Deadline)>;

/// Opens a session in a side's database and uses it, on a thread of its own.
Task<Result<Done>> on_server(Site& site, std::string cluster, time::Duration timeout, OnServer use);

/// For whom a side's commits wait, or would as a primary.
Task<Result<data::Synchronous>> synchronous_of_database(Site& site, std::string cluster);

/// What the primary's commits are to wait for as soon as they can: what the policy says, else what a failover left to be set. "": nothing.
std::string owed_names(const Policy& policy, const State& state, const std::string& primary);

/// Makes the primary's commits wait for what they are to wait for: names the standbys so that it tells them apart, waits at most `patience`
/// until enough of them stream, sets it, and where the policy promises it, proves it. The state says so from then on, and does not while it
/// is changed. Errors: timeout where too few stream; rejected; conflict where another cluster is active by now; of the database.
Task<Result<SynchronousEvidence>> settle_synchronous(Site& site, std::string primary, time::Duration patience);

/// The state no longer promises that the primary's commits wait; to be called before they no longer do. Errors: of the store; conflict
/// where another cluster is active by now.
Task<Result<Done>> take_back_promise(Site& site, std::string primary);

}  // namespace fedctl::failover
