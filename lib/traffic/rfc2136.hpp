#pragma once

#include "http/loop.hpp"
#include "traffic/record.hpp"
#include "traffic/settings.hpp"

#include <memory>

namespace fedctl::traffic {

/// DNS UPDATE (RFC 2136), as BIND, Knot and PowerDNS take it: the name's records of the type are replaced in one message.
/// Errors: unreachable; unauthorized (NOTAUTH, BADSIG, BADKEY), forbidden (REFUSED), rejected with the answer's code.
std::unique_ptr<Provider> make_rfc2136(http::Loop& loop, Rfc2136Options options);

}  // namespace fedctl::traffic
