#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The steps of runs: one table of what there is to know of each. Pure; what a step does is in steps.hpp, by its kind.
namespace fedctl::failover {

struct Outlook;
struct Policy;

enum class RunKind { failover, switchover };
std::string_view to_string(RunKind kind);

/// In the order in which a run takes them.
enum class StepKind { fence, drain, stop, catch_up, promote, roles, ready, dns, verify, follow, rejoin, synchronous, record };

/// As the journal, policies, programs and people name it: "catch-up".
std::string_view to_string(StepKind kind);
/// Nothing for what is no step's name, as that of a hook's record.
std::optional<StepKind> step_kind(std::string_view name);

/// Does a run go on without a step that cannot be done yet?
enum class Owing {
  never,
  until_done,     ///< It is owed: the other steps do not depend on it.
  until_standbys  ///< Likewise; and it can be done only once the standbys are there.
};

struct Step {
  StepKind kind;
  std::string_view name;
  bool (*applies)(const Policy& policy, RunKind kind);  ///< Has a run of this kind the step?
  /// Is the new side the active one once it is done, so that a run can only go on? True of one step of every run.
  bool (*turns)(const Policy& policy);
  Owing owing;
  /// What it will do, in words: "the database of ireland becomes the primary, takes writes and proves it".
  std::string (*describe)(const Outlook& outlook);
  std::string_view help;  ///< The same in the sentence of a failover's help; empty where that does not name it.
};

/// Has the policy databases that a run neither leaves nor goes to?
bool has_other_standbys(const Policy& policy);

/// All steps there are, in their order.
std::span<const Step> step_table();
const Step& step_of(StepKind kind);
std::vector<std::string> step_names();

/// The steps of a run, in order.
std::vector<StepKind> steps_of(const Policy& policy, RunKind kind);

/// The step behind which the new side is the active one: then a run can only go on.
StepKind point_of_no_return(const Policy& policy);

/// "fence the old side, ..., verify, record": what a failover does, for its help.
std::string failover_in_words();

}  // namespace fedctl::failover
