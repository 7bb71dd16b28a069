#include "guard/failsafe_mode.hpp"

#include "base/text.hpp"
#include "http/rest.hpp"

#include <fmt/format.h>

namespace fedctl::guard {
namespace {

constexpr time::Duration between_answers{20};

}  // namespace

Failsafe failsafe_of(const failover::Policy& policy, const std::string& side) {
  std::vector<std::string> others = policy.clusters;
  std::erase(others, side);
  return {std::move(others), policy.postgres.has_value() && policy.fencing.guard_failsafe};
}

FailsafeMode::FailsafeMode(failover::Site& site, const std::string& side, Rules& rules, OnGoingOn on_going_on)
    : site_(site), rules_(rules), witnesses_(site, side), on_going_on_(std::move(on_going_on)) {}

Task<Done> FailsafeMode::keep_confirming() {
  while (rules_.failsafe().is_wanted() && !site_.loop->interrupted()) {
    const auto now = Rules::Instant::clock::now();
    if (rules_.wants_confirmation(now)) {
      co_await confirm();
    } else if (!rules_.clock().is_overdue(now)) {
      const Replayed replayed = co_await witnesses_.look(rules_.clock().patience());
      rules_.others_replayed(replayed);
    }
    const http::Rest rest = co_await http::rest(*site_.loop, rules_.clock().glance());
    if (rest == http::Rest::interrupted) break;
  }
  co_return Done{};
}

Task<Done> FailsafeMode::keep_finding_witnesses() {
  while (rules_.failsafe().is_wanted() && !site_.loop->interrupted()) {
    co_await witnesses_.find_connections();
    const http::Rest rest = co_await http::rest(*site_.loop, rules_.clock().pace());
    if (rest == http::Rest::interrupted) break;
  }
  co_return Done{};
}

/// Writes a record, and waits until all others have replayed it. What holds is extended from before it was written.
Task<Done> FailsafeMode::confirm() {
  const auto sent = Rules::Instant::clock::now();
  const time::Duration patience = rules_.clock().patience();
  const auto mark = co_await witnesses_.mark(patience);
  while (mark && Rules::Instant::clock::now() < sent + patience) {
    const Replayed replayed = co_await witnesses_.look(patience);
    if (rules_.failsafe().is_confirmed(replayed, *mark)) {
      extend(sent);
      co_return Done{};
    }
    const http::Rest rest = co_await http::rest(*site_.loop, between_answers);
    if (rest == http::Rest::interrupted) break;
  }
  co_return Done{};
}

void FailsafeMode::extend(Rules::Instant sent) {
  if (!rules_.confirmed(sent, Rules::Instant::clock::now())) return;
  const std::vector<std::string>& others = rules_.failsafe().others();
  on_going_on_(fmt::format("the Lease is not renewed, and its database goes on, for {} {} what it writes", text::listed(others),
                           others.size() == 1 ? "replays" : "replay"));
}

}  // namespace fedctl::guard
