#pragma once

#include "base/error.hpp"
#include "failover/policy.hpp"
#include "http/loop.hpp"

#include <map>
#include <string>

namespace fedctl::failover {

/// Runs a program of the policy's with these variables besides ours and this on its standard input; blocks. What it said, shortened.
/// Errors: rejected with its exit status and what it said; timeout; not_found.
Result<std::string> run_action(const Action& action, const std::map<std::string, std::string>& environment, const std::string& input);

/// POSTs JSON to a URL of the policy's or the user's; the status of the answer. Errors: the network's.
Result<long> post_json(http::Loop& loop, const std::string& url, const std::string& body, time::Duration timeout);

}  // namespace fedctl::failover
