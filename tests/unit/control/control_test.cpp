#include "control/controller.hpp"
#include "control/federate.hpp"
#include "control/federated_type.hpp"
#include "control/host_objects.hpp"
#include "control/init.hpp"
#include "control/member.hpp"
#include "control/propagation_status.hpp"
#include "control/rights.hpp"
#include "control/strip.hpp"
#include "federation/render.hpp"
#include "plan/release.hpp"
#include "support.hpp"

using namespace fedctl;
using namespace fedctl::control;
using nlohmann::json;
using support::json_of;

namespace {

const kube::Resource deployments{
    .group = "apps", .version = "v1", .kind = "Deployment", .plural = "deployments", .short_names = {"deploy"}};
const std::string now = "2026-11-23T12:00:00Z";
const std::string earlier = "2026-11-23T11:00:00Z";

FederatedType type_for(const kube::Resource& target) {
  return federated_type_of(config_of(target, federated_resource(target, "types.kubefed.io", "v1beta1"), "kube-federation-system"));
}

std::vector<std::string> words(const json& list) {
  std::vector<std::string> result;
  for (const json& item : list) result.push_back(item.get<std::string>());
  return result;
}

}  // namespace

TEST_CASE("a federated type has KubeFed's names, and its configuration reads back as it was") {
  const kube::Resource federated = federated_resource(deployments, "types.kubefed.io", "v1beta1");
  CHECK(federated.kind == "FederatedDeployment");
  CHECK(federated.qualified_plural() == "federateddeployments.types.kubefed.io");
  CHECK(federated.short_names == std::vector<std::string>{"fdeploy"});
  const FederatedType type = type_for(deployments);
  CHECK(type.name == "deployments.apps");
  CHECK(type.enabled);
  CHECK(type.target.type() == deployments.type());
  CHECK(type.federated.namespaced);
  const kube::Resource namespaces{.version = "v1", .kind = "Namespace", .plural = "namespaces", .namespaced = false};
  CHECK(type_for(namespaces).federated.namespaced);
  CHECK_FALSE(type_for(namespaces).target.namespaced);
  const json definition = definition_of(deployments, federated, {.has_replicas = true});
  const json schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
  CHECK(schema["required"] == json{"spec"});
  CHECK(schema["properties"]["spec"]["properties"].contains("retainReplicas"));
  CHECK(schema["properties"]["spec"]["properties"]["overrides"]["items"]["properties"]["clusterOverrides"]["items"]["properties"]["op"]
              ["pattern"] == "^(add|remove|replace)?$");
  CHECK_FALSE(
      definition_of(deployments, federated, {})["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
          .contains("retainReplicas"));
}

TEST_CASE("full rights are KubeFed's, minimal ones what the enabled types need") {
  const Account account{"tokyo-host", "kube-federation-system", Scope::cluster};
  const auto full = grants_of(account, Rights::full, {});
  REQUIRE(full.size() == 1);
  CHECK(kube::name_of(full[0].role) == "kubefed-controller-manager:tokyo-host");
  CHECK(full[0].role["rules"] == json_of("[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}, {nonResourceURLs: ['*'], verbs: [get]}]"));
  CHECK(full[0].binding["subjects"][0]["name"] == "tokyo-host");

  std::vector<FederatedType> types{type_for(deployments)};
  const auto minimal = grants_of(account, Rights::minimal, types);
  CHECK(minimal[0].role["rules"][0]["resources"] == json{"deployments"});
  CHECK(words(minimal[0].role["rules"][0]["verbs"]) ==
        std::vector<std::string>{"get", "list", "watch", "create", "update", "patch", "delete"});
  types[0].enabled = false;
  CHECK(grants_of(account, Rights::minimal, types)[0].role.dump().find("deployments") == std::string::npos);

  const auto scoped = grants_of({"tokyo-host", "fed", Scope::namespaced}, Rights::full, {});
  REQUIRE(scoped.size() == 2);
  CHECK(scoped[0].role["kind"] == "Role");
  CHECK(kube::namespace_of(scoped[0].role) == "fed");
  CHECK(kube::name_of(scoped[1].role) == "kubefed-controller-manager:fed:healthcheck-tokyo-host");
}

TEST_CASE("a template keeps what people write and loses what clusters set") {
  const json service = json_of(R"({apiVersion: v1, kind: Service, metadata: {name: s, uid: u, labels: {a: b, kubefed.io/managed: "true"},
    annotations: {example.com/x: kept, kubectl.kubernetes.io/last-applied-configuration: z}, ownerReferences: [{}], managedFields: []},
    spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{port: 80, nodePort: 31000}]}, status: {}})");
  CHECK(template_of(service) == json_of("{metadata: {labels: {a: b}, annotations: {example.com/x: kept}}, spec: {ports: [{port: 80}]}}"));
  CHECK(template_of(json_of("{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {clusterIP: None, clusterIPs: [None]}}"))["spec"] ==
        json_of("{clusterIP: None}"));
  const json job = json_of(
      R"({apiVersion: batch/v1, kind: Job, metadata: {name: j, labels: {controller-uid: u}}, spec: {selector: {matchLabels: {controller-uid: u}},
    template: {metadata: {creationTimestamp: null, labels: {app: j, batch.kubernetes.io/controller-uid: u, job-name: j}}}}})");
  CHECK(template_of(job) == json_of("{spec: {template: {metadata: {labels: {app: j}}}}}"));
  CHECK(template_of(json_of("{apiVersion: v1, kind: Namespace, metadata: {name: p, labels: {kubernetes.io/metadata.name: p}}, spec: "
                            "{finalizers: [kubernetes]}}"))
            .empty());
}

