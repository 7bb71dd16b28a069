#pragma once

#include "base/error.hpp"
#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <map>
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

/// A whole number of a row; 0 for NULL.
std::int64_t whole_number(const std::optional<std::string>& value);

/// A text as SQL writes it, for statements that take no parameters.
std::string literal(std::string_view value);

/// The library that a fenced server wants every new session to load, and that is not there (fence.hpp).
inline constexpr std::string_view fence_library = "fenced_by_fedctl";

/// How to come in: past the fence, if there is one, or only where an application could, too.
enum class Entry { past_fence, as_application };

/// One session. Never says its password: messages of libpq name the host and the user only.
class Connection {
 public:
  /// `conninfo` as libpq has it: a URI or keywords (https://www.postgresql.org/docs/15/libpq-connect.html).
  /// Errors: invalid_input for what is no connection string; unreachable, unauthorized, timeout; what `is_fenced`.
  static Result<Connection> open(const std::string& conninfo, Deadline deadline, Entry entry = Entry::past_fence);

  /// False once the server ended the session, or an answer took too long: nothing can be asked any more.
  bool is_open() const;

  /// The socket, and the process that serves it there, by its number on the server's machine.
  int socket() const;
  int server_process() const;

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
  static Result<Connection> open_once(const std::string& conninfo, const std::map<std::string, std::string>& more, Deadline deadline);
  std::unique_ptr<Session> session_;
};

/// Did the server let a session not in because it is fenced?
bool is_fenced(const Error& error);

/// Does the host itself say that no server serves there: the connection was refused at every address? Silence is none, nor is a
/// server that shuts down: sessions that are there may write until it has.
bool is_refused(const Error& error);

/// What of a connection string cannot be used, whoever answers: it is none, or a file that it names (of certificates or a key) cannot be
/// read. Nothing where all of it can. Never its password.
std::optional<Error> problem_of_conninfo(const std::string& conninfo);

/// Host, port and database of a connection string, for people; never its password.
std::string display_name(const std::string& conninfo);

}  // namespace fedctl::data
