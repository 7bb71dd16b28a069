#pragma once

#include "base/error.hpp"

#include <map>
#include <string>
#include <vector>

/// Connection strings, as libpq reads them: a URI, or keywords with values
/// (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING).
namespace fedctl::data {

/// What the string says, by keyword. Errors: invalid_input for what is no connection string; the message quotes nothing of it, for it may
/// hold a password.
Result<std::map<std::string, std::string>> keywords_of(const std::string& conninfo);

/// Where a server listens: a name, an IP address, or the folder of its socket.
struct Address {
  std::string host;
  std::string port;
  bool operator==(const Address&) const = default;
};
std::string to_string(const Address& address);
/// Names are told apart without regard to case; folders are not.
Address address_of(const std::string& host, std::string port);

/// Where a connection string leads; libpq takes lists, so there may be more than one, and none where it names no host.
/// Errors as `keywords_of`.
Result<std::vector<Address>> addresses_of(const std::string& conninfo);

/// The same connection string, leading to `address`: in the place of a single address, ahead of several. All else that it says is kept:
/// user, password, TLS. Errors as `keywords_of`.
Result<std::string> led_to(const std::string& conninfo, const Address& address);

/// The same connection string with one keyword more, or another value for it: application_name, by which a primary knows a standby.
/// Errors as `keywords_of`.
Result<std::string> with_keyword(const std::string& conninfo, const std::string& keyword, const std::string& value);

}  // namespace fedctl::data