TEST_CASE("a federated object goes everywhere unless it is told otherwise") {
  std::vector<std::string> warnings;
  const json object = json_of(
      "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: production, finalizers: [x/y]}, spec: {replicas: 2}}");
  const kube::Resource federated = federated_resource(deployments, "types.kubefed.io", "v1beta1");
  const json made = federated_object_of(object, federated, {}, warnings);
  CHECK(made == json_of("{apiVersion: types.kubefed.io/v1beta1, kind: FederatedDeployment, metadata: {name: web, namespace: production}, "
                        "spec: {template: {spec: {replicas: 2}}, placement: {clusterSelector: {matchLabels: {}}}}}"));
  CHECK(warnings.size() == 1);
  CHECK(federated_object_of(object, federated, {.placement = {"tokyo"}}, warnings)["spec"]["placement"] ==
        json_of("{clusters: [{name: tokyo}]}"));
  CHECK(*selector_of("region=asia,tier==web") == json_of("{matchLabels: {region: asia, tier: web}}"));
  CHECK_FALSE(selector_of("region!=asia"));
  CHECK_FALSE(selector_of("region in (a)"));
  CHECK_FALSE(selector_of("=asia"));
}

TEST_CASE("a cluster's status tells ready, not ready, offline, unauthorized and malformed apart") {
  const auto of = [](const json& status, const std::string& type) {
    for (const json& one : status["conditions"]) {
      if (one["type"] == type) return one["status"].get<std::string>() + " " + one["reason"].get<std::string>();
    }
    return std::string{"-"};
  };
  fleet::Health good{.ready = true, .version = "v1.36.3", .region = "asia", .zones = {"a", "b"}};
  const json ready = cluster_status(good, false, json::object(), now);
  CHECK(of(ready, "Ready") == "True ClusterReady");
  CHECK(of(ready, "Offline") == "-");
  CHECK(ready["zones"] == json({"a", "b"}));
  CHECK(ready["conditions"][0]["message"] == "/healthz responded with ok");

  const auto bad = [&](Code code, bool malformed = false) {
    fleet::Health health;
    health.problem = Error{code, "why"};
    return cluster_status(health, malformed, ready, now);
  };
  CHECK(of(bad(Code::unreachable), "Offline") == "True ClusterNotReachable");
  CHECK(of(bad(Code::unreachable), "Ready") == "False ClusterNotReachable");
  CHECK(bad(Code::unreachable)["region"] == "asia");
  CHECK(of(bad(Code::not_kubernetes), "Ready") == "False ClusterNotReady");
  CHECK(of(bad(Code::not_kubernetes), "Offline") == "False ClusterReachable");
  CHECK(of(bad(Code::unauthorized), "Ready") == "False ClusterUnauthorized");
  CHECK(of(bad(Code::unauthorized), "Offline") == "False ClusterReachable");
  CHECK(of(bad(Code::invalid_input, true), "ConfigMalformed") == "True ClusterConfigMalformed");

  json before = ready;
  before["conditions"][0]["lastTransitionTime"] = earlier;
  CHECK(cluster_status(good, false, before, now)["conditions"][0]["lastTransitionTime"] == earlier);
}

