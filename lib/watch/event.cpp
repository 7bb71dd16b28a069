#include "watch/event.hpp"

#include "base/json.hpp"
#include "failover/loss.hpp"

#include <fmt/format.h>
#include <cstdint>

namespace fedctl::watch {

using Type = WatchEvent::Type;

std::string_view to_string(WatchEvent::Type type) {
  switch (type) {
    case Type::watching: return "watching";
    case Type::following: return "following";
    case Type::failing: return "failing";
    case Type::recovered: return "recovered";
    case Type::held_back: return "held-back";
    case Type::begun: return "begun";
    case Type::step: return "step";
    case Type::done: return "done";
    case Type::stopped: return "stopped";
    case Type::fenced: return "fenced";
    case Type::policy: return "policy";
    case Type::problem: return "problem";
    case Type::ended: break;
  }
  return "ended";
}

std::string outcome_of(const failover::Run& run) {
  std::string text = fmt::format("{} -> {}, token {}", run.from, run.to, run.token);
  const double rto = failover::number_in(run.outcome, "rtoSeconds");
  text += fmt::format(", {:.1f}s after the first failure", rto);
  text += failover::loss_text(run.outcome);
  for (const std::string& overridden : run.overridden) text += ", " + overridden;
  return text;
}

}  // namespace fedctl::watch
