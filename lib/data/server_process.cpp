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
#include <functional>
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

bool is_postgres(const Stat& stat) { return stat.name == "postgres" || stat.name == "postmaster"; }

bool is_gone(pid_t pid) {
  const auto stat = stat_of(pid);
  return !stat || stat->state == 'Z' || stat->state == 'X';
}

/// The processes of this machine of which `is_wanted` holds.
std::vector<pid_t> processes(const std::function<bool(pid_t, const Stat&)>& is_wanted) {
  std::vector<pid_t> found;
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc", problem}) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (failed != std::errc{} || end != name.data() + name.size()) continue;
    const auto stat = stat_of(pid);
    if (stat && is_wanted(pid, *stat)) found.push_back(pid);
  }
  return found;
}

std::vector<pid_t> children_of(pid_t parent) {
  return processes([&](pid_t, const Stat& stat) { return stat.parent == parent; });
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

/// Servers work in the folder of their data.
std::filesystem::path folder_of(pid_t pid) {
  std::error_code problem;
  auto folder = std::filesystem::read_symlink(fmt::format("/proc/{}/cwd", pid), problem);
  return problem ? std::filesystem::path{} : folder;
}

/// Later lines win, and ALTER SYSTEM takes them all away again. A server that keeps its files elsewhere is not helped.
void close_for_good(const std::filesystem::path& folder) {
  std::error_code problem;
  const auto file = folder / "postgresql.auto.conf";
  if (folder.empty() || !std::filesystem::is_regular_file(file, problem)) return;
  const std::string closed = fmt::format("default_transaction_read_only = 'on'\nsession_preload_libraries = '{}'\n", fence_library);
  const auto present = file::read(file.string());
  if (present && present->ends_with(closed)) return;
  std::ofstream settings{file, std::ios::app};
  settings << closed;
}

/// What is left in a folder of a server whose first process is gone, beside one that was started there since.
std::vector<pid_t> orphans_in(const std::filesystem::path& folder) {
  pid_t first = 0;
  if (const auto text = file::read((folder / "postmaster.pid").string())) std::from_chars(text->data(), text->data() + text->size(), first);
  return processes([&](pid_t pid, const Stat& stat) {
    const bool is_of_new = first > 1 && (pid == first || stat.parent == first) && !is_gone(first);
    return is_postgres(stat) && !is_of_new && folder_of(pid) == folder;
  });
}

Result<void> end_all(const std::vector<pid_t>& all, Deadline deadline) {
  for (const pid_t pid : all) ::kill(pid, SIGKILL);
  while (!std::ranges::all_of(all, is_gone)) {
    if (Clock::now() >= deadline) return Failure{{Code::timeout, "its processes do not end"}};
    std::this_thread::sleep_for(between_looks);
  }
  return {};
}

Error not_here() { return {Code::not_found, "the server does not run on this machine, or its processes cannot be seen"}; }

}  // namespace

Result<ServerProcess> process_of(const Connection& connection) {
  const auto port = own_port(connection.socket());
  const pid_t pid = port ? parent_of_session(connection.server_process(), *port) : listener_of(connection.socket());
  const auto stat = pid > 1 ? stat_of(pid) : std::nullopt;
  if (!stat || !is_postgres(*stat)) return Failure{not_here()};
  return ServerProcess{pid, stat->began, folder_of(pid)};
}

Result<void> kill_server(const ServerProcess& server, Deadline deadline) {
  const auto stat = stat_of(server.pid);
  if (!stat || stat->began != server.began || is_gone(server.pid)) {
    close_for_good(server.folder);
    // A session that stood still when its server died might write once more.
    if (!server.folder.empty()) {
      if (auto ended = end_all(orphans_in(server.folder), deadline); !ended) return ended;
    }
    return Failure{{Code::not_found, "the server has ended already, or it is another one by now"}};
  }
  // While it stands still it begins no other process.
  if (::kill(server.pid, SIGSTOP) != 0) return Failure{{Code::rejected, "its processes may not be ended by this user"}};
  close_for_good(server.folder);
  std::vector<pid_t> all = children_of(server.pid);
  all.push_back(server.pid);
  return end_all(all, deadline);
}

}  // namespace fedctl::data
