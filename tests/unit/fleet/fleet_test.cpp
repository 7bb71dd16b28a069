#include "fleet/fleet.hpp"

#include "support.hpp"

using namespace fedctl;
using support::TemporaryFolder;

namespace {

Result<fleet::Fleet> load(const std::string& clusters) {
  const TemporaryFolder folder;
  return fleet::load(
      folder.write("fleet.yaml", "apiVersion: fedctl.io/v1alpha1\nkind: Fleet\nmetadata: {name: global}\nspec:\n  clusters:" + clusters));
}

}  // namespace

TEST_CASE("a fleet file names clusters, contexts, kubeconfigs and labels") {
  const TemporaryFolder folder;
  const auto fleet = fleet::load(folder.write("fleet.yaml", R"(
apiVersion: fedctl.io/v1alpha1
kind: Fleet
metadata: {name: global}
spec:
  clusters:
  - name: tokyo-cluster
    context: tokyo
    kubeconfig: ./tokyo.yaml
    labels: {region: ap-northeast-1}
  - name: ireland-cluster
)"));
  REQUIRE(fleet);
  REQUIRE(fleet->clusters.size() == 2);
  CHECK(fleet->clusters[0].context == "tokyo");
  CHECK(fleet->clusters[0].kubeconfig->lexically_normal() == folder.path() / "tokyo.yaml");
  CHECK(fleet->clusters[0].labels.at("region") == "ap-northeast-1");
  CHECK(fleet->clusters[1].context == "ireland-cluster");
}

TEST_CASE("what is wrong with a fleet file is said with its line") {
  const auto [clusters, line, message] = GENERATE(table<std::string, std::string, std::string>({
      {" []\n", ":4:", "at least one cluster"},
      {"\n  - name: a\n  - name: a\n", ":7:", "'a' stands twice"},
      {"\n  - {context: a}\n", ":6:", "needs a name"},
      {"\n  - {name: a, lables: {}}\n", ":6:", "did you mean 'labels'"},
      {"\n  - name: a\n    l~2: {}\n", ":7:5", "unknown field 'l~2'"},
      {"\n  - {name: a, labels: {tier: 1}}\n", ":6:", "must be a string"},
      {"\n  - {name: a}\n---\nkind: Fleet\n", "fleet.yaml", "expected one Fleet"},
  }));
  const auto fleet = load(clusters);
  REQUIRE_FALSE(fleet);
  CHECK_THAT(describe(fleet.error()), Catch::Contains(line) && Catch::Contains(message));
}

TEST_CASE("a cluster's name leads nowhere but down") {
  CHECK(load("\n  - name: arn:aws:eks:eu-west-1:1:cluster/x\n"));
  for (const std::string name : {"../x", "/abs", "a/../../b"}) {
    const auto fleet = load("\n  - name: " + name + "\n");
    REQUIRE_FALSE(fleet);
    CHECK_THAT(describe(fleet.error()), Catch::Contains("fleet.yaml:6:") && Catch::Contains("is no name of a cluster"));
  }
}

TEST_CASE("contexts make a fleet, each once") {
  CHECK(fleet::from_contexts({"a", "b"})->names() == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(fleet::from_contexts({"a", "a"}));
  CHECK_FALSE(fleet::from_contexts({"a", ""}));
}
