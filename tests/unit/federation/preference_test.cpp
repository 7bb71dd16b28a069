#include "federation/preference.hpp"

#include "support.hpp"

using namespace fedctl;
using namespace fedctl::federation;

namespace {

std::string preference(const std::string& spec) {
  return "apiVersion: scheduling.kubefed.io/v1alpha1\nkind: ReplicaSchedulingPreference\nmetadata: {name: web, namespace: shop}\nspec:\n" +
         spec;
}

Result<Preference> read(const std::vector<manifest::Manifest>& manifests) { return read_preference(manifests.at(0), "default"); }

Error refusal_of(const std::string& spec) {
  const auto manifests = support::manifests(preference(spec));
  const auto found = read(manifests);
  REQUIRE_FALSE(found);
  return found.error();
}

const std::string target = "  targetKind: FederatedDeployment\n";

}  // namespace

TEST_CASE("a preference's limits may stand in clusters or in maps beside it") {
  const auto manifests = support::manifests(preference(
      target +
      "  totalReplicas: 12\n  rebalance: true\n  clusters: {tokyo: {weight: 5, maxReplicas: 9}, ireland: {weight: 3, minReplicas: 2}}\n"
      "  minReplicas: {tokyo: 3, ireland: 2}\n  maxReplicas: {virginia: 4}\n"));
  const auto found = read(manifests);
  REQUIRE(found);
  CHECK(found->key() == "shop/web");
  CHECK(found->total == 12);
  CHECK(found->rebalance);
  CHECK(found->clusters.at("tokyo").minimum == 3);
  CHECK(found->clusters.at("tokyo").maximum == 9);
  CHECK(found->clusters.at("ireland").minimum == 2);
  CHECK(found->clusters.at("virginia").weight == 0);
  CHECK(found->clusters.at("virginia").maximum == 4);
}

TEST_CASE("where a preference lists no clusters, all have the same weight, those with a limit too") {
  const auto manifests = support::manifests(preference(target + "  totalReplicas: 12\n  minReplicas: {tokyo: 3}\n"));
  const auto found = read(manifests);
  REQUIRE(found);
  CHECK(found->clusters.at("*").weight == 1);
  CHECK(found->clusters.at("tokyo").weight == 1);
}

TEST_CASE("each mistake in a preference is an error of its own, at its place") {
  const auto says = [](const std::string& spec, const std::string& message, const std::string& line) {
    const Error error = refusal_of(spec);
    CHECK_THAT(error.message, Catch::Contains(message));
    CHECK_THAT(error.place, Catch::StartsWith("input.yaml:" + line + ":"));
  };
  says("  totalReplicas: 3\n", "needs a targetKind", "4");
  says("  targetKind: FederatedDeploiment\n", "did you mean 'FederatedDeployment'", "5");
  says("  targetKind: FederatedConfigMap\n", "has no replicas to schedule", "5");
  says(target, "needs totalReplicas", "4");
  says(target + "  totalReplicas: -3\n", "totalReplicas must not be negative: -3", "6");
  says(target + "  totalReplicas: 2147483648\n", "counts in 32 bits", "6");
  says(target + "  totalReplicas: many\n", "must be a whole number", "6");
  says(target + "  totalReplicas: 3\n  clusters: {tokyo: {weight: -1}}\n", "weight must not be negative", "7");
  says(target + "  totalReplicas: 3\n  clusters: {tokyo: {minReplicas: 3, maxReplicas: 2}}\n", "above its maximum 2", "7");
  says(target + "  totalReplicas: 3\n  minReplicas: {tokyo: 3}\n  maxReplicas: {tokyo: 2}\n", "above its maximum 2", "7");
  says(target + "  totalReplicas: 3\n  clusters: {tokyo: {minReplicas: 3}}\n  minReplicas: {tokyo: 2}\n", "2 here and 3 in clusters", "8");
  says(target + "  totalReplicas: 3\n  clusters: {tokyo: {wieght: 1}}\n", "did you mean 'weight'", "7");
  says(target + "  totalReplicas: 3\n  rebalanse: true\n", "did you mean 'rebalance'", "7");
  says(target + "  totalReplicas: 3\n  maxShiftPerStep: 0\n", "at least 1", "7");
  says(target + "  totalReplicas: 3\n  clusters: [tokyo]\n", "clusters is a map", "7");
}

TEST_CASE("two preferences for one target are an error that names both places") {
  const std::string text = preference(target + "  totalReplicas: 3\n");
  const auto manifests = support::manifests(text + "---\n" + text);
  std::vector<Preference> preferences;
  for (const manifest::Manifest& manifest : manifests) preferences.push_back(*read_preference(manifest, "default"));
  const auto checked = check_one_preference_each(preferences);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().place == "input.yaml:8:1");
  CHECK_THAT(checked.error().message, Catch::Contains("input.yaml:1:1"));
}
