#include "plan/plan.hpp"
#include "plan/diff.hpp"
#include "plan/document.hpp"
#include "plan/judge.hpp"
#include "plan/mark.hpp"

#include "support.hpp"

using namespace fedctl;
using namespace fedctl::plan;
using nlohmann::json;
using support::json_of;

namespace {

const json live = json_of(R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: p, uid: u1, resourceVersion: '7', labels: {kubefed.io/managed: 'true'}, annotations: {fedctl.io/applied-hash: old}}
spec:
  replicas: 7
  containers: [{name: web, image: 'a:1'}, {name: log, image: b}]
status: {replicas: 7}
)");

Change change_for(const json& desired) {
  Change change{.key = kube::key_of(desired)};
  change.desired = std::make_shared<const json>(desired);
  change.place = "input.yaml:1:1";
  return change;
}

json with(json object, const char* pointer, json value) {
  object[json::json_pointer{pointer}] = std::move(value);
  return object;
}

Result<Change> judged(const Evidence& evidence, JudgeOptions options = {}) { return judge(change_for(live), evidence, options); }

}  // namespace

TEST_CASE("the summary line is an interface: scripts read it") {
  CHECK(summary_line({.create = 6, .update = 1, .remove = 2, .unchanged = 3, .conflict = 4, .unknown = 5}) ==
        "Plan: 6 to create, 1 to update, 2 to delete; 3 unchanged, 4 in conflict, 5 unknown.");
}

TEST_CASE("a difference names the field, the old value and the new one") {
  const auto changes = differences(live, with(live, "/spec/replicas", 5));
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].path == "spec.replicas");
  CHECK(changes[0].old_value == json(7));
  CHECK(changes[0].new_value == json(5));
}

TEST_CASE("an object compared with what is none appears or goes as a whole") {
  const json none = GENERATE(json(), json(5), json("text"), json::array({1}));
  CHECK_FALSE(differences(none, live).empty());
  CHECK_FALSE(differences(live, none).empty());
  CHECK(differences(none, none).empty());
  CHECK(fields_of_new(none).empty());
}

TEST_CASE("list items are named by their name, keys with dots in brackets") {
  const auto changes = differences(live, with(with(live, "/spec/containers/0/image", "a:2"), "/metadata/labels/example.com~1team", "x"));
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].path == "metadata.labels[example.com/team]");
  CHECK_FALSE(changes[0].old_value);
  CHECK(changes[1].path == "spec.containers[name=web].image");
}

TEST_CASE("what the server keeps for itself, and our own mark, are no difference") {
  json after = with(live, "/status/replicas", 5);
  after["metadata"]["resourceVersion"] = "8";
  after["metadata"]["generation"] = 3;
  after["metadata"]["managedFields"] = json::array({1});
  after["metadata"]["annotations"]["fedctl.io/applied-hash"] = "new";
  CHECK(differences(live, after).empty());
}

TEST_CASE("the data of Secrets come out masked, keys kept") {
  const json secret = json_of("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {password: aHVudGVyMg==}}");
  const auto changed = differences(secret, with(secret, "/data/password", "bmV3"));
  REQUIRE(changed.size() == 1);
  CHECK(changed[0].path == "data.password");
  CHECK(changed[0].old_value == json("*** (before)"));
  CHECK(changed[0].new_value == json("*** (after)"));
  CHECK(changed[0].sensitive);
  for (const FieldChange& field : fields_of_new(secret)) CHECK_THAT(field.new_value->dump(), !Catch::Contains("aHVud"));
}

