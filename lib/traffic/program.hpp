#pragma once

#include "http/loop.hpp"
#include "traffic/record.hpp"

#include <string>
#include <vector>

namespace fedctl::traffic {

/// A program of the user's that keeps the record. It reads {"action": "get" or "put", "record": {"name", "type", "ttl", "value"}} from its
/// standard input; to "get" it prints {"value": ..., "ttl": ...}; it exits with 0 when that is done, to "put" when it is in effect.
std::unique_ptr<Provider> make_program(http::Loop& loop, std::vector<std::string> command, time::Duration timeout);

}  // namespace fedctl::traffic
