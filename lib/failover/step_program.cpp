#include "base/json.hpp"
#include "base/url.hpp"
#include "failover/action.hpp"
#include "failover/journal.hpp"
#include "failover/steps.hpp"
#include "http/rest.hpp"

#include <fmt/format.h>
#include <map>

namespace fedctl::failover {
namespace {

using nlohmann::json;

Result<std::string> post(const StepContext& context, const Hook& hook) {
  const Run& run = context.run;
  const json body{{"policy", context.site.policy.name},
                  {"namespace", context.site.policy.name_space},
                  {"run", run.id},
                  {"token", run.token},
                  {"step", hook.step},
                  {"when", hook.before ? "before" : "after"},
                  {"from", run.from},
                  {"to", run.to}};
  const auto status = post_json(*context.site.loop, hook.url, to_text(body), hook.exec.timeout);
  if (!status) return Failure{status.error()};
  if (*status < 300) return fmt::format("{}", *status);
  return Failure{{Code::rejected, fmt::format("{} answers {}", url::origin_of(url::without_password(hook.url)), *status)}};
}

}  // namespace

Result<Findings> run_hook(StepContext& context, const StepRecord& record) {
  const Hook* hook = hook_of(context.site.policy, record);
  if (hook == nullptr) return Skipped{"the policy has it no more"};
  auto said = hook->url.empty() ? run_program(context, hook->exec, hook->step, context.run.to) : post(context, *hook);
  if (said) return HookEvidence{.said = *said};
  if (!hook->may_fail) return Failure{said.error()};
  return HookEvidence{.failed = describe(said.error())};
}

Result<void> pause(http::Loop& loop, time::Duration length) {
  if (loop.run(http::rest(loop, length)) == http::Rest::interrupted) return Failure{{Code::cancelled, "interrupted"}};
  return {};
}

Result<std::string> run_program(StepContext& context, const Action& action, std::string_view step, const std::string& cluster) {
  const Run& run = context.run;
  const Policy& policy = context.site.policy;
  const std::map<std::string, std::string> environment{{"FEDCTL_POLICY", policy.full_name()},
                                                       {"FEDCTL_RUN", run.id},
                                                       {"FEDCTL_TOKEN", std::to_string(run.token)},
                                                       {"FEDCTL_STEP", std::string{step}},
                                                       {"FEDCTL_FROM", run.from},
                                                       {"FEDCTL_TO", run.to},
                                                       {"FEDCTL_CLUSTER", cluster}};
  const json input{{"policy", policy.full_name()},
                   {"run", run.id},
                   {"token", run.token},
                   {"step", step},
                   {"from", run.from},
                   {"to", run.to},
                   {"cluster", cluster}};
  const auto said = blocking<std::string>(*context.site.loop, [&] { return run_action(action, environment, to_text(input) + "\n"); });
  if (!said) return Failure{in_cluster(said.error(), cluster)};
  return said;
}

}  // namespace fedctl::failover
