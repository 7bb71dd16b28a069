#pragma once

#include "base/time.hpp"
#include "failover/policy.hpp"

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
  time::Duration left{0};                  ///< suspect: how much of the policy's `tolerate` is left; 0: other things are missing.
};

/// Keeps the results of a policy's checks, and judges them: a check is bad after `failureThreshold` failures in a row and good again after
/// `successThreshold` successes; bad checks of one source are one signal; `agree` signals that have been failing for `tolerate` are a
/// failure, and so is one bad check whose last `failureThreshold` failures were all proofs, which need nobody to agree. Pure: the caller
/// says what time it is.
class Verdict {
 public:
  explicit Verdict(failover::Health health);

  /// `problem`: nothing where the check was good. `at`: when it was begun. `is_proof`: the host itself said that it is gone.
  void record(std::size_t check, std::optional<std::string> problem, time::Instant at, bool is_proof = false);

  /// It could not be asked: it neither fails nor is well, and what it said before counts no more.
  void record_unknown(std::size_t check, std::string problem);

  bool is_bad(std::size_t check) const { return results_[check].bad; }

  Opinion opinion(time::Instant now) const;

 private:
  struct CheckResults {
    bool asked = false;
    bool bad = false;
    int failures = 0;   ///< In a row.
    int proofs = 0;     ///< Of these, in a row.
    int successes = 0;  ///< In a row.
    time::Instant failing_since{};
    std::string problem;
    std::string unknown;  ///< Why it could not be asked; empty where it was.
  };
  failover::Health health_;
  std::vector<CheckResults> results_;
};

}  // namespace fedctl::watch
