#include "plan/explain.hpp"

#include "support.hpp"

#include <algorithm>

using namespace fedctl;
using namespace fedctl::plan;
using nlohmann::json;

namespace {

/// A FederatedDeployment p/web whose template has two containers; `rest` follows below its spec.
std::string web(const std::string& rest) {
  return "apiVersion: types.kubefed.io/v1beta1\nkind: FederatedDeployment\nmetadata: {name: web, namespace: p}\nspec:\n"
         "  template:\n    spec:\n      replicas: 3\n      paused: false\n      containers: [{name: a, image: a:1}, {name: b, image: "
         "b:1}]\n" +
         rest;
}

std::vector<Explanation> explained(const std::string& text, const kube::Named& named) {
  const auto manifests = support::manifests(text);
  const fleet::Fleet fleet = support::three_clusters();
  federation::TypeTable types;
  types.learn(manifests);
  const auto rendered = federation::render(manifests, fleet, types, {});
  INFO((rendered ? "" : describe(rendered.error())));
  REQUIRE(rendered);
  return explain({manifests, fleet, types, "default", *rendered}, named);
}

/// "5 <- override 0 at input.yaml:12:3" of a field of the first cluster.
std::string origin_of(const std::vector<Explanation>& explanations, const std::string& field) {
  REQUIRE(explanations.size() == 1);
  const auto& fields = explanations[0].clusters[0].fields;
  const auto found = std::ranges::find_if(fields, [&](const FieldOrigin& one) { return one.leaf.name == field; });
  if (found == fields.end()) return "no such field";
  std::string text = (found->value ? found->value->dump() : "gone") + " <- " + found->source;
  if (!found->place.empty()) text += " at " + found->place;
  return found->instead_of ? text + " instead of " + found->instead_of->dump() : text;
}

const kube::Named the_web{"deploy", "web"};

}  // namespace

TEST_CASE("each field comes from the template, an override, the federated object or fedctl") {
  const auto all = explained(web("  placement: {clusters: [{name: tokyo}]}\n"
                                 "  overrides:\n"
                                 "  - clusterName: tokyo\n"
                                 "    clusterOverrides:\n"
                                 "    - {path: /spec/replicas, value: 5}\n"
                                 "    - {path: /metadata/annotations, op: add, value: {team: x}}\n"),
                             the_web);
  CHECK(origin_of(all, "spec.replicas") == "5 <- override 0 at input.yaml:14:30 instead of 3");
  CHECK(origin_of(all, "spec.paused") == "false <- template at input.yaml:8:7");
  CHECK(origin_of(all, "metadata.annotations.team") == "\"x\" <- override 1 at input.yaml:15:54");
  CHECK(origin_of(all, "metadata.name") == "\"web\" <- the federated object at input.yaml:3:12");
  CHECK(origin_of(all, "metadata.labels[kubefed.io/managed]") == "\"true\" <- fedctl");
}

TEST_CASE("an override that shifts a list leaves each item with its own origin") {
  const auto all = explained(web("  placement: {clusters: [{name: tokyo}]}\n"
                                 "  overrides:\n"
                                 "  - clusterName: tokyo\n"
                                 "    clusterOverrides:\n"
                                 "    - {path: /spec/containers/0, op: add, value: {name: first, image: f:1}}\n"
                                 "    - {path: /spec/containers/2/image, value: b:2}\n"),
                             the_web);
  CHECK(origin_of(all, "spec.containers[name=first].image").starts_with("\"f:1\" <- override 0"));
  CHECK(origin_of(all, "spec.containers[name=a].image").starts_with("\"a:1\" <- template at input.yaml:9"));
  CHECK(origin_of(all, "spec.containers[name=b].image") == "\"b:2\" <- override 1 at input.yaml:15:40 instead of \"b:1\"");
}

TEST_CASE("what an override takes away is told, with what was there") {
  const auto all = explained(web("  placement: {clusters: [{name: tokyo}]}\n"
                                 "  overrides:\n"
                                 "  - clusterName: tokyo\n"
                                 "    clusterOverrides: [{path: /spec/paused, op: remove}]\n"),
                             the_web);
  CHECK(origin_of(all, "spec.paused") == "gone <- override 0 at input.yaml:13:24 instead of false");
}