TEST_CASE("the last-applied annotation of a Secret holds its data, so it is masked too") {
  json secret = json_of("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {}}");
  const json before = secret;
  secret["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = "aHVudGVyMg==";
  for (const FieldChange& field : differences(before, secret)) CHECK_THAT(field.new_value->dump(), !Catch::Contains("aHVud"));
}

TEST_CASE("an object that does not exist is a create") {
  const auto change = judged({.live = nullptr, .would_be = live});
  REQUIRE(change);
  CHECK(change->action == Action::create);
}

TEST_CASE("an object of ours that differs is an update, guarded by its UID") {
  const auto change = judged({.live = live, .would_be = with(live, "/spec/replicas", 5)});
  CHECK(change->action == Action::update);
  CHECK(change->uid == "u1");
}

TEST_CASE("an object of ours whose dry run changes nothing is unchanged, its mark refreshed") {
  const auto change = judged({.live = live, .would_be = live});
  CHECK(change->action == Action::unchanged);
  CHECK(change->refresh);
}

TEST_CASE("an object that is not ours is a conflict, until --adopt takes it over") {
  const json foreign = with(live, "/metadata/labels", json::object());
  const Evidence evidence{.live = foreign, .would_be = live};
  CHECK(judged(evidence)->action == Action::conflict);
  const auto adopted = judged(evidence, {.adopt = true});
  CHECK(adopted->action == Action::update);
  CHECK(adopted->adopts);
}

TEST_CASE("an object labelled hands-off is a conflict even with --adopt") {
  const json hands_off = with(live, "/metadata/labels/kubefed.io~1managed", "false");
  CHECK(judged({.live = hands_off, .would_be = live}, {.adopt = true, .force_conflicts = true})->action == Action::conflict);
}

TEST_CASE("a namespace that exists and needs nothing is left alone, not taken over") {
  const json space = json_of("{apiVersion: v1, kind: Namespace, metadata: {name: n, labels: {kubernetes.io/metadata.name: n}}}");
  const auto change =
      judge(change_for(space), {.live = space, .would_be = with(space, "/metadata/labels/kubefed.io~1managed", "true")}, {});
  CHECK(change->action == Action::unchanged);
  CHECK_FALSE(change->refresh);
}

TEST_CASE("a field that another manager applies is a conflict, until it is forced") {
  const Evidence evidence{.live = live,
                          .would_be = with(live, "/spec/replicas", 5),
                          .field_conflict = Error{Code::conflict, "conflict with \"argocd\": .spec.replicas"}};
  const auto change = judged(evidence);
  CHECK(change->action == Action::conflict);
  CHECK_THAT(change->note, Catch::Contains("argocd") && Catch::Contains("--force-conflicts"));
  CHECK(judged(evidence, {.force_conflicts = true})->action == Action::update);
}

TEST_CASE("a change of an immutable field is a conflict: only a replacement could make it") {
  const auto change = judged({.live = live, .refusal = Error{Code::rejected, "spec.selector: Invalid value: field is immutable"}});
  CHECK(change->action == Action::conflict);
  CHECK_THAT(change->note, Catch::Contains("replacement") && Catch::Contains("spec.selector"));
}

TEST_CASE("an immutable field is named with both values, values that mean the same are not") {
  json stateful = with(live, "/kind", "StatefulSet");
  stateful["spec"]["volumeClaimTemplates"] = json::parse(R"([{"volumeMode": "Filesystem", "size": "1Gi", "memory": "1Gi"}])");
  json desired = with(with(stateful, "/spec/volumeClaimTemplates/0/size", "5Gi"), "/spec/volumeClaimTemplates/0/memory", "1024Mi");
  desired["spec"]["volumeClaimTemplates"][0].erase("volumeMode");
  desired["spec"]["replicas"] = 9;
  const Error refusal{Code::rejected,
                      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas' and 'template' are forbidden"};
  const auto change = judge(change_for(desired), {.live = stateful, .refusal = refusal}, {});
  REQUIRE(change->action == Action::conflict);
  REQUIRE(change->fields.size() == 1);
  CHECK(change->fields[0].path == "spec.volumeClaimTemplates[0].size");
  CHECK(change->fields[0].old_value == json("1Gi"));
  CHECK(change->fields[0].new_value == json("5Gi"));
  CHECK_THAT(change->note, !Catch::Contains("statefulset"));
}

TEST_CASE("where a webhook refuses dry runs, drift is told from the live object and can be mended") {
  json drifted = with(live, "/spec/replicas", 9);
  drifted["metadata"]["managedFields"] = json::parse(R"([
    {"manager": "fedctl", "operation": "Apply", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {"f:containers": {}}}},
    {"manager": "kubectl-patch", "operation": "Update", "time": "2026-01-02T00:00:00Z", "fieldsV1": {"f:spec": {"f:replicas": {}}}}])");
  Change wanted = change_for(live);
  wanted.hash = "old";
  const Error refusal{Code::rejected, "admission webhook \"w\" does not support dry run"};
  const auto change = judge(wanted, {.live = drifted, .refusal = refusal}, {});
  REQUIRE(change->action == Action::update);
  CHECK_FALSE(change->checked);
  REQUIRE(change->fields.size() == 1);
  CHECK(change->fields[0].path == "spec.replicas");
  CHECK(change->fields[0].drifted);
  CHECK(change->fields[0].changed_by->manager == "kubectl-patch");
}

