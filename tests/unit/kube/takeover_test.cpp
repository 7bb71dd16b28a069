#include "kube/takeover.hpp"

#include "kube/managed_fields.hpp"
#include "support.hpp"

using namespace fedctl;
using nlohmann::json;

namespace {

json entry(const std::string& manager, const std::string& operation, const char* fields) {
  return {{"manager", manager},
          {"operation", operation},
          {"apiVersion", "apps/v1"},
          {"time", "2026-01-01T00:00:00Z"},
          {"fieldsV1", json::parse(fields)}};
}

json deployment_with(json entries) {
  return {{"metadata",
           {{"uid", "u"}, {"resourceVersion", "7"}, {"labels", {{"app", "web"}, {"old", "x"}}}, {"managedFields", std::move(entries)}}},
          {"spec",
           {{"replicas", 3},
            {"containers", {{{"name", "web"}, {"image", "a:1"}, {"tty", true}}, {{"name", "side"}, {"image", "b:1"}}}},
            {"finalizers", {"keep", "drop"}}}}};
}

constexpr const char* theirs = R"({"f:metadata": {"f:labels": {".": {}, "f:app": {}, "f:old": {}},
    "f:annotations": {".": {}, "f:kubectl.kubernetes.io/last-applied-configuration": {}}},
  "f:spec": {"f:replicas": {}, "f:finalizers": {".": {}, "v:\"keep\"": {}, "v:\"drop\"": {}},
    "f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:image": {}, "f:tty": {}},
                     "k:{\"name\":\"side\"}": {".": {}, "f:name": {}, "f:image": {}}}}})";
constexpr const char* ours = R"({"f:metadata": {"f:labels": {"f:app": {}}},
  "f:spec": {"f:finalizers": {"v:\"keep\"": {}}, "f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:image": {}}}}})";

}  // namespace

TEST_CASE("what only a predecessor owns goes when it is taken over, what anybody else owns stays") {
  const json would_be = deployment_with({entry("kubectl-client-side-apply", "Update", theirs), entry("fedctl", "Apply", ours),
                                         entry("scaler", "Update", R"({"f:spec": {"f:replicas": {}}})")});
  const json after = kube::without_predecessors_fields(would_be);
  CHECK(after["metadata"]["labels"] == json{{"app", "web"}});
  CHECK(after["spec"]["replicas"] == 3);
  CHECK(after["spec"]["finalizers"] == json{"keep"});
  CHECK(after["spec"]["containers"] == json::parse(R"([{"name": "web", "image": "a:1"}])"));
}

TEST_CASE("taking over makes the predecessor's entry ours, guarded by UID, without kubectl's own note") {
  const json live = deployment_with(
      {entry("kubectl-client-side-apply", "Update", theirs), entry("scaler", "Update", R"({"f:spec": {"f:replicas": {}}})")});
  REQUIRE(kube::has_predecessor(live));
  json after = live;
  const json operations = kube::takeover_operations(live);
  after.patch_inplace(operations);
  CHECK_FALSE(kube::has_predecessor(after));
  const json fields = kube::applied_fields(after, "fedctl");
  CHECK(kube::owns_field(fields, {"spec", json{{"name", "side"}}}) == false);
  CHECK(kube::owns_field(fields, {"spec", "containers", json{{"name", "side"}}, "image"}));
  CHECK_FALSE(fields.dump().find("last-applied") != std::string::npos);
  CHECK(after["metadata"]["managedFields"].size() == 2);
  CHECK(operations[0]["value"] == "u");
}

TEST_CASE("an object that only strangers wrote has no predecessor") {
  CHECK_FALSE(kube::has_predecessor(deployment_with({entry("scaler", "Update", "{}"), entry("kubectl", "Apply", "{}")})));
}
