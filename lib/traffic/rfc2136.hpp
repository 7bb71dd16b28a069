#pragma once

#include "http/loop.hpp"
#include "traffic/record.hpp"

#include <string>

namespace fedctl::traffic {

struct Rfc2136Options {
  std::string server;  ///< The zone's primary: "192.0.2.1:53".
  std::string zone;
  std::string key_name;  ///< Of the TSIG key (RFC 8945); empty: updates are not signed.
  std::string key_algorithm = "hmac-sha256";
  std::string key_secret;  ///< Base64.
  time::Duration timeout{5'000};
};

/// DNS UPDATE (RFC 2136), as BIND, Knot and PowerDNS take it: the name's records of the type are replaced in one message.
/// Errors: unreachable; unauthorized (NOTAUTH, BADSIG, BADKEY), forbidden (REFUSED), rejected with the answer's code.
std::unique_ptr<Provider> make_rfc2136(http::Loop& loop, Rfc2136Options options);

}  // namespace fedctl::traffic
