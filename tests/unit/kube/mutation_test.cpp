#include "mutation.hpp"

#include "kube/managed_fields.hpp"
#include "kube/owned_part.hpp"
#include "kube/takeover.hpp"
#include "support.hpp"

using namespace fedctl;
using nlohmann::json;

namespace {

const json object = R"({
  "apiVersion": "apps/v1", "kind": "Deployment",
  "metadata": {"name": "web", "uid": "u", "resourceVersion": "7", "labels": {"app": "web"},
    "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
    "managedFields": [
      {"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "apps/v1", "time": "2026-01-01T00:00:00Z", "fieldsV1":
        {"f:metadata": {"f:labels": {".": {}, "f:app": {}},
                        "f:annotations": {"f:kubectl.kubernetes.io/last-applied-configuration": {}}},
         "f:spec": {"f:finalizers": {"v:\"keep\"": {}}, "f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:image": {}}, "i:0": {}}}}},
      {"manager": "fedctl", "operation": "Apply", "apiVersion": "apps/v1", "time": "2026-01-02T00:00:00Z", "subresource": "", "fieldsV1":
        {"f:spec": {"f:replicas": {}, "f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:image": {}}}}}}]},
  "spec": {"replicas": 3, "finalizers": ["keep"], "containers": [{"name": "web", "image": "a:1"}]}})"_json;

void walk(const json& live, const json& fields) {
  kube::applied_fields(live, "fedctl");
  kube::applied_entry(live, "fedctl");
  kube::other_appliers(live, "fedctl");
  kube::writers(live, "fedctl");
  kube::writer_of(live, {"spec", "containers", json{{"name", "web"}}, "image"}, "fedctl");
  kube::writer_of(live, {"spec", "containers", 0}, "fedctl");
  kube::has_predecessor(live);
  kube::takeover_operations(live);
  kube::without_predecessors_fields(live);
  kube::fields_taken_over(live);
  kube::give_back_operations(object, live);
  kube::give_back_operations(live, object);
  kube::owned_part(live, fields);
  kube::united(fields, kube::applied_fields(object, "fedctl"));
  kube::united(kube::applied_fields(object, "fedctl"), fields);
  kube::owns_all(fields, live);
  kube::owns_path(fields, {"spec", "replicas"});
}

}  // namespace

TEST_CASE("whatever a live object and its managed fields are, walking them ends well") {
  const json& theirs = object["metadata"]["managedFields"][0]["fieldsV1"];
  support::for_each_mutation(object, [&](const json& live, const std::string& what) {
    INFO(what);
    CHECK_NOTHROW(walk(live, theirs));
  });
  support::for_each_mutation(theirs, [&](const json& fields, const std::string& what) {
    INFO(what);
    CHECK_NOTHROW(walk(object, fields));
  });
}

TEST_CASE("keys of managed fields that are no JSON are passed over") {
  const std::string key =
      GENERATE("k:", "k:{", "k:[]", "k:5", "k:null", "v:", "v:{", "i:", "i:x", "i:-1", "i:99999999999999999999", "f:", "x", "");
  CAPTURE(key);
  const json fields{
      {"f:spec", {{"f:containers", {{key, {{".", json::object()}, {"f:image", json::object()}}}}}, {"f:replicas", {{key, 1}}}}}};
  json live = object;
  live["metadata"]["managedFields"][0]["fieldsV1"] = fields;
  CHECK_NOTHROW(walk(live, fields));
}
