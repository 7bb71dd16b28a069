#include "base/subprocess.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
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

/// Programs expect SIGPIPE and SIGXFSZ to end them; we ignore both, and a child would inherit that. One that is `apart` has a session of
/// its own, and so a process group: a group in the background of our session would be stopped by the terminal as soon as it read from
/// there.
class Attributes {
 public:
  explicit Attributes(bool apart) {
    sigset_t ignored{};
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    sigaddset(&ignored, SIGXFSZ);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigdefault(&attributes_, &ignored);
    posix_spawnattr_setflags(&attributes_, static_cast<short>(POSIX_SPAWN_SETSIGDEF | (apart ? POSIX_SPAWN_SETSID : 0)));
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
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
  Pipe stop;
};

/// Keeps what there is room for, and counts the rest.
void keep(Output& output, std::string& text, std::string_view chunk) {
  const std::string_view kept = chunk.substr(0, most_output - text.size());
  text.append(kept);
  output.dropped += chunk.size() - kept.size();
}

/// The groups that run now, where a signal handler finds them; 0 is nobody.
std::array<std::atomic<pid_t>, 64> groups{};
static_assert(std::atomic<pid_t>::is_always_lock_free);

void exchange_group(pid_t before, pid_t after) {
  for (auto& group : groups) {
    pid_t expected = before;
    if (group.compare_exchange_strong(expected, after)) return;
  }
}

class Child {
 public:
  Child(pid_t id, bool leads_group) : id_(id), leads_group_(leads_group) {
    if (leads_group_) exchange_group(0, id_);
  }

  bool has_ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == id_;
  }
  /// Its number is its own until its end is taken.
  void signal(int number) const { ::kill(leads_group_ ? -id_ : id_, number); }
  int take_exit_status() const {
    if (leads_group_) exchange_group(id_, 0);
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t id_;
  bool leads_group_;
};

/// Feeds a child, and reads what it says, until it ends.
class Attendance {
 public:
  enum class End { ended, late, stopped };

  Attendance(const Child& child, Pipes& pipes, std::string_view input, Output& output)
      : child_(child), pipes_(pipes), input_(input), output_(output) {
    files_ = {{{pipes.output.reader(), POLLIN, 0},
               {pipes.error.reader(), POLLIN, 0},
               {pipes.input.writer(), POLLOUT, 0},
               {pipes.stop.reader(), POLLIN, 0}}};
    for (const pollfd& file : files_) ::fcntl(file.fd, F_SETFL, O_NONBLOCK);
  }

  End wait(Clock::time_point deadline) {
    constexpr std::chrono::milliseconds longest_pace{50};
    // A pipe that closes is noticed at once; that a child ended while another one holds its pipes, by looking.
    std::chrono::milliseconds pace{1};
    while (!child_.has_ended()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      if (left.count() <= 0) return End::late;
      const int events = ::poll(files_.data(), files_.size(), static_cast<int>(std::min(left, pace).count()));
      pace = events > 0 ? std::chrono::milliseconds{1} : std::min(pace * 2, longest_pace);
      if (events <= 0) continue;
      if (files_[3].revents != 0) {
        files_[3].fd = -1;
        return End::stopped;
      }
      if (files_[2].fd >= 0 && files_[2].revents != 0) feed(pipes_.input, input_, files_[2]);
      read_chunk(files_[0], output_.standard_output);
      read_chunk(files_[1], output_.standard_error);
    }
    read_rest(files_[0], output_.standard_output);
    read_rest(files_[1], output_.standard_error);
    return End::ended;
  }

 private:
  /// False where there is nothing more, or nothing more now.
  bool read_chunk(pollfd& file, std::string& text) {
    if (file.fd < 0) return false;
    std::array<char, 16384> chunk{};
    const ssize_t got = ::read(file.fd, chunk.data(), chunk.size());
    if (got > 0) keep(output_, text, {chunk.data(), static_cast<std::size_t>(got)});
    if (got == 0) file.fd = -1;
    return got > 0;
  }

  /// What it had said before it ended. Somebody else may hold the pipe and write for ever.
  void read_rest(pollfd& file, std::string& text) {
    for (int chunks = 0; chunks < 256 && read_chunk(file, text); ++chunks) {}
  }

  const Child& child_;
  Pipes& pipes_;
  std::string_view input_;
  Output& output_;
  std::array<pollfd, 4> files_{};
};

/// Ends it and all that it started.
void end(const Child& child, Attendance& attendance) {
  child.signal(SIGTERM);
  attendance.wait(Clock::now() + grace);
  child.signal(SIGKILL);
}

Result<Child> start(const Command& command, const Pipes& pipes) {
  FileActions actions;
  const Attributes attributes{!command.shares_terminal};
  actions.connect(pipes.output.writer(), 1);
  if (!command.shares_terminal) {
    actions.connect(pipes.input.reader(), 0);
    actions.connect(pipes.error.writer(), 2);
  }
  std::vector<std::string> words{command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> variables = environment_with(command.environment);
  pid_t id = 0;
  const int problem =
      ::posix_spawnp(&id, command.program.c_str(), actions.get(), attributes.get(), pointers(words).data(), pointers(variables).data());
  if (problem != 0) return Failure{{Code::not_found, fmt::format("cannot run {}: {}", command.program, std::strerror(problem))}};
  return Child{id, !command.shares_terminal};
}

}  // namespace

bool can_run(const std::string& program) {
  const auto may_run = [](const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(path.c_str(), X_OK) == 0;
  };
  if (program.find('/') != std::string::npos) return may_run(program);
  const char* path = std::getenv("PATH");
  std::string_view left = path == nullptr ? "/bin:/usr/bin" : path;
  while (true) {
    const auto colon = left.find(':');
    const std::string folder{left.substr(0, colon)};
    if (may_run((folder.empty() ? "." : folder) + "/" + program)) return true;
    if (colon == std::string_view::npos) return false;
    left.remove_prefix(colon + 1);
  }
}

void kill_all() noexcept {
  for (const auto& group : groups) {
    if (const pid_t id = group.load(); id > 0) ::kill(-id, SIGKILL);
  }
}

Result<Output> run(const Command& command) {
  Pipes pipes;
  const auto child = start(command, pipes);
  if (!child) return Failure{child.error()};
  pipes.output.close(1);
  pipes.error.close(1);
  pipes.input.close(0);
  Output output;
  Attendance attendance{*child, pipes, command.standard_input, output};
  const std::stop_callback on_stop{command.stop, [&] { write_quietly(pipes.stop.writer(), "x"); }};
  const auto ended = attendance.wait(Clock::now() + command.timeout);
  if (ended != Attendance::End::ended) end(*child, attendance);
  output.exit_status = child->take_exit_status();
  switch (ended) {
    case Attendance::End::ended: return output;
    case Attendance::End::stopped: return Failure{{Code::cancelled, fmt::format("{} was interrupted", command.program)}};
    case Attendance::End::late: break;
  }
  return Failure{
      {Code::timeout, fmt::format("{} gave no answer within {} and was ended", command.program, time::format_duration(command.timeout))}};
}

}  // namespace fedctl::subprocess
