#include "failover/policy.hpp"

#include "failover/state.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using namespace fedctl::failover;

namespace {

const std::string head = "apiVersion: fedctl.io/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: shop, namespace: production}\nspec:\n";
const std::string body = "  clusters: [tokyo, ireland]\n  targets: [{kind: FederatedDeployment, name: shop}]\n";
const std::string checks = "  health: {checks: [{apiServer: {}}, {http: {url: 'https://{cluster}.example.com/'}}]}\n";

Result<Policy> read(const std::string& spec) {
  const auto manifests = manifest::parse(std::make_shared<const yaml::Source>(yaml::Source{"policy.yaml", head + spec}));
  REQUIRE(manifests);
  return read_policy(manifests->items.front(), "default");
}

void refuses(const std::string& spec, const std::string& place, const std::string& message) {
  const auto policy = read(spec);
  REQUIRE_FALSE(policy);
  CHECK(policy.error().place == "policy.yaml:" + place);
  CHECK(policy.error().message.find(message) != std::string::npos);
}

}  // namespace

TEST_CASE("a policy is read with its defaults") {
  const auto policy = read(body + checks);
  REQUIRE(policy);
  CHECK(policy->full_name() == "production/shop");
  CHECK(policy->health.agree == 2);
  CHECK(policy->health.checks[0].failure_threshold == 3);
  CHECK(policy->health.checks[1].urls.at("ireland") == "https://ireland.example.com/");
  CHECK(policy->targets.front().name_space == "production");
}

TEST_CASE("what is wrong with a policy is said with its place") {
  refuses("  clusters: [tokyo]\n  targets: [{kind: FederatedDeployment, name: shop}]\n" + checks, "5:3", "at least two clusters");
  refuses(body + "  health: {checks: [{apiServer: {}}, {workload: {}}]}\n", "7:3", "1 independent signal, and 2 must agree");
  refuses(body + checks + "  fencing: {proceedUnfencedAfter: soon}\n", "8:13", "must be a duration");
  refuses(body + checks + "  hooks: [{before: promotion, command: [x]}]\n", "8:12", "did you mean 'promote'");
  refuses(body + checks + "  roles: {active: [{path: /spec/replicas, value: 1}]}\n", "8:3", "does not set /spec/replicas");
  refuses(body + checks + "  dns: {name: a.b, targets: {tokyo: x, ireland: z}}\n", "8:3", "dns needs one of route53");
  refuses(body + checks + "  dns: {name: a.b, targets: {tokyo: x}, exec: {command: [y]}}\n", "8:20", "no target for ireland");
}

TEST_CASE("the state comes back as it was written") {
  State state{.active = "ireland", .token = 7};
  state.primary = LastSeen{"ireland", "1", 2, "0/10", "5", "2026-01-01T00:00:00.500Z"};
  state.run = Run{.id = "ab", .kind = RunKind::switchover, .state = Run::State::aborted, .from = "tokyo", .to = "ireland", .token = 7};
  state.run->steps = {{.name = "drain", .state = StepRecord::State::done, .attempts = 2, .evidence = {{"lsn", "0/10"}}},
                      {.name = "promote"}};
  const auto again = state_from(to_json(state));
  REQUIRE(again);
  CHECK(to_json(*again) == to_json(state));
  CHECK(again->run->next()->name == "promote");
  CHECK_FALSE(again->has_unfinished_run());
  CHECK_FALSE(state_from(nlohmann::json::parse(R"({"token": "x"})")));
}
