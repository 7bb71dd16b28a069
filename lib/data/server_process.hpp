#pragma once

#include "base/error.hpp"
#include "data/postgres.hpp"

#include <sys/types.h>
#include <filesystem>
#include <string>

/// The processes of a PostgreSQL server on this machine.
namespace fedctl::data {

/// A server's first process, recognized again by when it began.
struct ServerProcess {
  pid_t pid = 0;
  std::string began;             ///< As the kernel has it, in /proc/PID/stat.
  std::filesystem::path folder;  ///< Where its data are; empty where that may not be read.
};

/// The server that a session is connected to, where it runs on this machine and its processes can be seen: the one process whose title has
/// the session's own port, or for a Unix socket the one that listens. Errors: not_found.
Result<ServerProcess> process_of(const Connection& connection);

/// Ends it and all its processes by SIGKILL, which also ends those that stand still, and returns when they are gone. Before that it writes
/// into the server's postgresql.auto.conf what a fence sets (fence.hpp), so that a supervisor that starts it again starts it closed.
/// Done again it does no harm. Errors: rejected where it may not be ended; not_found where it has ended already (it is closed then too, and
/// what is left of its sessions is ended), or is another one by now.
Result<void> kill_server(const ServerProcess& server, Deadline deadline);

}  // namespace fedctl::data