TEST_CASE("a webhook that does not answer makes its object unknown, whatever was applied before") {
  Change wanted = change_for(live);
  wanted.hash = "old";
  const auto change = judge(wanted, {.live = live, .refusal = Error{Code::rejected, "failed calling webhook \"w\": no endpoints"}}, {});
  CHECK(change->action == Action::unknown);
}

TEST_CASE("a namespace that is being deleted is unknown") {
  const json going = json_of("{apiVersion: v1, kind: Namespace, metadata: {name: n, deletionTimestamp: '2026-01-01T00:00:00Z'}}");
  const auto change = judge(change_for(going), {.live = going, .would_be = going}, {});
  CHECK(change->action == Action::unknown);
  CHECK_THAT(change->note, Catch::Contains("being deleted since 2026-01-01"));
}

TEST_CASE("who scaled is named beside a change of the input, though the server keeps no time of it") {
  json scaled = with(live, "/spec/replicas", 9);
  scaled["metadata"]["managedFields"] = json::parse(R"([
    {"manager": "fedctl", "operation": "Apply", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {"f:containers": {}}}},
    {"manager": "kubectl", "operation": "Update", "subresource": "scale", "fieldsV1": {"f:spec": {"f:replicas": {}}}}])");
  Change wanted = change_for(live);
  wanted.hash = "new";
  const auto change = judge(wanted, {.live = scaled, .would_be = with(scaled, "/spec/replicas", 4)}, {});
  REQUIRE(change->fields.size() == 1);
  CHECK(change->fields[0].changed_by->manager == "kubectl");
}

TEST_CASE("what could not be asked is unknown, never absent") {
  const Code code = GENERATE(Code::forbidden, Code::unreachable, Code::unauthorized, Code::expired, Code::timeout);
  const auto change = judged({.live = live, .refusal = Error{code, "no"}});
  CHECK(change->action == Action::unknown);
  CHECK(change->reason == code);
  CHECK_FALSE(change->checked);
}

TEST_CASE("unknowns are counted by their reasons, in words and in the document") {
  Plan plan;
  for (const Code code : {Code::forbidden, Code::unreachable, Code::forbidden}) {
    Change change;
    make_unknown(change, code, "");
    plan.clusters.push_back({.name = "tokyo", .changes = {change}});
  }
  CHECK(unknown_line(plan) == "Unknown: 1 unreachable, 2 forbidden.");
  CHECK(to_document(plan)["unknownReasons"] == R"({"unreachable": 1, "forbidden": 2})"_json);
  CHECK(to_document(plan)["clusters"][0]["changes"][0]["reason"] == "forbidden");
  const json whole = to_document(plan, Detail::whole);
  CHECK(read_plan(Part{whole}).clusters[1].changes[0].reason == Code::unreachable);
  CHECK(unknown_line({}).empty());
}

TEST_CASE("what the server rejects is an error at the place of the manifest") {
  const auto change = judged({.live = nullptr, .refusal = Error{Code::rejected, "spec.replicas: must be positive"}});
  REQUIRE_FALSE(change);
  CHECK(change.error().place == "input.yaml:1:1");
}

TEST_CASE("as applied is what carries the hash and still is all ours") {
  const json desired = json_of("{metadata: {name: web}, spec: {replicas: 3, paused: true}}");
  const std::string hash = hash_of(desired);
  json metadata = json_of(
      "metadata:\n  annotations: {}\n  managedFields:\n  - {manager: fedctl, operation: Apply, fieldsV1: {'f:spec': {'f:replicas': {}, "
      "'f:paused': {}}}}\n");
  CHECK_FALSE(is_as_applied(metadata, desired, hash, false));
  metadata["metadata"]["annotations"][std::string{hash_annotation}] = hash;
  CHECK(is_as_applied(metadata, desired, hash, false));
  metadata["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"].erase("f:replicas");
  CHECK_FALSE(is_as_applied(metadata, desired, hash, false));
  CHECK(is_as_applied(metadata, desired, hash, true));
  metadata["metadata"].erase("managedFields");
  CHECK_FALSE(is_as_applied(metadata, desired, hash, true));
}
