#pragma once

#include "failover/policy.hpp"
#include "failover/state.hpp"
#include "failover/survey.hpp"

#include <optional>
#include <string>

namespace fedctl::watch {

/// Why the state forbids a failover from `active` that the checks ask for; nothing where it does not. Pure.
std::optional<std::string> held_back_by(const failover::Policy& policy, const failover::State& state, const std::string& active,
                                        time::Duration cooldown, time::Instant now);

/// The standby that still hears from the primary: then not the database refuses us, but something on our way. Nothing where none does.
std::optional<std::string> still_heard_by(const failover::Survey& survey);

/// Are two reasons the same but for their numbers? They tell how long ago something was, and how much is missing, which goes on changing.
bool says_the_same(std::string one, std::string other);

}  // namespace fedctl::watch
