#pragma once

#include "base/error.hpp"
#include "base/time.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// PostgreSQL servers, through libpq. Everything here blocks, at most until its deadline, so it runs by http::Loop::offload.
namespace fedctl::data {

using Deadline = std::chrono::steady_clock::time_point;
Deadline deadline_in(time::Duration duration);

/// A row's values as text; nothing for NULL.
using Row = std::vector<std::optional<std::string>>;
using Rows = std::vector<Row>;

/// One session. Never says its password: messages of libpq name the host and the user only.
class Connection {
 public:
  /// `conninfo` as libpq has it: a URI or keywords (https://www.postgresql.org/docs/15/libpq-connect.html).
  /// Errors: invalid_input for what is no connection string; unreachable, unauthorized, timeout.
  static Result<Connection> open(const std::string& conninfo, Deadline deadline);

  /// Runs one statement with parameters $1, $2, ... Errors: unreachable where the session is gone; timeout (the statement is cancelled);
  /// rejected, with the server's message.
  Result<Rows> query(const std::string& statement, std::span<const std::string> parameters, Deadline deadline);
  Result<Rows> query(const std::string& statement, Deadline deadline) { return query(statement, {}, deadline); }

  /// The same of a statement that yields one value. Errors: rejected where it yields none.
  Result<std::string> value(const std::string& statement, Deadline deadline);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

 private:
  struct Session;
  explicit Connection(std::unique_ptr<Session> session);
  std::unique_ptr<Session> session_;
};

/// Host, port and database of a connection string, for people; never its password.
std::string display_name(const std::string& conninfo);

}  // namespace fedctl::data
