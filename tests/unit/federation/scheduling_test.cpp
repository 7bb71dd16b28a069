#include "federation/scheduling.hpp"

#include "federation/render.hpp"
#include "support.hpp"

using namespace fedctl;
using namespace fedctl::federation;

namespace {

const std::string federated_web =
    "apiVersion: types.kubefed.io/v1beta1\nkind: FederatedDeployment\nmetadata: {name: web, namespace: shop}\nspec:\n"
    "  template: {spec: {replicas: 3}}\n  placement: {clusters: [{name: tokyo}]}\n"
    "  overrides: [{clusterName: tokyo, clusterOverrides: [{path: /spec/replicas, value: 9}, {path: /spec/paused, value: true}]}]\n";

std::string preference_for(const std::string& spec) {
  return federated_web +
         "---\napiVersion: scheduling.kubefed.io/v1alpha1\nkind: ReplicaSchedulingPreference\nmetadata: {name: web, namespace: shop}\n"
         "spec: {targetKind: FederatedDeployment, " +
         spec + "}\n";
}

const std::string weights =
    "totalReplicas: 12, rebalance: true, clusters: {tokyo: {weight: 5}, ireland: {weight: 3}, virginia: {weight: 2}}";

struct RenderedByShares {
  std::vector<manifest::Manifest> manifests;  // what the rendered objects point into
  Result<Rendered> rendered;
};

RenderedByShares scheduled(const std::string& text, Observation observed = {}) {
  RenderedByShares outcome{support::manifests(text), {}};
  outcome.rendered = render(outcome.manifests, support::three_clusters(), TypeTable{}, {.observed = std::move(observed)});
  return outcome;
}

/// "tokyo 6 ireland 4": the replicas of the only object in each cluster that has it.
std::string replicas(const RenderedByShares& outcome) {
  REQUIRE(outcome.rendered);
  std::string result;
  for (const ClusterObjects& cluster : outcome.rendered->clusters) {
    for (const DesiredObject& desired : cluster.objects)
      result += (result.empty() ? "" : " ") + cluster.cluster + " " + (*desired.content->get())["spec"]["replicas"].dump();
  }
  return result;
}

Observation running(std::int64_t tokyo, std::int64_t ireland, std::int64_t virginia) {
  Observation observed;
  auto& seen = observed.targets[target_name("FederatedDeployment", "shop", "web")];
  seen["tokyo"] = {.current = tokyo, .replicas = tokyo, .ready = tokyo, .capacity = {}, .problem = {}};
  seen["ireland"] = {.current = ireland, .replicas = ireland, .ready = ireland, .capacity = {}, .problem = {}};
  seen["virginia"] = {.current = virginia, .replicas = virginia, .ready = virginia, .capacity = {}, .problem = {}};
  return observed;
}

}  // namespace

TEST_CASE("a preference overwrites its target's placement and replicas, and leaves its other overrides") {
  const RenderedByShares outcome = scheduled(preference_for(weights));
  CHECK(replicas(outcome) == "tokyo 6 ireland 4 virginia 2");
  CHECK((*outcome.rendered->clusters[0].objects[0].content->get())["spec"]["paused"] == true);
  CHECK(outcome.rendered->clusters[1].objects[0].scheduled->reason == "by preference web: weight 3 of 10");
}

