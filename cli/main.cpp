#include "base/subprocess.hpp"
#include "cli/common.hpp"
#include "cli/program.hpp"
#include "http/leave.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>

namespace {

/// Output that could not be written (a full disk) must not look like success; a reader that left early is told by the code alone.
int checked_output(int code) {
  const int problem = fedctl::cli::flush_output();
  if (problem == 0) return code;
  if (problem != EPIPE) fedctl::cli::say_line(fmt::format("error: cannot write to standard output: {}", std::strerror(problem)));
  const bool is_failure = code != fedctl::cli::exit_done && code != fedctl::cli::exit_changes;
  return is_failure ? code : fedctl::cli::exit_error;
}

/// What was left behind by an interrupt may still use what the end of a process takes down.
int ended(int code) {
  if (!fedctl::http::are_threads_left()) return code;
  fedctl::subprocess::kill_all();
  std::_Exit(code);
}

/// Without them a file that is opened later would take their place, and get what is printed. Reading only, so that a write fails.
void keep_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    if (::open("/dev/null", O_RDONLY) != stream) std::_Exit(fedctl::cli::exit_error);
  }
}

/// Each cluster takes a connection. The limit that most systems begin with, 1,024 open files, is for programs that use select().
void raise_open_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

int main(int count, char** words) {
  // A server that closes a connection while we write to it must not end us; nor may `| head` end an apply half way.
  std::signal(SIGPIPE, SIG_IGN);
  // A file that grows beyond `ulimit -f` is an error, after which nothing half written is left.
  std::signal(SIGXFSZ, SIG_IGN);
  keep_standard_streams();
  raise_open_files();
  try {
    return ended(checked_output(fedctl::cli::run({words + 1, words + count}, words[0])));
  } catch (const std::bad_alloc&) {
    std::fputs("error: out of memory\n", stderr);
  } catch (const std::exception& error) {
    fedctl::cli::say_line(fmt::format("error: {}; this is a bug in fedctl, please report it", error.what()));
  }
  return fedctl::cli::exit_error;
}
