#include "base/process.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <filesystem>

namespace fedctl::process {
namespace {

/// Clock ticks after the boot; empty where there is no such process. Field 22 of proc(5)'s stat, whose second is in parentheses.
std::string start_time(const std::string& id) {
  const auto stat = file::read("/proc/" + id + "/stat");
  const auto behind_name = stat ? stat->rfind(')') : std::string::npos;
  if (behind_name == std::string::npos) return {};
  const auto fields = text::split(stat->substr(behind_name + 2), ' ');
  return fields.size() > 19 ? fields[19] : std::string{};
}

/// The boot, and the namespace of process ids.
std::string machine() {
  const auto boot = file::read("/proc/sys/kernel/random/boot_id");
  std::error_code problem;
  const auto name_space = std::filesystem::read_symlink("/proc/self/ns/pid", problem);
  return boot && !problem ? text::trim(*boot) + "/" + name_space.string() : std::string{};
}

}  // namespace

std::string user_at_machine() {
  const passwd* entry = ::getpwuid(::getuid());
  const std::string user = entry != nullptr ? entry->pw_name : std::to_string(::getuid());
  std::array<char, 256> name{};
  return user + "@" + (::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown");
}

std::string identity() { return fmt::format("{}/{}", user_at_machine(), ::getpid()); }

std::string mark() {
  const std::string where = machine();
  const std::string id = std::to_string(::getpid());
  return where.empty() ? std::string{} : fmt::format("{}/{}/{}", where, id, start_time(id));
}

bool is_this(std::string_view other) { return !other.empty() && other == mark(); }

bool is_gone(std::string_view mark) {
  const std::string here = machine();
  if (here.empty() || !mark.starts_with(here + "/")) return false;
  const auto parts = text::split(mark.substr(here.size() + 1), '/');
  return parts.size() == 2 && start_time(parts[0]) != parts[1];
}

HeldSignals::HeldSignals() {
  sigemptyset(&held_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&held_, signal);
  pthread_sigmask(SIG_BLOCK, &held_, &before_);
}

HeldSignals::~HeldSignals() {
  if (signal_ != 0) ::raise(signal_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int HeldSignals::wait_for(int child) {
  sigset_t awaited = held_;
  sigaddset(&awaited, SIGCHLD);
  sigset_t outside{};
  pthread_sigmask(SIG_BLOCK, &awaited, &outside);
  // A SIGCHLD may have come before it was blocked, so the child is looked at now and then as well.
  const timespec pause{0, 100'000'000};
  int status = 0;
  pid_t ended = ::waitpid(child, &status, WNOHANG);
  for (; ended == 0 || (ended < 0 && errno == EINTR); ended = ::waitpid(child, &status, WNOHANG)) {
    const int signal = sigtimedwait(&awaited, nullptr, &pause);
    if (signal <= 0 || signal == SIGCHLD) continue;
    signal_ = signal;
    ::kill(child, signal);
  }
  pthread_sigmask(SIG_SETMASK, &outside, nullptr);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

EndedBySignals::EndedBySignals() {
  for (std::size_t i = 0; i < signals.size(); ++i) {
    ::sigaction(signals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) std::signal(signals[i], SIG_DFL);
  }
}

EndedBySignals::~EndedBySignals() {
  for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &before_[i], nullptr);
}

}  // namespace fedctl::process
