#include "federation/placement.hpp"

#include "support.hpp"

using namespace fedctl::federation;
using nlohmann::json;
using support::json_of;

namespace {

std::set<std::string> placed(const std::string& yaml) {
  const auto placement = place(json_of(yaml), support::three_clusters());
  INFO((placement ? "" : placement.error().message));
  REQUIRE(placement);
  return placement->clusters;
}

const std::set<std::string> all{"ireland", "tokyo", "virginia"};

}  // namespace

TEST_CASE("clusters win over the selector, even when there are none") {
  CHECK(placed("{clusters: [{name: tokyo}], clusterSelector: {}}") == std::set<std::string>{"tokyo"});
  CHECK(placed("{clusters: [], clusterSelector: {}}").empty());
}

TEST_CASE("without clusters the selector chooses: an empty one all, none nothing") {
  CHECK(placed("{clusters: null, clusterSelector: {}}") == all);
  CHECK(placed("{clusterSelector: {matchLabels: {}}}") == all);
  CHECK(placed("{}").empty());
  CHECK(place(json(), support::three_clusters())->clusters.empty());
}

TEST_CASE("labels and expressions all must match") {
  const auto [selector, names] = GENERATE(table<std::string, std::set<std::string>>({
      {"{matchLabels: {continent: asia}}", {"tokyo"}},
      {"{matchExpressions: [{key: continent, operator: In, values: [asia, europe]}]}", {"ireland", "tokyo"}},
      {"{matchExpressions: [{key: continent, operator: NotIn, values: [asia]}]}", {"ireland", "virginia"}},
      {"{matchExpressions: [{key: tier, operator: Exists}]}", {"tokyo"}},
      {"{matchExpressions: [{key: tier, operator: DoesNotExist}]}", {"ireland", "virginia"}},
      {"{matchExpressions: [{key: tier, operator: NotIn, values: [one]}]}", {"ireland", "virginia"}},
      {"{matchLabels: {continent: asia}, matchExpressions: [{key: tier, operator: DoesNotExist}]}", {}},
  }));
  CAPTURE(selector);
  CHECK(placed("{clusterSelector: " + selector + "}") == names);
}

TEST_CASE("names that are no cluster of the fleet are reported") {
  const auto placement = place(json_of("{clusters: [{name: tokyo}, {name: osaka}]}"), support::three_clusters());
  CHECK(placement->unknown == std::vector<std::string>{"osaka"});
}

TEST_CASE("what is wrong with a placement is said with its part") {
  const auto [yaml, part] = GENERATE(table<std::string, std::string>({
      {"{cluster: []}", "/cluster"},
      {"{clusters: {}}", "/clusters"},
      {"{clusters: [{}]}", "/clusters/0"},
      {"{clusterSelector: {matchLabel: {}}}", "/clusterSelector/matchLabel"},
      {"{clusterSelector: {matchExpressions: [{key: a, operator: Is}]}}", "/clusterSelector/matchExpressions/0"},
      {"{clusterSelector: {matchExpressions: [{key: a, operator: In}]}}", "/clusterSelector/matchExpressions/0"},
      {"{clusterSelector: {matchLabels: {tier: 1}}}", "/clusterSelector/matchLabels/tier"},
  }));
  const auto placement = place(json_of(yaml), support::three_clusters());
  REQUIRE_FALSE(placement);
  CHECK(placement.error().part == part);
}

TEST_CASE("a selector as a server says it becomes text, whatever is in it") {
  CHECK(fedctl::federation::to_text(json_of("{matchLabels: {a: b}, matchExpressions: [{key: c, operator: In, values: [d, e]}]}")) ==
        "a=b,c in (d,e)");
  CHECK_NOTHROW(fedctl::federation::to_text(
      json_of("{matchLabels: {a: 5, b: null}, matchExpressions: [5, {key: c, operator: In, values: [1, {}]}]}")));
}
