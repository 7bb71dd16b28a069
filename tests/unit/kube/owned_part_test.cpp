#include "kube/owned_part.hpp"

#include "support.hpp"

using namespace fedctl::kube;
using nlohmann::json;

namespace {

const json web_with_proxy = R"({
  "apiVersion": "apps/v1", "kind": "Deployment",
  "metadata": {"name": "web", "namespace": "p", "uid": "u1", "resourceVersion": "7", "labels": {"a": "1", "b": "2"}},
  "spec": {"replicas": 5, "selector": {"matchLabels": {"a": "1"}},
    "template": {"spec": {"containers": [
      {"name": "app", "image": "app:1", "ports": [{"containerPort": 80, "protocol": "TCP"}]},
      {"name": "proxy", "image": "proxy:1"}]}}}})"_json;

json part(const std::string& fields) { return owned_part(web_with_proxy, json::parse(fields)); }

}  // namespace

TEST_CASE("the part that is owned holds just the owned fields and what names the object") {
  CHECK(part(R"({"f:spec": {"f:replicas": {}}, "f:metadata": {"f:labels": {".": {}, "f:a": {}}}})") == R"({
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "p", "labels": {"a": "1"}}, "spec": {"replicas": 5}})"_json);
}

TEST_CASE("an atomic field is owned whole, a field that the object lacks is passed over") {
  CHECK(part(R"({"f:spec": {"f:selector": {}, "f:paused": {}}})")["spec"] == R"({"selector": {"matchLabels": {"a": "1"}}})"_json);
}

TEST_CASE("items of a keyed list come with their keys, the others stay out") {
  const json spec = part(
      R"({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"app\"}": {".": {}, "f:image": {},
          "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}}}}}})")["spec"];
  CHECK(spec == R"({"template": {"spec": {"containers": [
    {"name": "app", "image": "app:1", "ports": [{"containerPort": 80, "protocol": "TCP"}]}]}}})"_json);
}

TEST_CASE("members of a set are owned one by one") {
  const json object = R"({"apiVersion": "v1", "kind": "X", "metadata": {"name": "x", "finalizers": ["a", "b"]}})"_json;
  CHECK(owned_part(object, R"({"f:metadata": {"f:finalizers": {".": {}, "v:\"b\"": {}}}})"_json)["metadata"]["finalizers"] == json{"b"});
}

TEST_CASE("nothing owned leaves what names the object") {
  CHECK(part("null") == R"({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "p"}})"_json);
}

TEST_CASE("united field sets have what either has, and whole what one has whole") {
  const json one = R"({"f:spec": {"f:replicas": {}, "f:selector": {}}})"_json;
  const json other = R"({"f:spec": {"f:paused": {}, "f:selector": {"f:matchLabels": {}}}, "f:data": {}})"_json;
  const json both = R"({"f:spec": {"f:replicas": {}, "f:selector": {}, "f:paused": {}}, "f:data": {}})"_json;
  CHECK(united(one, other) == both);
  CHECK(united(other, one) == both);
  CHECK(united(json(), one) == one);
  CHECK(united(one, json()) == one);
}
