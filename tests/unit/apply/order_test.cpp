#include "apply/order.hpp"

#include "support.hpp"

using namespace fedctl;
using plan::Action;

namespace {

plan::Change change(Action action, const std::string& group, const std::string& kind) {
  return {.action = action, .key = {group, kind, "p", "x"}};
}

plan::ClusterPlan in_plan(std::vector<plan::Change> changes) { return {.name = "c", .changes = std::move(changes)}; }

}  // namespace

TEST_CASE("namespaces and definitions go first, webhooks and deletes last") {
  const std::vector<plan::Change> changes{
      change(Action::remove, "apps", "Deployment"),
      change(Action::create, "admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
      change(Action::create, "apps", "Deployment"),
      change(Action::update, "example.com", "Foo"),
      change(Action::create, "", "ConfigMap"),
      change(Action::create, "apiextensions.k8s.io", "CustomResourceDefinition"),
      change(Action::create, "", "Namespace"),
  };
  std::vector<std::string> order;
  const plan::ClusterPlan plan = in_plan(changes);
  for (const auto& stage : apply::stages_of(plan)) {
    std::string kinds;
    for (const plan::Change* member : stage) kinds += (kinds.empty() ? "" : "+") + member->key.kind;
    order.push_back(kinds);
  }
  CHECK(order == std::vector<std::string>{"Namespace", "CustomResourceDefinition", "ConfigMap", "Deployment+Foo",
                                          "ValidatingWebhookConfiguration", "Deployment"});
}

TEST_CASE("what needs nothing is in no stage, but a mark to refresh is") {
  std::vector<plan::Change> changes{change(Action::unchanged, "", "ConfigMap"), change(Action::conflict, "", "Secret"),
                                    change(Action::unknown, "", "Secret")};
  CHECK(apply::stages_of(in_plan(changes)).empty());
  changes[0].refresh = true;
  CHECK(apply::stages_of(in_plan(changes)).size() == 1);
}
