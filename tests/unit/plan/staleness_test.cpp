#include "plan/staleness.hpp"

#include "support.hpp"

namespace fedctl::plan {
namespace {

/// A plan that creates one ConfigMap in the cluster `c`, which tells that it is `identity`.
Plan plan_for(const std::string& identity) {
  ClusterPlan cluster{.name = "c", .identity = identity};
  cluster.changes.push_back({.action = Action::create, .key = {"", "ConfigMap", "default", "a"}});
  Plan plan;
  plan.clusters.push_back(std::move(cluster));
  return plan;
}

std::string what_is_stale(const std::string& saved, const std::string& fresh) {
  const Staleness found = staleness_of(plan_for(saved), "2026-01-01T00:00:00Z", plan_for(fresh));
  return found.moved.empty() ? "" : found.moved.front().what;
}

std::size_t kept_of(const std::string& saved, const std::string& fresh) {
  Plan now = plan_for(fresh);
  keep_agreed(now, plan_for(saved));
  return now.clusters.front().changes.size();
}

}  // namespace

TEST_CASE("a saved plan is for the cluster that it was made for") {
  CHECK(what_is_stale("one", "one").empty());
  CHECK(kept_of("one", "one") == 1);
  CHECK(what_is_stale("one", "two") == "this name leads to another cluster now");
  CHECK(kept_of("one", "two") == 0);
}

TEST_CASE("a saved plan is not for a cluster that does not tell any more which one it is") {
  CHECK(what_is_stale("one", "") == "it does not tell any more which cluster it is: the UID of kube-system cannot be read");
  CHECK(kept_of("one", "") == 0);
}

TEST_CASE("a saved plan of a cluster that never told which one it is holds as before") {
  CHECK(what_is_stale("", "").empty());
  CHECK(what_is_stale("", "one").empty());
  CHECK(kept_of("", "one") == 1);
}

}  // namespace fedctl::plan
