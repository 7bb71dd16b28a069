#include "failover/steps.hpp"

#include "failover/journal.hpp"
#include "failover/step_synchronous.hpp"

#include <fmt/format.h>
#include <utility>

namespace fedctl::failover {
namespace {

template <typename T>
Result<Findings> found_by(Result<T> step) {
  if (!step) return Failure{step.error()};
  return Findings{std::move(*step)};
}

}  // namespace

Result<Findings> carry_out(StepContext& context, const StepRecord& record) {
  if (is_hook(record)) return run_hook(context, record);
  const auto kind = step_kind(record.name);
  if (!kind) return Findings{};
  switch (*kind) {
    case StepKind::fence: return found_by(fence(context));
    case StepKind::drain: return found_by(drain(context));
    case StepKind::stop: return stop_old(context);
    case StepKind::catch_up: return found_by(catch_up(context));
    case StepKind::promote: return found_by(promote(context));
    case StepKind::roles: return found_by(switch_roles(context));
    case StepKind::ready: return found_by(wait_ready(context));
    case StepKind::dns: return switch_dns(context);
    case StepKind::verify: return found_by(verify(context));
    case StepKind::follow: return found_by(follow_all(context));
    case StepKind::rejoin: return rejoin(context);
    case StepKind::synchronous: return make_synchronous(context);
    case StepKind::record: break;
  }
  return Findings{};
}

Error to_be_repaired(Error error) {
  if (error.hint.empty()) error.hint = "mend it; 'fedctl failover repair' tries again";
  return error;
}

Error still_owed(Error error, const std::string& step) {
  error.message = fmt::format("the step {} is still owed: {}", step, error.message);
  return to_be_repaired(std::move(error));
}

}  // namespace fedctl::failover
