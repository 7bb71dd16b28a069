#include "data/postgres.hpp"

#include "base/text.hpp"
#include "data/conninfo.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <unistd.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <thread>

namespace fedctl::data {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, FreeResult>;

/// Waits until the socket can be read or written; false when time is over.
bool wait_for(int socket, short events, Deadline deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd file{socket, events, 0};
    const int ready = ::poll(&file, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

std::string one_line(const char* message) {
  std::string line = text::trim(message == nullptr ? "" : message);
  for (char& c : line) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return line;
}

/// What a server says that is fenced: the library is not there; to a role that may not leave it out, that.
constexpr std::string_view cannot_pass = "parameter \"session_preload_libraries\"";

Error connection_error(const PGconn* connection) {
  const std::string message = one_line(PQerrorMessage(connection));
  if (message.find(fence_library) != std::string::npos) return {Code::rejected, "the database is fenced, and lets no application in"};
  if (message.find(cannot_pass) != std::string::npos)
    return {.code = Code::rejected, .message = "the database is fenced, and its role may not pass", .hint = "see 'fedctl failover role'"};
  const bool refused = message.find("authentication") != std::string::npos || message.find("pg_hba") != std::string::npos ||
                       message.find("no password supplied") != std::string::npos || PQconnectionNeedsPassword(connection) == 1;
  return {refused ? Code::unauthorized : Code::unreachable, message};
}

/// The server must not finish later what we gave up on. Nobody waits for it: a server that is cut off never answers to this either.
void cancel_in_background(PGconn* handle) {
  std::shared_ptr<PGcancel> cancel{PQgetCancel(handle), &PQfreeCancel};
  if (!cancel) return;
  std::thread{[cancel] {
    char reason[256] = {};
    PQcancel(cancel.get(), reason, sizeof reason);
  }}.detach();
}

}  // namespace

struct Connection::Session {
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  std::unique_ptr<PGconn, Finish> handle;
};

Deadline deadline_in(time::Duration duration) { return Clock::now() + duration; }

std::int64_t whole_number(const std::optional<std::string>& value) {
  std::int64_t number = 0;
  if (value) std::from_chars(value->data(), value->data() + value->size(), number);
  return number;
}

std::string literal(std::string_view value) {
  std::string result{value};
  text::replace_all(result, "'", "''");
  return "'" + result + "'";
}

Connection::Connection(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::open(const std::string& conninfo, Deadline deadline, Entry entry) {
  // libpq tells a file that is missing as if the server could not be reached.
  if (auto problem = problem_of_conninfo(conninfo)) return Failure{std::move(*problem)};
  auto said = keywords_of(conninfo);
  if (entry == Entry::as_application) return open_once(conninfo, {{"application_name", "fedctl probe"}}, deadline);
  auto session = open_once(conninfo, {{"application_name", "fedctl"}}, deadline);
  if (session || !is_fenced(session.error())) return session;
  const std::string options = (*said)["options"] + " -c session_preload_libraries=";
  return open_once(conninfo, {{"application_name", "fedctl"}, {"options", options}}, deadline);
}

Result<Connection> Connection::open_once(const std::string& conninfo, const std::map<std::string, std::string>& more, Deadline deadline) {
  std::vector<const char*> keywords{"dbname"};
  std::vector<const char*> values{conninfo.c_str()};
  for (const auto& [keyword, value] : more) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  auto session = std::make_unique<Session>();
  session->handle.reset(PQconnectStartParams(keywords.data(), values.data(), 1));
  PGconn* handle = session->handle.get();
  if (handle == nullptr || PQstatus(handle) == CONNECTION_BAD) return Failure{connection_error(handle)};
  // libpq prints warnings otherwise, such as that a session had ended before it was told to.
  PQsetNoticeProcessor(
      handle, [](void*, const char*) {}, nullptr);
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) return Failure{connection_error(handle)};
    if (!wait_for(PQsocket(handle), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline))
      return Failure{{Code::unreachable, fmt::format("{} did not answer in time", display_name(conninfo))}};
    state = PQconnectPoll(handle);
  }
  return Connection{std::move(session)};
}

bool Connection::is_open() const { return session_->handle && PQstatus(session_->handle.get()) == CONNECTION_OK; }

int Connection::socket() const { return PQsocket(session_->handle.get()); }
int Connection::server_process() const { return PQbackendPID(session_->handle.get()); }

Result<Rows> Connection::query(const std::string& statement, std::span<const std::string> parameters, Deadline deadline) {
  PGconn* handle = session_->handle.get();
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  const int count = static_cast<int>(values.size());
  if (PQsendQueryParams(handle, statement.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0) == 0)
    return Failure{{Code::unreachable, one_line(PQerrorMessage(handle))}};
  Rows rows;
  std::optional<Error> problem;
  while (true) {
    while (PQisBusy(handle) == 1) {
      if (!wait_for(PQsocket(handle), POLLIN, deadline)) {
        cancel_in_background(handle);
        session_->handle.reset();
        return Failure{{Code::timeout, "the database took too long to answer"}};
      }
      if (PQconsumeInput(handle) == 0) return Failure{{Code::unreachable, one_line(PQerrorMessage(handle))}};
    }
    const ResultPtr result{PQgetResult(handle)};
    if (!result) break;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK) {
      for (int row = 0; row < PQntuples(result.get()); ++row) {
        Row& values_of_row = rows.emplace_back();
        for (int column = 0; column < PQnfields(result.get()); ++column) {
          const bool is_null = PQgetisnull(result.get(), row, column) == 1;
          values_of_row.push_back(is_null ? std::nullopt : std::optional<std::string>{PQgetvalue(result.get(), row, column)});
        }
      }
    } else if (status != PGRES_COMMAND_OK) {
      const bool is_gone = PQstatus(handle) == CONNECTION_BAD;
      problem = Error{is_gone ? Code::unreachable : Code::rejected, one_line(PQresultErrorMessage(result.get()))};
    }
  }
  if (problem) return Failure{*problem};
  return rows;
}

