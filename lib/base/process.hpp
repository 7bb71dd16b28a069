#pragma once

#include <array>
#include <csignal>
#include <string>
#include <string_view>

/// This process, and others of this machine.
namespace fedctl::process {

/// "alice@laptop": who runs it, and where.
std::string user_at_machine();

/// "alice@laptop/4711": this process, wherever processes of several machines meet.
std::string identity();

/// What tells this process from every other that ever was: the machine's boot, the namespace of process ids, the id and the moment it
/// began. Empty where the system does not tell (anything but Linux).
std::string mark();

/// Is it this very process?
bool is_this(std::string_view mark);

/// Is the process with this mark gone for certain? Of a process of another machine or container nothing is certain.
bool is_gone(std::string_view mark);

/// SIGINT, SIGTERM and SIGHUP wait for its end in this thread, so that what is half done is done or undone before they strike.
class HeldSignals {
 public:
  HeldSignals();
  ~HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  /// What was in force before: for programs that we start.
  const sigset_t& before() const { return before_; }

  /// Waits for the end of a child, handing on to it what strikes meanwhile, which strikes us at the end of this. Its exit status, or
  /// 128 + signal.
  int wait_for(int child);

  /// Did one strike while it waited?
  bool struck() const { return signal_ != 0; }

 private:
  sigset_t held_{};
  sigset_t before_{};
  int signal_ = 0;
};

/// SIGINT, SIGTERM and SIGHUP end the process until its end, unless they are ignored: while something is waited for that only others
/// can end, and nothing is under way that would have to be stopped cleanly. Then they do again what they did before.
class EndedBySignals {
 public:
  EndedBySignals();
  ~EndedBySignals();
  EndedBySignals(const EndedBySignals&) = delete;
  EndedBySignals& operator=(const EndedBySignals&) = delete;

 private:
  static constexpr std::array<int, 3> signals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, 3> before_{};
};

}  // namespace fedctl::process
