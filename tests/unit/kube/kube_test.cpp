#include "kube/discovery.hpp"
#include "kube/managed_fields.hpp"
#include "kube/pod_trouble.hpp"
#include "kube/readiness.hpp"
#include "kube/status.hpp"

#include "support.hpp"

using namespace fedctl;
using namespace fedctl::kube;
using nlohmann::json;
using support::json_of;

namespace {

/// As the API server records an apply of a Deployment with one container and one port.
const json deployment_fields = R"({
  "f:metadata": {"f:labels": {"f:app": {}}},
  "f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": {"f:spec": {"f:containers": {
    "k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:image": {}, "f:args": {},
      "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}}}}}})"_json;

json deployment() {
  return json_of(R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: p, labels: {app: web}, creationTimestamp: null}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template: {spec: {containers: [{name: web, image: i, args: [a, b], ports: [{containerPort: 80}]}]}}
status: {}
)");
}

Discovery discovery() {
  Discovery discovery;
  read_aggregated(json_of(R"(
kind: APIGroupDiscoveryList
items:
- metadata: {name: ''}
  versions:
  - version: v1
    resources:
    - {resource: services, responseKind: {kind: Service}, scope: Namespaced, singularResource: service, shortNames: [svc], verbs: [create, patch, list]}
    - {resource: componentstatuses, responseKind: {kind: ComponentStatus}, scope: Cluster, verbs: [get, list]}
- metadata: {name: apps}
  versions:
  - version: v1
    resources:
    - {resource: deployments, responseKind: {kind: Deployment}, scope: Namespaced, singularResource: deployment, shortNames: [deploy], verbs: [create, patch]}
- metadata: {name: a.example.com}
  versions:
  - version: v1
    resources: [{resource: ingresses, responseKind: {kind: Ingress}, scope: Namespaced, verbs: [create]}]
- metadata: {name: networking.k8s.io}
  versions:
  - version: v1
    resources: [{resource: ingresses, responseKind: {kind: Ingress}, scope: Namespaced, verbs: [create]}]
)"),
                  discovery);
  return discovery;
}

Readiness ready(const std::string& yaml) { return readiness_of(json_of(yaml)); }

}  // namespace

TEST_CASE("fields as applied own every leaf of what was applied") { CHECK(owns_all(deployment_fields, deployment())); }

TEST_CASE("a leaf that somebody else took is no longer owned") {
  json fields = deployment_fields;
  fields["f:spec"].erase("f:replicas");
  CHECK_FALSE(owns_all(fields, deployment()));
}

TEST_CASE("a list item is found by its key, defaulted key fields included") {
  json desired = deployment();
  desired["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"] = 81;
  CHECK_FALSE(owns_all(deployment_fields, desired));
}

TEST_CASE("an atomic leaf covers all below it") {
  json desired = deployment();
  desired["spec"]["selector"]["matchLabels"]["more"] = "x";
  CHECK(owns_all(deployment_fields, desired));
}

TEST_CASE("a set is owned member by member") {
  const json fields = R"({"f:metadata": {"f:finalizers": {".": {}, "v:\"a\"": {}}}})"_json;
  CHECK(owns_all(fields, R"({"metadata": {"finalizers": ["a"]}})"_json));
  CHECK_FALSE(owns_all(fields, R"({"metadata": {"finalizers": ["a", "b"]}})"_json));
}

TEST_CASE("without managed fields nothing is owned") { CHECK_FALSE(owns_all(nullptr, deployment())); }

TEST_CASE("our entry is the one we applied, and others that apply are told from passers-by") {
  const json live = json_of(R"(
metadata:
  managedFields:
  - {manager: fedctl, operation: Update, fieldsV1: {'f:x': {}}}
  - {manager: fedctl, operation: Apply, fieldsV1: {'f:spec': {'f:replicas': {}}}}
  - {manager: kubectl, operation: Update, subresource: scale, fieldsV1: {}}
  - {manager: argocd, operation: Apply, fieldsV1: {}}
)");
  CHECK(owns_path(applied_fields(live, "fedctl"), {"spec", "replicas"}));
  CHECK_FALSE(owns_path(applied_fields(live, "fedctl"), {"spec", "paused"}));
  CHECK(other_appliers(live, "fedctl") == std::vector<std::string>{"argocd"});
}

TEST_CASE("types are called by plural, singular, kind, short name or group-qualified") {
  const std::string word = GENERATE("deployments", "deployment", "Deployment", "deploy", "deployments.apps", "DEPLOY.apps");
  CAPTURE(word);
  const auto match = discovery().match(word);
  REQUIRE(match);
  CHECK(match->qualified_plural() == "deployments.apps");
}

TEST_CASE("a word that means several types asks which; an unknown one suggests the nearest") {
  CHECK_THAT(describe(discovery().match("ingresses").error()), Catch::Contains("ingresses.a.example.com or ingresses.networking.k8s.io"));
  CHECK_THAT(discovery().match("deploymets").error().message, Catch::Contains("did you mean 'deployments'"));
}

