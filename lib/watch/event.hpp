#pragma once

#include "failover/state.hpp"

#include <string>
#include <string_view>

namespace fedctl::watch {

struct WatchEvent {
  enum class Type {
    watching,   ///< It decides for the policy from now on.
    following,  ///< Somebody else does.
    failing,    ///< Checks fail; nothing is decided yet.
    recovered,  ///< They are good again.
    held_back,  ///< A failover is due, and there is a reason not to begin it.
    begun,      ///< A failover is begun,
    step,       ///< does a step,
    done,       ///< is done,
    stopped,    ///< or could not go on; it is tried again.
    fenced,     ///< A side that was left behind came back as a primary, and was made read-only.
    policy,     ///< A policy that was changed is in force.
    problem,    ///< Of watch itself.
    ended
  };
  Type type = Type::watching;
  std::string policy;
  std::string text;
  bool is_anothers = false;  ///< Whoever decides sees it too, and tells people.
};
std::string_view to_string(WatchEvent::Type type);

/// What is told of a run that is done: from where to where, in which time, and what was lost.
std::string outcome_of(const failover::Run& run);

}  // namespace fedctl::watch
