#include "data/server_process.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

namespace fedctl::data {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds between_looks{10};

/// Of proc(5)'s stat: what follows the name, which is in parentheses and may be anything.
struct Stat {
  std::string name;
  char state = '?';
  pid_t parent = 0;
  std::string began;
};

std::optional<Stat> stat_of(pid_t pid) {
  const auto text = file::read(fmt::format("/proc/{}/stat", pid));
  if (!text) return std::nullopt;
  const auto open = text->find('(');
  const auto close = text->rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  constexpr int of_start = 22;
  std::istringstream fields{text->substr(close + 1)};
  Stat stat{.name = text->substr(open + 1, close - open - 1)};
  fields >> stat.state >> stat.parent;
  for (int field = 5; field <= of_start; ++field) fields >> stat.began;
  return fields ? std::optional{stat} : std::nullopt;
}

bool is_gone(pid_t pid) {
  const auto stat = stat_of(pid);
  return !stat || stat->state == 'Z' || stat->state == 'X';
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc", problem}) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (failed != std::errc{} || end != name.data() + name.size()) continue;
    const auto stat = stat_of(pid);
    if (stat && stat->parent == parent) children.push_back(pid);
  }
  return children;
}

/// The port of our end; nothing for a Unix socket.
std::optional<int> own_port(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return std::nullopt;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return std::nullopt;
}

/// Of a Unix socket: who listens there.
pid_t listener_of(int socket) {
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return 0;
  return credentials.pid;
}

/// The server whose process here has the title that it gave to the session's.
pid_t parent_of_session(pid_t process, int port) {
  const auto title = file::read(fmt::format("/proc/{}/cmdline", process));
  const bool is_ours = title && title->starts_with("postgres: ") && title->find(fmt::format("({})", port)) != std::string::npos;
  const auto stat = is_ours ? stat_of(process) : std::nullopt;
  return stat ? stat->parent : 0;
}

/// Later lines win, and ALTER SYSTEM takes them all away again. A server that keeps its files elsewhere is not helped.
void close_for_good(pid_t pid) {
  std::error_code problem;
  const auto folder = std::filesystem::read_symlink(fmt::format("/proc/{}/cwd", pid), problem);
  const auto file = folder / "postgresql.auto.conf";
  if (problem || !std::filesystem::is_regular_file(file, problem)) return;
  std::ofstream settings{file, std::ios::app};
  settings << "default_transaction_read_only = 'on'\nsession_preload_libraries = '" << fence_library << "'\n";
}

Error not_here() { return {Code::not_found, "the server does not run on this machine, or its processes cannot be seen"}; }

}  // namespace

Result<ServerProcess> process_of(const Connection& connection) {
  const auto port = own_port(connection.socket());
  const pid_t pid = port ? parent_of_session(connection.server_process(), *port) : listener_of(connection.socket());
  const auto stat = pid > 1 ? stat_of(pid) : std::nullopt;
  if (!stat || (stat->name != "postgres" && stat->name != "postmaster")) return Failure{not_here()};
  return ServerProcess{pid, stat->began};
}

Result<void> kill_server(const ServerProcess& server, Deadline deadline) {
  const auto stat = stat_of(server.pid);
  if (!stat || stat->began != server.began) return Failure{{Code::not_found, "the server has ended already, or it is another one by now"}};
  // While it stands still it begins no other process.
  if (::kill(server.pid, SIGSTOP) != 0) return Failure{{Code::rejected, "its processes may not be ended by this user"}};
  close_for_good(server.pid);
  std::vector<pid_t> all = children_of(server.pid);
  all.push_back(server.pid);
  for (const pid_t pid : all) ::kill(pid, SIGKILL);
  while (!std::ranges::all_of(all, is_gone)) {
    if (Clock::now() >= deadline) return Failure{{Code::timeout, "its processes do not end"}};
    std::this_thread::sleep_for(between_looks);
  }
  return {};
}

}  // namespace fedctl::data