TEST_CASE("types that nobody can write are left out") { CHECK(discovery().find({"", "v1", "ComponentStatus"}) == nullptr); }

TEST_CASE("a registered group whose server does not answer is silent, not empty") {
  Discovery stale;
  read_aggregated(json_of("kind: APIGroupDiscoveryList\nitems:\n"
                          "- {metadata: {name: apps}, versions: [{version: v1, freshness: Current, resources: []}]}\n"
                          "- {metadata: {name: wardle.example.com}, versions: [{version: v1, freshness: Stale}]}\n"),
                  stale);
  CHECK(stale.silent_groups() == std::set<std::string>{"wardle.example.com"});
}

TEST_CASE("discovery of the wrong shape is read without complaint, and brings nothing") {
  for (const char* document : {"5", "{items: 5}", "{items: [5, {versions: 5}, {metadata: 5, versions: [5, {resources: [5, {verbs: 5}]}]}]}",
                               "{resources: [5, {name: 5, verbs: [create], namespaced: \"yes\"}]}"}) {
    CAPTURE(document);
    Discovery read;
    CHECK_NOTHROW(read_aggregated(json_of(document), read));
    CHECK_NOTHROW(read_resource_list(json_of(document), read));
  }
}

TEST_CASE("resource lists of old servers are read alike") {
  Discovery old;
  read_resource_list(json_of("kind: APIResourceList\ngroupVersion: apps/v1\nresources:\n"
                             "- {name: deployments, kind: Deployment, namespaced: true, verbs: [create], shortNames: [deploy]}\n"
                             "- {name: deployments/scale, kind: Scale, namespaced: true, verbs: [patch]}\n"),
                     old);
  REQUIRE(old.resources().size() == 1);
  CHECK(old.resources().front().path("p", "web") == "/apis/apps/v1/namespaces/p/deployments/web");
}

TEST_CASE("a Deployment is ready as kubectl rollout status says") {
  const std::string head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {generation: 2}\nspec: {replicas: 3}\nstatus: ";
  CHECK(ready(head + "{observedGeneration: 1}").message == "not seen by its controller yet");
  CHECK(ready(head + "{observedGeneration: 2, updatedReplicas: 1}").message == "1 of 3 replicas updated");
  CHECK(ready(head + "{observedGeneration: 2, updatedReplicas: 3, replicas: 4}").message == "1 old replicas to end");
  CHECK(ready(head + "{observedGeneration: 2, updatedReplicas: 3, replicas: 3, availableReplicas: 2}").message ==
        "2 of 3 replicas available");
  CHECK(ready(head + "{observedGeneration: 2, updatedReplicas: 3, replicas: 3, availableReplicas: 3}").state == Readiness::State::ready);
  CHECK(
      ready(head +
            "{observedGeneration: 2, conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded, message: stuck}]}")
          .state == Readiness::State::failed);
}

TEST_CASE("StatefulSets, DaemonSets, Jobs and CustomResourceDefinitions have their own rules") {
  CHECK(ready("{apiVersion: apps/v1, kind: StatefulSet, spec: {replicas: 2}, status: {readyReplicas: 1}}").message ==
        "1 of 2 replicas ready");
  CHECK(ready("{apiVersion: apps/v1, kind: StatefulSet, spec: {replicas: 1}, status: {readyReplicas: 1, updateRevision: b, "
              "currentRevision: a}}")
            .state == Readiness::State::waiting);
  CHECK(ready("{apiVersion: apps/v1, kind: DaemonSet, status: {desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1}}")
            .message == "1 of 2 nodes available");
  CHECK(ready("{apiVersion: batch/v1, kind: Job, status: {conditions: [{type: Failed, status: 'True', message: boom}]}}").state ==
        Readiness::State::failed);
  CHECK(ready("{apiVersion: batch/v1, kind: Job, status: {conditions: [{type: Complete, status: 'True'}]}}").state ==
        Readiness::State::ready);
  CHECK(ready("{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, status: {}}").state == Readiness::State::waiting);
  CHECK(ready("{apiVersion: v1, kind: ConfigMap}").state == Readiness::State::ready);
}