TEST_CASE("a cluster that is not ready gets nothing and is left alone, and its share goes to the others") {
  Observation observed = running(6, 4, 2);
  observed.clusters["ireland"] = {false, time::Duration{5'000}, Code::unreachable, "unreachable: refused"};
  const RenderedByShares outcome = scheduled(preference_for(weights), observed);
  CHECK(replicas(outcome) == "tokyo 9 virginia 3");
  CHECK(outcome.rendered->clusters[1].absences.empty());
  CHECK(outcome.rendered->clusters[1].left_alone.at(0).key.name == "web");
  CHECK_THAT(outcome.rendered->notices.at(0), Catch::Contains("ireland is not ready (unreachable: refused)"));
}

TEST_CASE("within its grace a cluster that is not ready keeps its share, and running replicas stay as they are") {
  Observation observed = running(6, 4, 2);
  observed.clusters["ireland"] = {false, time::Duration{5'000}, Code::unreachable, "unreachable: refused"};
  const RenderedByShares outcome = scheduled(preference_for(weights + ", unhealthyGraceSeconds: 60"), observed);
  CHECK(replicas(outcome) == "tokyo 6 ireland 4 virginia 2");
  for (const ClusterObjects& cluster : outcome.rendered->clusters) CHECK(cluster.objects.at(0).retain_replicas);
  observed.clusters["ireland"].unready_for = time::Duration{60'000};
  CHECK(replicas(scheduled(preference_for(weights + ", unhealthyGraceSeconds: 60"), observed)) == "tokyo 9 virginia 3");
}

TEST_CASE("what cannot be found out moves nothing") {
  Observation observed = running(6, 4, 2);
  observed.targets.begin()->second["virginia"].problem = "forbidden";
  const RenderedByShares outcome = scheduled(preference_for(weights), observed);
  CHECK(outcome.rendered->clusters[0].objects.at(0).retain_replicas);
  CHECK_THAT(outcome.rendered->notices.at(0), Catch::Contains("virginia") && Catch::Contains("forbidden"));
}

TEST_CASE("replicas move in steps of maxShiftPerStep, and the schedule says that there are more") {
  const std::string stepped = preference_for(weights + ", maxShiftPerStep: 2");
  const RenderedByShares first = scheduled(stepped, running(12, 0, 0));
  CHECK(replicas(first) == "tokyo 12 ireland 2 virginia 0");
  CHECK(first.rendered->has_more_steps());
  CHECK_THAT(first.rendered->clusters[0].objects.at(0).scheduled->reason, Catch::Contains("a step towards 6"));
  CHECK(replicas(scheduled(stepped, running(12, 2, 0))) == "tokyo 10 ireland 4 virginia 0");
  const RenderedByShares last = scheduled(stepped, running(6, 4, 2));
  CHECK_FALSE(last.rendered->has_more_steps());
}

TEST_CASE("capacity caps a cluster, and what it cuts off stays asked for there while the rest moves") {
  Observation observed = running(6, 4, 2);
  observed.targets.begin()->second["tokyo"].capacity = 2;
  CHECK(replicas(scheduled(preference_for(weights), observed)) == "tokyo 6 ireland 6 virginia 4");
}

TEST_CASE("intersectWithClusterSelector takes only what the target's clusterSelector selects") {
  const std::string intersecting = weights + ", intersectWithClusterSelector: true";
  std::string text = preference_for(intersecting);
  CHECK_THAT(scheduled(text).rendered->notices.at(0), Catch::Contains("leaves no cluster"));
  text.replace(text.find("{clusters: [{name: tokyo}]}"), 27,
               "{clusterSelector: {matchExpressions: [{key: continent, operator: In, values: [asia, europe]}]}}");
  CHECK(replicas(scheduled(text)) == "tokyo 8 ireland 4");
}

TEST_CASE("a preference whose target is missing says so, and one whose target is of another kind is an error") {
  const std::string text = preference_for(weights);
  const RenderedByShares alone = scheduled(text.substr(text.find("---\n") + 4));
  REQUIRE(alone.rendered);
  CHECK_THAT(alone.rendered->notices.at(0), Catch::Contains("there is no FederatedDeployment shop/web"));
  std::string other = text;
  other.replace(other.find("targetKind: FederatedDeployment"), 31, "targetKind: FederatedReplicaSet");
  const RenderedByShares wrong = scheduled(other);
  REQUIRE_FALSE(wrong.rendered);
  CHECK_THAT(wrong.rendered.error().hint, Catch::Contains("targetKind: FederatedDeployment"));
}

TEST_CASE("a preference that names a cluster which the fleet lacks is an error that names the likely one") {
  const RenderedByShares outcome = scheduled(preference_for("totalReplicas: 3, clusters: {irland: {weight: 1}}"));
  REQUIRE_FALSE(outcome.rendered);
  CHECK_THAT(outcome.rendered.error().message, Catch::Contains("'irland'") && Catch::Contains("did you mean 'ireland'"));
}

TEST_CASE("a bad preference that a host holds fails with its target, so that nobody falls back to the template's replicas") {
  auto manifests = support::manifests(preference_for("totalReplicas: -1"));
  for (manifest::Manifest& manifest : manifests) manifest.host = "host-cluster";
  const auto rendered = render(manifests, support::three_clusters(), TypeTable{}, {});
  REQUIRE(rendered);
  CHECK(rendered->failures.size() == 2);
  for (const ClusterObjects& cluster : rendered->clusters) CHECK(cluster.objects.empty());
}

TEST_CASE("with retainReplicas the count that a cluster has is its own") {
  std::string text = preference_for(weights);
  text.replace(text.find("  placement:"), 12, "  retainReplicas: true\n  placement:");
  const RenderedByShares outcome = scheduled(text, running(30, 4, 2));
  CHECK(outcome.rendered->clusters[0].objects.at(0).retain_replicas);
}
