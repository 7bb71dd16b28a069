#include "kube/local_apply.hpp"

#include "kube/takeover.hpp"
#include "support.hpp"

using namespace fedctl;
using nlohmann::json;

namespace {

const json live = json::parse(R"({
  "metadata": {"uid": "u", "labels": {"old": "x", "theirs": "y"}, "managedFields": [
    {"manager": "kubectl-client-side-apply", "operation": "Update", "fieldsV1": {
      "f:metadata": {"f:labels": {"f:old": {}}},
      "f:spec": {"f:ports": {"k:{\"port\":1935,\"protocol\":\"TCP\"}": {".": {}, "f:name": {}, "f:port": {}, "f:protocol": {}},
                             "k:{\"port\":443,\"protocol\":\"UDP\"}": {".": {}, "f:name": {}, "f:port": {}, "f:protocol": {}}},
                 "f:finalizers": {"v:\"a\"": {}, "v:\"b\"": {}}, "f:args": {}}}},
    {"manager": "somebody", "operation": "Update", "fieldsV1": {"f:metadata": {"f:labels": {"f:theirs": {}}}}}]},
  "spec": {"ports": [{"name": "http", "port": 1935, "protocol": "TCP"}, {"name": "quic", "port": 443, "protocol": "UDP"}],
           "finalizers": ["a", "b"], "args": ["x", "y"]}})");

json applied(const char* desired) { return kube::applied_locally(live, json::parse(desired), kube::fields_only_ours(live)); }

}  // namespace

TEST_CASE("a port with another number takes the place of the one that goes, though both have one name") {
  const json after = applied(R"({"spec": {"ports": [{"name": "http", "port": 8935}, {"name": "tls", "port": 443}]}})");
  CHECK(after["spec"]["ports"] == json::parse(R"([{"name": "http", "port": 8935}, {"name": "tls", "port": 443}])"));
  CHECK(after["metadata"]["labels"] == json{{"theirs", "y"}});
}

TEST_CASE("sets are merged, lists that nobody merges are replaced") {
  const json after = applied(R"({"metadata": {"labels": {"old": "x"}}, "spec": {"finalizers": ["b", "c"], "args": ["z"]}})");
  CHECK(after["spec"]["finalizers"] == json({"b", "c"}));
  CHECK(after["spec"]["args"] == json({"z"}));
  CHECK(after["metadata"]["labels"] == json{{"old", "x"}, {"theirs", "y"}});
}

TEST_CASE("the operations between two objects make the one into the other, and leave the server's own fields") {
  json target = live;
  target["spec"].erase("args");
  target["metadata"]["labels"] = {{"new", "z"}};
  target["metadata"]["uid"] = "other";
  json after = live;
  after.patch_inplace(kube::operations_between(live, target));
  target["metadata"]["uid"] = "u";
  CHECK(after == target);
}
