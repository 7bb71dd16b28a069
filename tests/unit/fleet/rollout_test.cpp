#include "fleet/rollout.hpp"

#include "fleet/fleet.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using Positions = std::vector<std::vector<std::size_t>>;

namespace {

std::vector<fleet::Cluster> clusters() {
  std::vector<fleet::Cluster> all(4);
  all[0].name = "virginia-cluster";
  all[1].name = "tokyo-cluster";
  all[1].labels = {{"stage", "canary"}};
  all[2].name = "ireland-cluster";
  all[3].name = "osaka-cluster";
  all[3].labels = {{"stage", "canary"}, {"continent", "asia"}};
  return all;
}

}  // namespace

TEST_CASE("a wave takes clusters by name and by labels, each once, and the rest comes last") {
  const fleet::Rollout rollout{.waves = {{.clusters = {"osaka-cluster"}}, {.clusters = {}, .labels = {{"stage", "canary"}}}}};
  const auto waves = fleet::waves_of(rollout, clusters());
  REQUIRE(waves);
  CHECK(*waves == Positions{{3}, {1}, {0, 2}});
}

TEST_CASE("all labels of a wave must be there") {
  const fleet::Rollout rollout{.waves = {{.clusters = {}, .labels = {{"stage", "canary"}, {"continent", "asia"}}}}};
  CHECK(*fleet::waves_of(rollout, clusters()) == Positions{{3}, {0, 1, 2}});
}

TEST_CASE("without waves nothing is ordered but all clusters at once") {
  CHECK(*fleet::waves_of({}, clusters()) == Positions{{0, 1, 2, 3}});
}

TEST_CASE("a wave that names a stranger or holds nobody is an error") {
  const auto stranger = fleet::waves_of({.waves = {{.clusters = {"tokio-cluster"}}}}, clusters());
  REQUIRE_FALSE(stranger);
  CHECK_THAT(stranger.error().message, Catch::Contains("wave 1") && Catch::Contains("did you mean 'tokyo-cluster'"));
  const auto empty = fleet::waves_of({.waves = {{.clusters = {"tokyo-cluster"}}, {.clusters = {"tokyo-cluster"}}}}, clusters());
  REQUIRE_FALSE(empty);
  CHECK_THAT(empty.error().message, Catch::Contains("wave 2"));
}
