#include "federation/written.hpp"

#include "support.hpp"

using namespace fedctl;
using federation::part_of_field;

namespace {

const std::string text = R"(apiVersion: types.kubefed.io/v1beta1
kind: FederatedDeployment
metadata: {name: web, namespace: production}
spec:
  template:
    spec:
      replicas: 3
      template: {spec: {containers: [{name: web, image: a}]}}
  placement: {clusters: [{name: tokyo}, {name: ireland}]}
  overrides:
  - clusterName: tokyo
    clusterOverrides:
    - {path: /spec/replicas, value: three}
    - {path: /spec/template/spec/containers/0/image, value: 3}
    - {path: /spec/template/spec/containers/-, op: add, value: {name: log, imagee: b}}
)";

}  // namespace

TEST_CASE("a field of a federated object was written by its template, or by an override of that cluster") {
  const auto manifests = support::manifests(text);
  const auto part = [&](const char* cluster, const char* pointer) { return part_of_field(manifests.front(), cluster, pointer); };
  const std::string overrides = "/spec/overrides/0/clusterOverrides/";
  CHECK(part("tokyo", "/spec/replicas") == overrides + "0/value");
  CHECK(part("ireland", "/spec/replicas") == "/spec/template/spec/replicas");
  CHECK(part("tokyo", "/spec/template/spec/containers/0/image") == overrides + "1/value");
  CHECK(part("tokyo", "/spec/template/spec/containers/0/name") == "/spec/template/spec/template/spec/containers/0/name");
  CHECK(part("tokyo", "/spec/template/spec/containers/1/imagee") == overrides + "2/value/imagee");
  CHECK(part("tokyo", "/spec/template/spec/containers/1/image") == overrides + "2/value/image");
  CHECK(part("tokyo", "/metadata/name") == "/metadata/name");
  CHECK(manifests.front().place(part("tokyo", "/spec/template/spec/containers/1/imagee")) == "input.yaml:15:76");
}

TEST_CASE("a plain object's fields are where they are") {
  const auto manifests = support::manifests("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndate: {a: b}\n");
  CHECK(part_of_field(manifests.front(), "tokyo", "/date") == "/date");
  CHECK(manifests.front().place("/date") == "input.yaml:4:1");
}
