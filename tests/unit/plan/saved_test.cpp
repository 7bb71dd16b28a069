#include "plan/saved.hpp"

#include "base/json.hpp"
#include "mutation.hpp"
#include "plan/document.hpp"
#include "support.hpp"

using namespace fedctl;
using namespace fedctl::plan;
using nlohmann::json;

namespace {

Plan plan_of_everything() {
  const auto before = std::make_shared<const json>(json{{"spec", {{"replicas", 1}}}});
  Change change{.action = Action::update, .key = {"apps", "Deployment", "shop", "web"}, .api_version = "apps/v1"};
  change.fields = {{.path = "spec.replicas", .old_value = 1, .new_value = 2}};
  change.fields[0].drifted = true;
  change.fields[0].changed_by = kube::Writer{"kubectl", "Update", "now"};
  change.note = "a note";
  change.reason = Code::forbidden;
  change.before = before;
  change.after = before;
  // Servers leave the time of old entries out.
  change.writers = {{"kubectl", "Update", "now"}, {"helm", "Update", ""}};
  change.uid = "u";
  ClusterPlan tokyo{.name = "tokyo", .changes = {change}};
  tokyo.problem = Error{Code::unreachable, "no route"};
  tokyo.errors = {{Code::rejected, "no", "a.yaml:1:1", "tokyo", "Deployment web", "hint"}};
  Plan plan;
  plan.clusters = {tokyo};
  plan.host = tokyo;
  plan.errors = tokyo.errors;
  plan.notices = {"a notice"};
  return plan;
}

json saved_document() {
  const auto manifests = support::manifests(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n---\n{apiVersion: v1, kind: Secret, metadata: {name: s}}\n");
  return parse_json(to_text(save(plan_of_everything(), manifests, {{"paths", {"a.yaml"}}})));
}

}  // namespace

TEST_CASE("a saved plan is read back as it was") {
  const auto saved = parse_saved(to_text(saved_document()));
  INFO((saved ? "" : describe(saved.error())));
  REQUIRE(saved);
  CHECK(to_document(saved->plan, Detail::whole) == to_document(plan_of_everything(), Detail::whole));
  CHECK(needs_source(*saved));
}

TEST_CASE("a damaged plan is read, or refused in our words with the field that is wrong") {
  const json whole = saved_document();
  std::size_t refused = 0;
  const std::size_t all = support::for_each_mutation(whole, [&](const json& damaged, const std::string& what) {
    const auto saved = parse_saved(to_text(damaged));
    INFO(what);
    if (!saved) {
      ++refused;
      CHECK(saved.error().code == Code::invalid_input);
      CHECK(describe(saved.error()).find("json.exception") == std::string::npos);
      return;
    }
    const auto source = support::manifests("{apiVersion: v1, kind: Secret, metadata: {name: s}}\n");
    CHECK_NOTHROW(manifests_of(*saved, source));
    for (const ClusterPlan& cluster : saved->plan.clusters) {
      for (const Change& change : cluster.changes) {
        const bool fits = change.key.group.empty() || change.api_version.starts_with(change.key.group + "/");
        CHECK(fits);
      }
    }
  });
  CHECK(refused > all / 2);
}

TEST_CASE("the field that is wrong in a plan is named") {
  const auto [pointer, value, message] = GENERATE(table<std::string, json, std::string>({
      {"/manifests/0/identity/name", 5, "/manifests/0/identity/name must be a string"},
      {"/manifests/0/identity", "x", "/manifests/0/identity must be a map"},
      {"/plan/clusters/0/changes/0/group", "apps.example.com",
       "/plan/clusters/0/changes/0/object/apiVersion is 'apps/v1', which is not of"},
      {"/plan/clusters/0/changes/0/action", "explode", "is 'explode', which is no action"},
      {"/plan/clusters/0/changes/0/checked", 1, "/plan/clusters/0/changes/0/checked must be true or false"},
      {"/command", json::array(), "/command must be a map"},
  }));
  json damaged = saved_document();
  damaged[json::json_pointer{pointer}] = value;
  CHECK_THAT(parse_saved(to_text(damaged)).error().message, Catch::Contains(message));
}
