#include "kube/pod_trouble.hpp"

#include "kube/object.hpp"

#include <fmt/format.h>

namespace fedctl::kube {
namespace {

using nlohmann::json;

void keep_gravest(std::optional<PodTrouble>& gravest, PodTrouble trouble) {
  if (!gravest || gravest->weight < trouble.weight) gravest = std::move(trouble);
}

std::string with_message(std::string text, const std::string& message) { return message.empty() ? text : text + ": " + message; }

std::optional<PodTrouble> trouble_of_container(const json& status, const std::string& pod) {
  const std::string name = string_at(status, "name");
  const std::string who = fmt::format("container {} of Pod {}", name, pod);
  const json waiting = map_at(map_at(status, "state"), "waiting");
  const std::string reason = string_at(waiting, "reason");
  json ended = map_at(map_at(status, "state"), "terminated");
  if (ended.empty()) ended = map_at(map_at(status, "lastState"), "terminated");
  const auto exit_code = integer_in(ended, "/exitCode", 0);
  if (!ended.empty() && exit_code != 0) {
    const auto restarts = integer_in(status, "/restartCount", 0);
    std::string text = fmt::format("{} ended with {} ({}), {} times restarted", who, exit_code, string_at(ended, "reason"), restarts);
    return PodTrouble{with_message(std::move(text), string_at(ended, "message")), name, restarts > 0, 4};
  }
  const bool is_starting = reason.empty() || reason == "ContainerCreating" || reason == "PodInitializing";
  if (!is_starting) return PodTrouble{with_message(fmt::format("{}: {}", who, reason), string_at(waiting, "message")), "", false, 3};
  const bool runs = !map_at(map_at(status, "state"), "running").empty();
  if (runs && !bool_at(status, "ready")) return PodTrouble{who + " runs and is not ready: look at its readiness probe", name, false, 1};
  return std::nullopt;
}

}  // namespace

std::optional<PodTrouble> trouble_of_pod(const json& pod) {
  const json status = map_at(pod, "status");
  const std::string name = name_of(pod);
  std::optional<PodTrouble> gravest;
  if (string_at(status, "phase") == "Failed") {
    const std::string text = fmt::format("Pod {} failed ({})", name, string_at(status, "reason"));
    keep_gravest(gravest, {with_message(text, string_at(status, "message")), "", false, 2});
  }
  const json conditions = list_at(status, "conditions");
  for (const json& condition : conditions) {
    const bool unscheduled = string_at(condition, "type") == "PodScheduled" && string_at(condition, "status") == "False";
    if (unscheduled)
      keep_gravest(gravest, {with_message(fmt::format("Pod {} cannot be scheduled", name), string_at(condition, "message")), "", false, 2});
  }
  for (const char* table : {"initContainerStatuses", "containerStatuses"}) {
    const json containers = list_at(status, table);
    for (const json& container : containers) {
      if (auto trouble = trouble_of_container(container, name)) keep_gravest(gravest, std::move(*trouble));
    }
  }
  return gravest;
}

}  // namespace fedctl::kube
