#pragma once

#include "base/time.hpp"
#include "failover/policy.hpp"
#include "failover/view.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Watching the active side of a policy, and failing over when enough says that it is gone.
namespace fedctl::watch {

/// What the checks together say of a side.
struct Opinion {
  enum class State {
    unknown,  ///< Some check has not been asked yet, or could not be.
    well,
    suspect,  ///< Something fails, but not often enough, not by enough independent signals, or not for long enough.
    failed
  };
  State state = State::unknown;
  time::Instant since{};                   ///< suspect, failed: of the first failure.
  std::vector<std::string> problems = {};  ///< "api-server: connection refused", of the checks that fail.
  std::vector<std::string> unknown = {};   ///< Likewise of those that could not be asked, which is our own problem and no vote.
  bool is_proven = false;                  ///< failed: by what the host itself says, where too few signals agree.
  bool is_complete = false;                ///< Every check was asked, or tried to be.
  bool lacks_place = false;                ///< suspect: enough is silent, but from our own place only, which is one signal.
  time::Duration left{0};                  ///< suspect: how much of the policy's `tolerate` is left; 0: other things are missing.
};

/// Keeps the results of a policy's checks, and judges them. A check is bad after `failureThreshold` failures in a row and good again after
/// `successThreshold` successes. `agree` independent signals that have been failing for `tolerate` are a failure, and so is one bad check
/// whose last `failureThreshold` failures were all proofs, which need nobody to agree.
///
/// Signals are independent by source and by place. Bad checks of one source are one signal. Those that are bad by silence, whatever their
/// source, went over one way, ours: they are one signal together, until another place sees the side down too; then each source counts. A
/// source of which another check answered badly is that signal alone, whichever of its checks are silent.
/// Where nobody looks from another place, none can be asked for, and each source counts. Pure: the caller says what time it is.
class Verdict {
 public:
  /// How a check failed.
  enum class Evidence {
    silence,  ///< No answer: it may be the way's.
    answer,   ///< The side itself answered, and not well.
    proof     ///< Its host says that it is gone.
  };

  /// `has_other_places`: will `see_from` ever be called?
  explicit Verdict(failover::Health health, bool has_other_places = false);

  /// `problem`: nothing where the check was good. `at`: when it was begun.
  void record(std::size_t check, std::optional<std::string> problem, time::Instant at, Evidence evidence = Evidence::silence);

  /// It could not be asked: it neither fails nor is well, and what it said before counts no more.
  void record_unknown(std::size_t check, std::string problem);

  /// What is seen of the side from another place now.
  void see_from(const std::string& place, failover::View view) { views_[place] = view; }

  /// Goes on where another one was, with each check that both have and that `is_same`. Other places are to be asked anew.
  void take_over(const Verdict& before, const std::function<bool(const failover::Check&)>& is_same);

  bool is_bad(std::size_t check) const { return results_[check].bad; }

  Opinion opinion(time::Instant now) const;

 private:
  struct CheckResults {
    bool asked = false;
    bool bad = false;
    int failures = 0;   ///< In a row.
    int proofs = 0;     ///< Of these, the latest, in a row.
    int answers = 0;    ///< Likewise, proofs or not, that were no silence.
    int successes = 0;  ///< In a row.
    time::Instant failing_since{};
    std::string problem;
    std::string unknown;  ///< Why it could not be asked; empty where it was.
  };

  /// The independent signals that are bad, each with when it began to be.
  std::vector<time::Instant> signals() const;
  /// The same as if each source were one, wherever it is seen from.
  std::map<std::string, time::Instant> sources() const;
  std::optional<time::Instant> proven_since() const;
  bool is_confirmed() const;
  bool is_silent(std::size_t check) const { return results_[check].answers < health_.checks[check].failure_threshold; }

  failover::Health health_;
  bool has_other_places_;
  std::vector<CheckResults> results_;
  std::map<std::string, failover::View> views_;
};

}  // namespace fedctl::watch
