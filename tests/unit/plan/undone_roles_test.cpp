#include "plan/undone_roles.hpp"
#include "plan/judge.hpp"

#include "support.hpp"

using namespace fedctl;
using namespace fedctl::plan;
using nlohmann::json;
using support::json_of;

namespace {

json deployment(const std::string& mark, int replicas) {
  json object =
      json_of("{apiVersion: apps/v1, kind: Deployment, metadata: {name: shop, namespace: p, labels: {kubefed.io/managed: 'true'}}}");
  object["spec"]["replicas"] = replicas;
  if (!mark.empty()) object["metadata"]["annotations"]["fedctl.io/failover"] = mark;
  return object;
}

const std::string of_run_3 = "p/shop token 3 active ireland";

Change change_to(const json& desired) {
  Change change{.key = kube::key_of(desired)};
  change.desired = std::make_shared<const json>(desired);
  return change;
}

Result<Change> judged(const json& live, const json& desired, const JudgeOptions& options = {}) {
  return judge(change_to(desired), {.live = live, .would_be = desired}, options);
}

}  // namespace

TEST_CASE("what says nothing of a failover, or of an older one, would undo it") {
  const std::string mark = GENERATE(as<std::string>{}, "", "p/shop token 2 active tokyo", "something else");
  const std::string note = undone_roles(deployment(of_run_3, 2), deployment(mark, 10), "");
  CHECK_THAT(note, Catch::Contains("the failover p/shop with token 3 made ireland active") &&
                       Catch::Contains("fedctl failover roles POLICY -f FILES --write") && Catch::Contains("--accept-role-change"));
}

TEST_CASE("the same failover, or a later one, undoes nothing") {
  const std::string mark = GENERATE(as<std::string>{}, "p/shop token 3 active ireland", "p/shop token 4 active tokyo");
  CHECK(undone_roles(deployment(of_run_3, 2), deployment(mark, 10), "").empty());
  CHECK(undone_roles(deployment("", 2), deployment(mark, 10), "").empty());
  CHECK(undone_roles(deployment("", 2), deployment("", 10), "").empty());
}

TEST_CASE("another policy's token tells nothing, unless that policy fails over just now") {
  const json other = deployment("p/store token 9 active tokyo", 10);
  CHECK_FALSE(undone_roles(deployment(of_run_3, 2), other, "").empty());
  CHECK_FALSE(undone_roles(deployment(of_run_3, 2), other, "p/shop").empty());
  CHECK(undone_roles(deployment(of_run_3, 2), other, "p/store").empty());
  CHECK_FALSE(undone_roles(deployment(of_run_3, 2), deployment("p/shop token 1 active tokyo", 10), "p/shop").empty());
}

TEST_CASE("a federated object's overrides count cluster by cluster, and its own annotation does not") {
  const auto federated = [](const std::string& tokyo, const std::string& ireland) {
    json object =
        json_of("{kind: FederatedDeployment, metadata: {name: shop, annotations: {fedctl.io/failover: p/shop token 3 active ireland}}}");
    for (const auto& [cluster, mark] : {std::pair{"tokyo", tokyo}, std::pair{"ireland", ireland}}) {
      json item{{"path", "/metadata/annotations/fedctl.io~1failover"}, {"value", mark}};
      object["spec"]["overrides"].push_back({{"clusterName", cluster}, {"clusterOverrides", json::array({item})}});
    }
    return object;
  };
  CHECK(undone_roles(federated(of_run_3, of_run_3), federated(of_run_3, of_run_3), "").empty());
  CHECK_FALSE(undone_roles(federated(of_run_3, of_run_3), federated(of_run_3, ""), "").empty());
  CHECK_FALSE(undone_roles(federated("", of_run_3), federated(of_run_3, "p/shop token 2 active tokyo"), "").empty());
  CHECK(undone_roles(federated("", ""), federated("", ""), "").empty());
}

TEST_CASE("undoing a failover is a conflict, until --accept-role-change") {
  const json live = deployment(of_run_3, 2);
  const auto change = judged(live, deployment("", 10));
  REQUIRE(change);
  CHECK(change->action == Action::conflict);
  CHECK_THAT(change->note, Catch::Contains("token 3"));
  CHECK(change->after);
  CHECK(judged(live, deployment("", 10), {.force_conflicts = true})->action == Action::conflict);
  CHECK(judged(live, deployment("", 10), {.accept_role_change = true})->action == Action::update);
  CHECK(judged(live, deployment("p/shop token 4 active tokyo", 10))->action == Action::update);
}

TEST_CASE("what changes nothing in the cluster undoes nothing") {
  const json live = deployment(of_run_3, 2);
  const auto change = judge(change_to(deployment("", 2)), {.live = live, .would_be = live}, {});
  CHECK(change->action == Action::unchanged);
}

TEST_CASE(
    "the failover is named where an admission policy refused the change for the same reason, and what could not be read stays unknown") {
  const json live = deployment(of_run_3, 2);
  const Evidence refused{.live = live, .refusal = Error{Code::rejected, "ValidatingAdmissionPolicy 'x' denied request"}};
  CHECK(judge(change_to(deployment("", 10)), refused, {})->action == Action::conflict);
  const Evidence unread{.live = live, .refusal = Error{Code::timeout, "no answer"}};
  const auto unknown = judge(change_to(deployment("", 10)), unread, {});
  CHECK((!unknown || unknown->action != Action::conflict));
}
