#include "mutation.hpp"

#include "federation/render.hpp"
#include "support.hpp"

using namespace fedctl;
using namespace fedctl::federation;
using nlohmann::json;

namespace {

const std::string federated_text = R"(
apiVersion: types.kubefed.io/v1beta1
kind: FederatedDeployment
metadata: {name: web, namespace: shop, labels: {app: web}, annotations: {kubefed.io/orphan: "true"}}
spec:
  retainReplicas: true
  template: {metadata: {labels: {app: web}}, spec: {replicas: 3, selector: {matchLabels: {app: web}}}}
  placement:
    clusters: [{name: tokyo}]
    clusterSelector: {matchLabels: {tier: one}, matchExpressions: [{key: continent, operator: In, values: [asia]}]}
  overrides:
  - clusterName: tokyo
    clusterOverrides: [{path: /spec/replicas, value: 5}, {path: /metadata/labels/a, op: add, value: b}]
)";

const std::string preference_text = R"(
apiVersion: scheduling.kubefed.io/v1alpha1
kind: ReplicaSchedulingPreference
metadata: {name: web, namespace: shop}
spec:
  targetKind: FederatedDeployment
  totalReplicas: 9
  rebalance: true
  intersectWithClusterSelector: true
  clusters: {tokyo: {weight: 2, minReplicas: 1, maxReplicas: 5}, "*": {weight: 1}}
  minReplicas: {ireland: 1}
  maxReplicas: {virginia: 4}
)";

const std::string definition = R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, shortNames: [w]}
  versions: [{name: v1, served: true, storage: true}]
)";

const std::string type_config = R"(
apiVersion: core.kubefed.io/v1beta1
kind: FederatedTypeConfig
metadata: {name: widgets.example.com}
spec:
  federatedType: {group: types.kubefed.io, kind: FederatedWidget, pluralName: federatedwidgets, scope: Namespaced, version: v1beta1}
  targetType: {group: example.com, kind: Widget, pluralName: widgets, scope: Namespaced, version: v1}
)";

void render_all(const json& one, const std::string& rest) {
  const auto parsed = manifest::parse(support::source(yaml::emit(one) + "---" + rest));
  if (!parsed) return;
  TypeTable types;
  types.learn(parsed->items);
  const auto rendered = render(parsed->items, support::three_clusters(), types, {});
  if (!rendered) CHECK(rendered.error().message.find("exception") == std::string::npos);
  // The same as a host holds it.
  std::vector<manifest::Manifest> held = parsed->items;
  for (manifest::Manifest& manifest : held) {
    manifest.document = nullptr;
    manifest.host = "host";
  }
  static_cast<void>(render(held, support::three_clusters(), types, {}));
}

}  // namespace

TEST_CASE("whatever stands in an object of the federation, rendering ends with a result or an error") {
  const std::string damaged = GENERATE(federated_text, preference_text, definition, type_config);
  const std::string widget =
      "\napiVersion: types.kubefed.io/v1beta1\nkind: FederatedWidget\nmetadata: {name: w, namespace: shop}\nspec: {template: {}}\n";
  const std::string rest = damaged == federated_text ? preference_text : federated_text;
  support::for_each_mutation(support::json_of(damaged), [&](const json& one, const std::string& what) {
    INFO(what);
    CHECK_NOTHROW(render_all(one, rest + "---" + widget));
  });
}