TEST_CASE("a KubeFedCluster says how its API server is reached") {
  const json cluster = json_of(R"({metadata: {name: tokyo, annotations: {fedctl.io/tls-server-name: api.example.com}},
    spec: {apiEndpoint: "10.0.0.1:6443", caBundle: Q0E=, proxyURL: "socks5://p:1", secretRef: {name: s}, disabledTLSValidations: [SubjectName, ValidityPeriod]}})");
  const auto access = access_of(cluster, "t0ken");
  REQUIRE(access);
  CHECK(access->endpoint.url == "https://10.0.0.1:6443");
  CHECK(access->endpoint.tls.ca_pem == "CA");
  CHECK(access->endpoint.tls.server_name == "api.example.com");
  CHECK(access->endpoint.proxy_url == "socks5://p:1");
  CHECK(access->endpoint.tls.any_name);
  CHECK(access->endpoint.tls.any_time);
  CHECK_FALSE(access->endpoint.tls.insecure);
  CHECK(access->identity.token == "t0ken");
  CHECK_FALSE(access_of(json_of("{metadata: {name: x}, spec: {}}"), "t"));
  CHECK_FALSE(access_of(json_of("{metadata: {name: x}, spec: {apiEndpoint: h, caBundle: '!'}}"), "t"));
  CHECK_FALSE(access_of(json_of("{metadata: {name: x}, spec: {apiEndpoint: h, disabledTLSValidations: [Everything]}}"), "t"));
}

TEST_CASE("the propagation status is KubeFed's, and stays as it is while nothing changes") {
  const json object = json_of("{metadata: {name: web, generation: 4}}");
  const json fine = propagation_status(object, {{"tokyo", ""}, {"ireland", ""}}, "", now);
  CHECK(fine ==
        json_of("{observedGeneration: 4, clusters: [{name: ireland}, {name: tokyo}], conditions: [{type: Propagation, status: 'True', "
                "lastTransitionTime: '2026-11-23T12:00:00Z', lastUpdateTime: '2026-11-23T12:00:00Z'}]}"));
  json again = object;
  again["status"] = fine;
  CHECK(propagation_status(again, {{"ireland", ""}, {"tokyo", ""}}, "", "2027-01-01T00:00:00Z") == fine);
  const json bad = propagation_status(again, {{"ireland", "UpdateFailed"}, {"tokyo", ""}}, "", "2027-01-01T00:00:00Z");
  CHECK(bad["conditions"][0]["reason"] == "CheckClusters");
  CHECK(bad["conditions"][0]["lastTransitionTime"] == "2027-01-01T00:00:00Z");
  CHECK(bad["clusters"][0] == json_of("{name: ireland, status: UpdateFailed}"));
  CHECK(propagation_status(object, {}, "NamespaceNotFederated", now)["conditions"][0]["reason"] == "NamespaceNotFederated");
}

TEST_CASE("what became of each object is said in KubeFed's words") {
  plan::ClusterPlan tokyo{.name = "tokyo"};
  const auto add = [](plan::ClusterPlan& cluster, plan::Action action, const std::string& name, const std::string& note = {}) {
    cluster.changes.push_back({.action = action, .key = {"", "ConfigMap", "p", name}, .note = note});
  };
  add(tokyo, plan::Action::create, "new");
  add(tokyo, plan::Action::update, "old");
  add(tokyo, plan::Action::unchanged, "same");
  add(tokyo, plan::Action::conflict, "theirs", "exists, and is not ours");
  add(tokyo, plan::Action::conflict, "off", "labelled false, hands off");
  plan::ClusterPlan ireland{.name = "ireland", .status = plan::ClusterStatus::unknown};
  add(ireland, plan::Action::unknown, "new");
  plan::Plan plan;
  plan.clusters = {tokyo, ireland};
  const auto states = states_of(plan, {{"tokyo", {"", "ConfigMap", "p", "new"}}});
  const auto of = [&](const std::string& cluster, const std::string& name) { return states.at({cluster, {"", "ConfigMap", "p", name}}); };
  CHECK(of("tokyo", "new") == "CreationFailed");
  CHECK(of("tokyo", "old").empty());
  CHECK(of("tokyo", "same").empty());
  CHECK(of("tokyo", "theirs") == "AlreadyExists");
  CHECK(of("tokyo", "off") == "ManagedLabelFalse");
  CHECK(of("ireland", "new") == "ClusterNotReady");
}

