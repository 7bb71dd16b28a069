#include "base/subprocess.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

extern char** environ;

namespace fedctl::subprocess {
namespace {

using Clock = std::chrono::steady_clock;

class Pipe {
 public:
  Pipe() {
    if (::pipe(ends_.data()) == 0) {
      for (const int end : ends_) ::fcntl(end, F_SETFD, FD_CLOEXEC);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(0);
    close(1);
  }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close(std::size_t end) {
    if (ends_.at(end) >= 0) ::close(std::exchange(ends_.at(end), -1));
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  void connect(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// Programs expect SIGPIPE to end them; we ignore it, and a child would inherit that.
class DefaultSignals {
 public:
  DefaultSignals() {
    sigset_t pipe_signal{};
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigdefault(&attributes_, &pipe_signal);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
  }
  DefaultSignals(const DefaultSignals&) = delete;
  DefaultSignals& operator=(const DefaultSignals&) = delete;
  ~DefaultSignals() { posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& added) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view line{*variable};
    if (!added.contains(std::string{line.substr(0, line.find('='))})) all.emplace_back(line);
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

/// Writes to a pipe without being ended by it when nobody reads it: whoever uses this library may not ignore SIGPIPE.
ssize_t write_quietly(int descriptor, std::string_view text) {
  sigset_t pipe_signal{};
  sigset_t before{};
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t put = ::write(descriptor, text.data(), text.size());
  const int problem = errno;
  const timespec at_once{};
  if (put < 0 && problem == EPIPE) sigtimedwait(&pipe_signal, nullptr, &at_once);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = problem;
  return put;
}

/// Writes what is left of `text`, as much as goes now; closes the pipe at its end, or when nobody reads it.
void feed(Pipe& pipe, std::string_view& text, pollfd& file) {
  const ssize_t put = text.empty() ? 0 : write_quietly(file.fd, text);
  if (put > 0) text.remove_prefix(static_cast<std::size_t>(put));
  if (!text.empty() && (put > 0 || errno == EAGAIN || errno == EINTR)) return;
  pipe.close(1);
  file.fd = -1;
}

struct Pipes {
  Pipe input;
  Pipe output;
  Pipe error;
};

/// Feeds the one and reads both others until they are closed; false when `deadline` came first.
bool drain(Pipes& pipes, std::string_view input, Output& output, Clock::time_point deadline) {
  std::array<pollfd, 3> files{{{pipes.output.reader(), POLLIN, 0}, {pipes.error.reader(), POLLIN, 0}, {pipes.input.writer(), POLLOUT, 0}}};
  std::array<std::string*, 2> texts{&output.standard_output, &output.standard_error};
  ::fcntl(files[2].fd, F_SETFL, O_NONBLOCK);
  while (files[0].fd >= 0 || files[1].fd >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    if (::poll(files.data(), files.size(), static_cast<int>(left)) < 0 && errno != EINTR) return false;
    if (files[2].fd >= 0 && files[2].revents != 0) feed(pipes.input, input, files[2]);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (files.at(i).fd < 0 || files.at(i).revents == 0) continue;
      std::array<char, 4096> chunk{};
      const ssize_t got = ::read(files.at(i).fd, chunk.data(), chunk.size());
      if (got > 0) texts.at(i)->append(chunk.data(), static_cast<std::size_t>(got));
      if (got == 0) files.at(i).fd = -1;
    }
  }
  return true;
}

int exit_status_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<Output> run(const Command& command) {
  Pipes pipes;
  FileActions actions;
  const DefaultSignals signals;
  actions.connect(pipes.output.writer(), 1);
  if (!command.shares_terminal) {
    actions.connect(pipes.input.reader(), 0);
    actions.connect(pipes.error.writer(), 2);
  }
  std::vector<std::string> words{command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> variables = environment_with(command.environment);
  pid_t child = 0;
  const int problem =
      ::posix_spawnp(&child, command.program.c_str(), actions.get(), signals.get(), pointers(words).data(), pointers(variables).data());
  if (problem != 0) return Failure{{Code::not_found, fmt::format("cannot run {}: {}", command.program, std::strerror(problem))}};
  pipes.output.close(1);
  pipes.error.close(1);
  pipes.input.close(0);
  Output output;
  const bool in_time = drain(pipes, command.standard_input, output, Clock::now() + command.timeout);
  if (!in_time) ::kill(child, SIGKILL);
  output.exit_status = exit_status_of(child);
  if (!in_time) {
    return Failure{
        {Code::timeout, fmt::format("{} gave no answer within {} and was ended", command.program, time::format_duration(command.timeout))}};
  }
  return output;
}

}  // namespace fedctl::subprocess
