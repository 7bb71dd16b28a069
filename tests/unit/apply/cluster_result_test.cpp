#include "apply/apply.hpp"

#include "support.hpp"

using namespace fedctl;
using apply::ClusterResult;

TEST_CASE("a change that may have been made counts as something that was left") {
  ClusterResult result{.cluster = "tokyo", .outcome = ClusterResult::Outcome::failed};
  CHECK_FALSE(apply::left_something(result));
  result.uncertain = 1;
  CHECK(apply::left_something(result));
  CHECK(apply::is_failing(result));
}

TEST_CASE("a cluster that went back has nothing left, whatever was uncertain before") {
  CHECK_FALSE(apply::left_something({.cluster = "tokyo", .outcome = ClusterResult::Outcome::rolled_back, .created = 1, .uncertain = 1}));
}
