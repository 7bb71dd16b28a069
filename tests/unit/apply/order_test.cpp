#include "apply/order.hpp"

#include "support.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace fedctl;
using plan::Action;

namespace {

plan::Change change(Action action, const std::string& group, const std::string& kind, const std::string& name = "x") {
  return {.action = action, .key = {group, kind, kind == "Namespace" ? "" : "p", kind == "Namespace" ? "p" : name}};
}

plan::Change with(plan::Change change, const std::string& desired) {
  change.desired = std::make_shared<const nlohmann::json>(nlohmann::json::parse(desired));
  return change;
}

plan::ClusterPlan in_plan(std::vector<plan::Change> changes) { return {.name = "c", .changes = std::move(changes)}; }

/// The kinds at each depth of the graph.
std::vector<std::string> levels_of(const std::vector<plan::Change>& changes) {
  const plan::ClusterPlan plan = in_plan(changes);
  const auto steps = apply::steps_of(plan);
  std::vector<std::size_t> depth;
  std::map<std::size_t, std::string> levels;
  for (const apply::Step& step : steps) {
    std::size_t deepest = 0;
    for (const std::size_t before : step.after) deepest = std::max(deepest, depth[before] + 1);
    depth.push_back(deepest);
    if (step.change != nullptr) levels[deepest] += (levels[deepest].empty() ? "" : "+") + step.change->key.kind;
  }
  std::vector<std::string> result;
  for (const auto& [level, kinds] : levels) {
    if (!kinds.empty()) result.push_back(kinds);
  }
  return result;
}

}  // namespace

TEST_CASE("namespaces and definitions go first, webhooks and deletes last") {
  const std::vector<plan::Change> changes{
      change(Action::remove, "apps", "Deployment"),
      change(Action::create, "admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
      with(change(Action::create, "apps", "Deployment"),
           R"({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "p"}, "spec": {"template": {"spec": {"containers": [
             {"env": [{"valueFrom": {"configMapKeyRef": {"name": "x"}}}]}]}}}})"),
      with(change(Action::update, "example.com", "Foo"),
           R"({"apiVersion": "example.com/v1", "kind": "Foo", "metadata": {"namespace": "p"}})"),
      change(Action::create, "", "ConfigMap"),
      with(change(Action::create, "apiextensions.k8s.io", "CustomResourceDefinition"),
           R"({"spec": {"group": "example.com", "names": {"kind": "Foo"}}})"),
      change(Action::create, "", "Namespace"),
  };
  CHECK(levels_of(changes) == std::vector<std::string>{"Namespace", "CustomResourceDefinition+ConfigMap", "Deployment", "Foo",
                                                       "ValidatingWebhookConfiguration", "Deployment"});
}

TEST_CASE("an object waits for what it names, and for nothing else of its namespace") {
  std::vector<plan::Change> changes{
      with(change(Action::create, "apps", "Deployment", "web"), R"({"apiVersion": "apps/v1", "kind": "Deployment",
      "metadata": {"name": "web", "namespace": "p"}, "spec": {"template": {"spec": {"serviceAccountName": "robot",
        "volumes": [{"configMap": {"name": "mounted"}}, {"projected": {"sources": [{"secret": {"name": "projected"}}]}}],
        "containers": [{"envFrom": [{"secretRef": {"name": "env"}}]}], "imagePullSecrets": [{"name": "pull"}]}}}})"),
      change(Action::create, "", "ConfigMap", "mounted"),
      change(Action::create, "", "ConfigMap", "other"),
      change(Action::create, "", "Secret", "projected"),
      change(Action::create, "", "Secret", "env"),
      change(Action::create, "", "Secret", "pull"),
      change(Action::create, "", "ServiceAccount", "robot")};
  const plan::ClusterPlan plan = in_plan(changes);
  const auto steps = apply::steps_of(plan);
  const auto web = std::ranges::find_if(steps, [](const auto& step) { return step.change != nullptr && step.change->key.name == "web"; });
  std::set<std::string> before;
  for (const std::size_t index : web->after) {
    if (steps[index].change != nullptr) before.insert(steps[index].change->key.name);
  }
  CHECK(before == std::set<std::string>{"mounted", "projected", "env", "pull", "robot"});
}

TEST_CASE("deletes go in reverse, after everything else") {
  const std::vector<plan::Change> changes{
      change(Action::remove, "", "Namespace"), change(Action::remove, "", "ConfigMap"), change(Action::remove, "apps", "Deployment"),
      change(Action::remove, "apiextensions.k8s.io", "CustomResourceDefinition"), change(Action::create, "", "Service")};
  CHECK(levels_of(changes) == std::vector<std::string>{"Service", "Deployment", "ConfigMap", "CustomResourceDefinition", "Namespace"});
}

TEST_CASE("every step waits for earlier steps only, whatever names what") {
  std::vector<plan::Change> changes;
  for (const char* name : {"a", "b"}) {
    const std::string other = std::string{name} == "a" ? "b" : "a";
    changes.push_back(with(
        change(Action::create, "autoscaling", "HorizontalPodAutoscaler", name),
        R"({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"namespace": "p"}, "spec": {"scaleTargetRef":
                             {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "name": ")" +
            other + R"("}}})"));
  }
  const plan::ClusterPlan plan = in_plan(changes);
  const auto steps = apply::steps_of(plan);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    for (const std::size_t before : steps[i].after) CHECK(before < i);
  }
}

TEST_CASE("what needs nothing is no step, but a mark to refresh is") {
  std::vector<plan::Change> changes{change(Action::unchanged, "", "ConfigMap"), change(Action::conflict, "", "Secret"),
                                    change(Action::unknown, "", "Secret")};
  CHECK(levels_of(changes).empty());
  changes[0].refresh = true;
  CHECK(levels_of(changes).size() == 1);
}