TEST_CASE("files win over what the host holds; pruning a set leaves everything else alone") {
  const auto held = [](const std::string& name, const std::string& set, bool applied) {
    manifest::Manifest manifest{
        .object = json_of("{apiVersion: types.kubefed.io/v1beta1, kind: FederatedConfigMap, metadata: {namespace: p}}"), .host = "host"};
    manifest.object["metadata"]["name"] = name;
    if (!set.empty()) manifest.object["metadata"]["labels"]["fedctl.io/set"] = set;
    if (applied) manifest.object["metadata"]["annotations"]["fedctl.io/applied-hash"] = "x";
    return manifest;
  };
  const auto files = [] {
    return support::manifests("apiVersion: types.kubefed.io/v1beta1\nkind: FederatedConfigMap\nmetadata: {name: a, namespace: p}\n");
  };
  const auto removed = [&](const MergeOptions& options) {
    std::string names;
    for (const auto& one :
         merge_inputs(files(), {held("a", "", true), held("b", "", true), held("c", "s", true), held("d", "", false)}, options)) {
      if (one.removed) names += kube::name_of(one.object);
    }
    return names;
  };
  CHECK(merge_inputs(files(), {held("a", "", true)}, {.default_namespace = "p"}).size() == 1);
  CHECK(removed({.default_namespace = "p"}).empty());
  CHECK(removed({.default_namespace = "p", .prune = true}) == "b");
  CHECK(removed({.default_namespace = "p", .prune = true, .set = "s"}) == "c");
}

TEST_CASE("a host's scope decides whether a namespace must be federated, and a bad stored object fails alone") {
  auto manifests = support::manifests(
      "apiVersion: types.kubefed.io/v1beta1\nkind: FederatedConfigMap\nmetadata: {name: a, namespace: p}\n"
      "spec: {template: {data: {k: v}}, placement: {clusterSelector: {}}}\n---\n"
      "apiVersion: types.kubefed.io/v1beta1\nkind: FederatedConfigMap\nmetadata: {name: b, namespace: p}\n"
      "spec: {template: {data: {k: v}}, placement: {clusterSelector: {}}, overrides: [{clusterName: tokyo, clusterOverrides: [{path: /x/y, "
      "value: 1}]}, "
      "{clusterName: left-long-ago, clusterOverrides: []}]}\n");
  for (auto& manifest : manifests) manifest.host = "host";
  const fleet::Fleet fleet = support::three_clusters();
  const federation::TypeTable types;
  const auto open = federation::render(manifests, fleet, types, {});
  REQUIRE(open);
  REQUIRE(open->failures.size() == 1);
  CHECK(open->failures[0].cluster == "tokyo");
  CHECK(open->clusters[0].objects.size() == 1);
  CHECK(open->clusters[1].objects.size() == 2);
  const auto closed = federation::render(manifests, fleet, types, {.federated_namespaces = true});
  REQUIRE(closed);
  CHECK(closed->clusters[0].objects.empty());
  CHECK(closed->clusters[0].absences.size() == 2);
  CHECK(closed->notices.at(0).find("fedctl federate namespace p") != std::string::npos);
  manifests[0].removed = true;
  manifests[0].object["metadata"]["annotations"]["kubefed.io/orphan"] = "true";
  const auto removed = federation::render(manifests, fleet, types, {});
  REQUIRE(removed);
  REQUIRE(removed->clusters[1].absences.size() == 1);
  CHECK(removed->clusters[1].absences[0].orphan);
}

TEST_CASE("letting go takes our label, our annotation and our entry, guarded by the UID") {
  const json live = json_of(R"({metadata: {uid: u, labels: {kubefed.io/managed: "true", app: web}, annotations: {fedctl.io/applied-hash: h},
    managedFields: [{manager: fedctl, operation: Apply}, {manager: kubectl, operation: Update}]}})");
  const json patched = live.patch(plan::release_operations(live));
  CHECK(patched ==
        json_of("{metadata: {uid: u, labels: {app: web}, annotations: {}, managedFields: [{manager: kubectl, operation: Update}]}}"));
  CHECK_THROWS(json_of("{metadata: {uid: other}}").patch(plan::release_operations(live)));
}

TEST_CASE("names, leases and the control plane's own objects") {
  CHECK(is_subdomain("tokyo-cluster.example"));
  for (const char* bad : {"", "Tokyo", "a/b", "a:b", "-a", "a-", "a..b", "a@b"}) CHECK_FALSE(is_subdomain(bad));
  CHECK(check_host_name("host"));
  CHECK_FALSE(check_host_name("arn:aws:eks/host"));
  CHECK(random_suffix().size() == 5);
  CHECK(is_renewed("2026-11-23T11:59:50Z", 15, now));
  CHECK_FALSE(is_renewed("2026-11-23T11:59:40Z", 15, now));
  CHECK_FALSE(is_renewed("", 15, now));
  const auto objects = control_plane_objects("fed", Scope::namespaced);
  CHECK(objects.size() == 15);
  CHECK(objects.back()["spec"]["scope"] == "Namespaced");
  CHECK(kube::namespace_of(objects.back()) == "fed");
}
