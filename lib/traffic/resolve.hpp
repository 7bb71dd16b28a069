#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "http/loop.hpp"
#include "traffic/record.hpp"

#include <string>
#include <vector>

namespace fedctl::traffic {

/// "127.0.0.1:5353", "[::1]:53", "ns1.example.com"; the port is 53 where none is written. Errors: invalid_input.
struct Server {
  std::string host;
  std::string port = "53";
};
Result<Server> parse_server(const std::string& text);

/// Asks one server, over UDP and then TCP, for the record's name and type. No such name is an empty answer.
/// Errors: unreachable where the server does not answer within `timeout`.
Task<Result<Answer>> resolve(http::Loop& loop, std::string server, std::string name, std::string type, time::Duration timeout);

/// The servers of this machine's /etc/resolv.conf.
std::vector<std::string> system_servers();

}  // namespace fedctl::traffic