Result<std::string> Connection::value(const std::string& statement, Deadline deadline) {
  const auto rows = query(statement, deadline);
  if (!rows) return Failure{rows.error()};
  if (rows->empty() || rows->front().empty() || !rows->front().front())
    return Failure{{Code::rejected, fmt::format("'{}' yields no value", statement)}};
  return *rows->front().front();
}

bool is_fenced(const Error& error) { return error.code == Code::rejected && error.message.starts_with("the database is fenced"); }

bool is_refused(const Error& error) {
  if (error.code != Code::unreachable) return false;
  const auto count = [&](std::string_view words) {
    std::size_t found = 0;
    for (auto at = error.message.find(words); at != std::string::npos; at = error.message.find(words, at + 1)) ++found;
    return found;
  };
  // libpq says "connection to server at ... failed: ..." of each address.
  const std::size_t refusals = count("Connection refused") + count("No such file or directory");
  return refusals > 0 && refusals >= count("connection to server");
}

std::optional<Error> problem_of_conninfo(const std::string& conninfo) {
  auto said = keywords_of(conninfo);
  if (!said) return said.error();
  // libpq goes on without those that it does not need: authorities only where the server is verified, a key only with its certificate.
  const auto file_of = [&](const std::string& keyword) {
    const std::string path = (*said)[keyword];
    return path.starts_with('/') || path.starts_with('.') ? path : std::string{};
  };
  const auto can_read = [](const std::string& path) { return ::access(path.c_str(), R_OK) == 0; };
  const bool is_verified = (*said)["sslmode"].starts_with("verify-");
  const std::string certificate = file_of("sslcert");
  std::string missing;
  if (const auto key = file_of("sslkey"); !key.empty() && !certificate.empty() && can_read(certificate) && !can_read(key)) missing = key;
  if (const auto authorities = file_of("sslrootcert"); is_verified && !authorities.empty() && !can_read(authorities)) missing = authorities;
  if (missing.empty()) return std::nullopt;
  return Error{Code::invalid_input,
               fmt::format("the file {} that the connection string names cannot be read: {}", missing, std::strerror(errno))};
}

std::string display_name(const std::string& conninfo) {
  auto said = keywords_of(conninfo).value_or(std::map<std::string, std::string>{});
  const std::string& host = said["host"];
  const std::string& port = said["port"];
  const std::string& database = said["dbname"];
  return fmt::format("{}:{}{}{}", host.empty() ? "localhost" : host, port.empty() ? "5432" : port, database.empty() ? "" : "/", database);
}

}  // namespace fedctl::data