TEST_CASE("a cluster is named with the part of the placement that means it or not") {
  const auto reason = [](const std::string& placement, std::size_t cluster) {
    const auto all = explained(web("  placement: " + placement + "\n"), the_web);
    const ClusterExplanation& one = all.at(0).clusters[cluster];
    return (one.wanted ? "yes: " : "no: ") + one.reason;
  };
  CHECK(reason("{clusters: [{name: tokyo}]}", 0) == "yes: placement.clusters names it");
  CHECK(reason("{clusters: [{name: tokyo}]}", 1) == "no: placement.clusters does not name it");
  CHECK(reason("{clusterSelector: {}}", 1) == "yes: the clusterSelector is empty, so it selects all");
  CHECK(reason("{clusterSelector: {matchLabels: {tier: one}}}", 0) == "yes: its labels match the clusterSelector");
  CHECK(reason("{clusterSelector: {matchLabels: {tier: one}}}", 1) == "no: the selector wants tier=one, and it has no label tier");
  CHECK(reason("{clusterSelector: {matchExpressions: [{key: continent, operator: NotIn, values: [europe]}]}}", 1) ==
        "no: the selector wants continent NotIn [\"europe\"], and its label continent is 'europe'");
  CHECK(reason("{}", 0) == "no: there is neither placement.clusters nor a clusterSelector");
}

TEST_CASE("a FederatedNamespace that is placed elsewhere is the reason") {
  const auto all = explained(web("  placement: {clusterSelector: {}}\n") +
                                 "---\napiVersion: types.kubefed.io/v1beta1\nkind: FederatedNamespace\nmetadata: {name: p, namespace: p}\n"
                                 "spec: {placement: {clusters: [{name: tokyo}]}}\n",
                             the_web);
  CHECK(all.at(0).clusters[0].wanted);
  CHECK_FALSE(all[0].clusters[1].wanted);
  CHECK(all[0].clusters[1].reason.ends_with("but FederatedNamespace p is not placed there"));
  CHECK(all[0].clusters[1].place.starts_with("input.yaml:15"));
}

TEST_CASE("a Secret's values are masked, and its stringData have their own places") {
  const auto all = explained(
      "apiVersion: types.kubefed.io/v1beta1\nkind: FederatedSecret\nmetadata: {name: s, namespace: p}\n"
      "spec:\n  template: {stringData: {password: hunter2}}\n  placement: {clusterSelector: {}}\n",
      {"secret", "s"});
  CHECK(origin_of(all, "data.password") == "\"***\" <- template at input.yaml:5:27");
}

TEST_CASE("types are named as kubectl names them, and by their federated kind") {
  const std::string text = web("  placement: {clusterSelector: {}}\n");
  for (const char* type : {"deploy", "deployments", "Deployment", "deployments.apps", "federateddeployment", "FederatedDeployments"}) {
    INFO(type);
    CHECK(explained(text, {type, "web"}).size() == 1);
  }
  CHECK(explained(text, {"deploy", "other"}).empty());
  CHECK(explained(text, {"deploy", "web", "q"}).empty());
  CHECK(explained(text, {"cm", "web"}).empty());
}

TEST_CASE("one field can be kept, by its name, its beginning or its pointer") {
  const auto kept = [](const std::string& field) {
    auto all = explained(web("  placement: {clusters: [{name: tokyo}]}\n"), the_web);
    REQUIRE(keep_field(all, field));
    return all[0].clusters[0].fields.size();
  };
  CHECK(kept("spec.replicas") == 1);
  CHECK(kept(".spec") == 6);
  CHECK(kept("/spec/containers/1") == 2);
  CHECK(kept("spec.containers[name=a]") == 2);
  auto all = explained(web("  placement: {clusters: [{name: tokyo}]}\n"), the_web);
  const auto none = keep_field(all, "spec.replica");
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "the object has no field spec.replica, did you mean 'spec.replicas'?");
}