TEST_CASE("what is not understood is not ready") {
  const std::string custom = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {generation: 2}\nstatus: ";
  CHECK(ready(custom + "{conditions: [{type: Ready, status: 'True'}]}").state == Readiness::State::ready);
  CHECK(ready(custom + "{conditions: [{type: Ready, status: 'True', observedGeneration: 2}]}").state == Readiness::State::ready);
  CHECK(ready(custom + "{conditions: [{type: Ready, status: 'True', observedGeneration: 1}]}").state == Readiness::State::waiting);
  CHECK(ready(custom + "{conditions: [{type: Ready, status: false}]}").state == Readiness::State::waiting);
  CHECK(ready(custom + "{conditions: [{type: Ready, status: 'True'}, {type: Ready, status: 'False'}]}").state == Readiness::State::waiting);
  CHECK(ready(custom + "{conditions: {Ready: false}}").state == Readiness::State::waiting);
  CHECK(ready(custom + "text").state == Readiness::State::waiting);
  CHECK(ready("{apiVersion: apps/v1, kind: DaemonSet, status: {desiredNumberScheduled: '3'}}").state == Readiness::State::waiting);
  CHECK(ready("{apiVersion: apps/v1, kind: DaemonSet, metadata: {generation: '3'}, status: {}}").state == Readiness::State::waiting);
}

TEST_CASE("a Status becomes an error a person understands") {
  const std::string body =
      R"({"kind": "Status", "reason": "Invalid", "message": "long", "details": {"causes": [{"field": "spec.replicas", "message": "must be positive"}]}})";
  const Error invalid = error_from({.status = 422, .body = body});
  CHECK(invalid.code == Code::rejected);
  CHECK(invalid.message == "spec.replicas: must be positive");
  CHECK(error_from({.status = 401, .body = R"({"kind": "Status"})"}).code == Code::unauthorized);
  CHECK(error_from({.status = 403, .body = R"({"kind": "Status", "message": "no"})"}).code == Code::forbidden);
}

TEST_CASE("an answer no API server gives says so") {
  CHECK(error_from({.status = 404, .body = "<html>not here</html>"}).code == Code::not_kubernetes);
  CHECK(error_from({.status = 502, .body = "<html>bad gateway</html>"}).code == Code::unreachable);
}

TEST_CASE("an object of a custom type is ready as kstatus says") {
  const std::string gadget = "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: x, generation: 2}\n";
  using State = Readiness::State;
  CHECK(ready(gadget).state == State::ready);
  CHECK(ready(gadget + "status: {observedGeneration: 1}").message == "not seen by its controller yet");
  CHECK(ready(gadget + "status: {observedGeneration: 2, conditions: [{type: Ready, status: 'True'}]}").state == State::ready);
  const Readiness unready = ready(gadget + "status: {conditions: [{type: Ready, status: 'False', reason: Booting, message: soon}]}");
  CHECK(unready.state == State::waiting);
  CHECK(unready.message == "Booting: soon");
  CHECK(ready(gadget + "status: {conditions: [{type: Stalled, status: 'True', reason: Broken}]}").state == State::failed);
  CHECK(ready(gadget + "status: {conditions: [{type: Reconciling, status: 'True', reason: Busy}, {type: Ready, status: 'True'}]}").state ==
        State::waiting);
}

TEST_CASE("a Pod in trouble says which container, why, and whose log tells more") {
  const auto trouble = [](const std::string& status) {
    return trouble_of_pod(json_of("apiVersion: v1\nkind: Pod\nmetadata: {name: web-1}\nstatus: " + status));
  };
  CHECK_FALSE(trouble("{phase: Running, containerStatuses: [{name: web, ready: true, state: {running: {startedAt: now}}}]}"));
  CHECK_FALSE(trouble("{phase: Pending, containerStatuses: [{name: web, ready: false, state: {waiting: {reason: ContainerCreating}}}]}"));
  const auto image =
      trouble("{containerStatuses: [{name: web, ready: false, state: {waiting: {reason: ImagePullBackOff, message: no such image}}}]}");
  CHECK(image->message == "container web of Pod web-1: ImagePullBackOff: no such image");
  CHECK(image->container.empty());
  const auto crash = trouble(
      "{containerStatuses: [{name: web, ready: false, restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}, lastState: "
      "{terminated: {exitCode: 2, reason: Error}}}]}");
  CHECK(crash->message == "container web of Pod web-1 ended with 2 (Error), 3 times restarted");
  CHECK(crash->container == "web");
  CHECK(crash->previous);
  CHECK(trouble("{phase: Pending, conditions: [{type: PodScheduled, status: 'False', message: 0/1 nodes}]}")->message ==
        "Pod web-1 cannot be scheduled: 0/1 nodes");
}

TEST_CASE("a write that a server answers with 5xx may have been done, unless the refusal is one that comes before it") {
  const std::string failing = R"({"kind": "Status", "message": "etcdserver: request timed out"})";
  const std::string webhook = R"({"kind": "Status", "message": "Internal error occurred: failed calling webhook \"x\""})";
  CHECK(error_from({.status = 500, .body = failing, .uncertain = true}).uncertain);
  CHECK(error_from({.status = 504, .body = "<html>", .uncertain = true}).uncertain);
  CHECK_FALSE(error_from({.status = 500, .body = webhook, .uncertain = true}).uncertain);
  CHECK_FALSE(error_from({.status = 409, .body = R"({"kind": "Status"})"}).uncertain);
}
