#include "planning/planned.hpp"
#include "recorded_server.hpp"
#include "support.hpp"

#include <vector>

using namespace fedctl;
using planning::make_plan;
using support::Recording;

namespace {

constexpr const char* config_map = R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {color: blue}
)";

/// A fleet of one cluster, whose server answers what the recording says.
struct Fleet {
  http::Loop loop;
  std::shared_ptr<Recording> server = support::empty_server();

  std::shared_ptr<const planning::Scope> scope() {
    planning::Scope scope;
    scope.all.clusters.push_back({"tokyo", "tokyo", std::nullopt, {}});
    scope.chosen = scope.all;
    scope.clients.push_back(support::recorded_client(loop, "tokyo", server));
    return std::make_shared<const planning::Scope>(std::move(scope));
  }

  std::unique_ptr<planning::Planned> plan(const std::string& manifests) {
    planning::Inputs inputs{.manifests = support::manifests(manifests)};
    auto planned = make_plan(loop, scope(), std::move(inputs), {});
    INFO((planned ? "" : describe(planned.error())));
    REQUIRE(planned);
    return std::move(*planned);
  }
};

}  // namespace

namespace {

constexpr const char* list_request = "GET /api/v1/namespaces/shop/configmaps";
constexpr const char* patch_request = "PATCH /api/v1/namespaces/shop/configmaps/settings";

nlohmann::json list_of(nlohmann::json items, const std::string& kind = "PartialObjectMetadataList") {
  return {{"kind", kind}, {"apiVersion", "meta.k8s.io/v1"}, {"metadata", {{"resourceVersion", "1"}}}, {"items", std::move(items)}};
}

/// The ConfigMap as the server has it.
nlohmann::json live_object() {
  auto object = support::json_of(config_map);
  object["metadata"]["uid"] = "11111111-1111-1111-1111-111111111111";
  object["metadata"]["resourceVersion"] = "5";
  return object;
}

const plan::Change& only_change(const planning::Planned& planned) {
  REQUIRE(planned.plan.clusters.size() == 1);
  INFO((planned.plan.clusters[0].problem ? describe(*planned.plan.clusters[0].problem) : ""));
  REQUIRE(planned.plan.clusters[0].changes.size() == 1);
  return planned.plan.clusters[0].changes[0];
}

}  // namespace

TEST_CASE("what no list has and a dry run creates is a create, and nothing is written") {
  Fleet fleet;
  fleet.server->on(list_request, 200, list_of(nlohmann::json::array()));
  fleet.server->on(patch_request, 201, live_object());
  const auto planned = fleet.plan(config_map);
  CHECK(only_change(*planned).action == plan::Action::create);
  CHECK(fleet.server->count("PATCH") == 1);
  CHECK(fleet.server->count(std::string{patch_request} + "?") == fleet.server->count("PATCH"));
  for (const std::string& asked : fleet.server->asked) {
    if (!asked.starts_with("GET")) CHECK(asked.find("dryRun=All") != std::string::npos);
  }
}

TEST_CASE("an object of others that is there is a conflict, not a create") {
  Fleet fleet;
  fleet.server->on(list_request, 200, list_of(nlohmann::json::array()));
  fleet.server->on(patch_request, 200, live_object());
  fleet.server->on("GET /api/v1/namespaces/shop/configmaps/settings", 200, live_object());
  CHECK(only_change(*fleet.plan(config_map)).action == plan::Action::conflict);
}

TEST_CASE("a list that is refused, is no list, or fails again and again makes what it would have shown unknown, never absent") {
  struct Case {
    long status;
    nlohmann::json body;
  };
  const std::vector<Case> cases{{403, support::status(403, "Forbidden", "configmaps is forbidden")},
                                {410, support::status(410, "Expired", "the resourceVersion is too old")},
                                {429, support::status(429, "TooManyRequests", "try again later")},
                                {500, support::status(500, "InternalError", "etcd leader changed")},
                                {200, nlohmann::json::object()},
                                {200, support::status(200, "", "a Status is no list")},
                                {200, list_of(nlohmann::json::object())}};
  for (const Case& one : cases) {
    Fleet fleet;
    fleet.server->on(list_request, one.status, one.body);
    // What would be a create if the list were taken for empty.
    fleet.server->on(patch_request, one.status == 200 ? 500 : one.status, one.body);
    const auto planned = fleet.plan(config_map);
    CAPTURE(one.status, to_text(one.body));
    REQUIRE(planned->plan.clusters.size() == 1);
    for (const plan::Change& change : planned->plan.clusters[0].changes) CHECK(change.action == plan::Action::unknown);
    CHECK(planned->plan.summary().create == 0);
    CHECK(planned->plan.summary().remove == 0);
  }
}

TEST_CASE("a cluster that does not answer is unknown, and the others are planned all the same") {
  Fleet fleet;
  fleet.server->on(list_request, 200, list_of(nlohmann::json::array()));
  fleet.server->on(patch_request, 201, live_object());
  planning::Scope scope;
  scope.all.clusters = {{"tokyo", "tokyo", std::nullopt, {}}, {"ireland", "ireland", std::nullopt, {}}};
  scope.chosen = scope.all;
  scope.clients.push_back(support::recorded_client(fleet.loop, "tokyo", fleet.server));
  scope.clients.push_back(support::recorded_client(fleet.loop, "ireland", std::make_shared<Recording>()));
  const auto planned =
      make_plan(fleet.loop, std::make_shared<const planning::Scope>(std::move(scope)), {.manifests = support::manifests(config_map)}, {});
  REQUIRE(planned);
  CHECK((*planned)->plan.clusters[0].changes.front().action == plan::Action::create);
  CHECK((*planned)->plan.clusters[1].status == plan::ClusterStatus::unknown);
}

TEST_CASE("rendering alone asks nobody") {
  Fleet fleet;
  planning::Inputs inputs{.manifests = support::manifests(config_map)};
  const auto planned = make_plan(fleet.loop, fleet.scope(), std::move(inputs), {.renders_only = true});
  REQUIRE(planned);
  CHECK(fleet.server->asked.empty());
  CHECK((*planned)->plan.clusters.empty());
  REQUIRE((*planned)->rendered.clusters.size() == 1);
  CHECK((*planned)->rendered.clusters[0].objects.size() == 1);
  CHECK((*planned)->take_inputs().size() == 1);
}
