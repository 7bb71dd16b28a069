#include "federation/placement.hpp"
#include "federation/render.hpp"

#include "allocations.hpp"
#include "support.hpp"

#include <fmt/format.h>

using namespace fedctl;
using namespace fedctl::federation;

namespace {

fleet::Fleet many(int count) {
  fleet::Fleet fleet;
  for (int i = 0; i < count; ++i) {
    const std::string name = fmt::format("a-cluster-with-a-long-name-{}", i);
    fleet.clusters.push_back({name, name, std::nullopt, {}});
  }
  return fleet;
}

/// A FederatedConfigMap that is placed in every cluster by name, with an override for each.
std::string placed_in(const fleet::Fleet& fleet) {
  std::string text =
      "apiVersion: types.kubefed.io/v1beta1\nkind: FederatedConfigMap\nmetadata: {name: web, namespace: p}\nspec:\n"
      "  template: {data: {a: b}}\n  placement:\n    clusters:\n";
  for (const auto& cluster : fleet.clusters) text += "    - name: " + cluster.name + "\n";
  text += "  overrides:\n";
  for (const auto& cluster : fleet.clusters)
    text += "  - {clusterName: " + cluster.name + ", clusterOverrides: [{path: /data/a, value: c}]}\n";
  return text;
}

std::size_t cost_of_rendering(int clusters) {
  const fleet::Fleet fleet = many(clusters);
  const auto manifests = support::manifests(placed_in(fleet));
  TypeTable types;
  types.learn(manifests);
  return support::allocations_of([&] { REQUIRE(render(manifests, fleet, types, {})); });
}

std::size_t cost_of_naming(int clusters) {
  const auto manifests = support::manifests(placed_in(many(clusters)));
  return support::allocations_of([&] { REQUIRE(fleet_named_in(manifests).clusters.size() == static_cast<std::size_t>(clusters)); });
}

}  // namespace

TEST_CASE("rendering for four times the clusters costs about four times as much") {
  const auto is_in_proportion = [](std::size_t few, std::size_t many) { return !support::counts_allocations || many < 6 * few; };
  CHECK(is_in_proportion(cost_of_rendering(100), cost_of_rendering(400)));
  CHECK(is_in_proportion(cost_of_naming(100), cost_of_naming(400)));
}

TEST_CASE("an error that lists the clusters of a big fleet stays short") {
  const auto manifests = support::manifests(placed_in(many(21)));
  TypeTable types;
  types.learn(manifests);
  const auto rendered = render(manifests, support::three_clusters(), types, {});
  REQUIRE_FALSE(rendered);
  fleet::Fleet big = many(500);
  big.clusters.erase(big.clusters.begin());
  const auto refused = render(manifests, big, types, {});
  REQUIRE_FALSE(refused);
  CHECK_THAT(describe(refused.error()), Catch::Contains("and 479 more"));
  CHECK(describe(refused.error()).size() < 1500);
}
