#include "cli/program.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>

namespace {

/// Output that could not be written (a full disk) must not look like success; a reader that left early is told by the code alone.
int checked_output(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  if (errno != EPIPE) std::fprintf(stderr, "error: cannot write to standard output: %s\n", std::strerror(errno));
  return fedctl::cli::exit_error;
}

}  // namespace

int main(int count, char** words) {
  // A server that closes a connection while we write to it must not end us; nor may `| head` end an apply half way.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return checked_output(fedctl::cli::run({words + 1, words + count}, words[0]));
  } catch (const std::bad_alloc&) {
    std::fputs("error: out of memory\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s; this is a bug in fedctl, please report it\n", error.what());
  }
  return fedctl::cli::exit_error;
}
