#include "plan/shared_errors.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using plan::ClusterErrors;

namespace {

Error error_in(const std::string& cluster, const std::string& message) {
  return {Code::rejected, message, "web.yaml:3:1", cluster, "Deployment production/web"};
}

std::vector<std::string> lines(const std::vector<std::vector<Error>>& by_cluster) {
  std::vector<ClusterErrors> clusters;
  for (std::size_t i = 0; i < by_cluster.size(); ++i) clusters.push_back({"c" + std::to_string(i), by_cluster[i]});
  std::vector<std::string> result;
  for (const Error& error : plan::shared_errors(clusters, by_cluster.size())) result.push_back(describe(error));
  return result;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("what several clusters say is said once, with their names") {
  const std::string line = "web.yaml:3:1: Deployment production/web: ";
  CHECK(lines({{error_in("c0", "no")}, {error_in("c1", "no")}, {error_in("c2", "no")}}) == Lines{line + "no (in all 3 clusters)"});
  CHECK(lines({{error_in("c0", "no")}, {error_in("c1", "no"), error_in("c1", "never")}, {}}) ==
        Lines{line + "no (in c0, c1)", "web.yaml:3:1: cluster c1: Deployment production/web: never"});
  CHECK(lines({{error_in("c0", "no")}, {error_in("c1", "no")}}) == Lines{line + "no (in both clusters)"});
  CHECK(lines({{error_in("c0", "no"), error_in("c0", "no")}}) == Lines{"web.yaml:3:1: cluster c0: Deployment production/web: no"});
  std::vector<std::vector<Error>> many(12, {error_in("", "no")});
  many.emplace_back();
  CHECK(lines(many) == Lines{line + "no (in c0, c1, c2, c3, c4, c5, c6, c7 and 4 more)"});
}
