#include "federation/role_mark.hpp"

#include "support.hpp"

using namespace fedctl::federation;
using support::json_of;

TEST_CASE("a role mark is written and read again") {
  const RoleMark mark{"production/shop", 3, "ireland cluster"};
  CHECK(to_string(mark) == "production/shop token 3 active ireland cluster");
  CHECK(parse_role_mark(to_string(mark)) == mark);
}

TEST_CASE("a text of another form is no role mark") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "production/shop", "production/shop token 3", "production/shop token x active ireland",
               "production/shop token 0 active ireland", "production/shop token -1 active ireland", "production/shop token 3 active ",
               " token 3 active ireland", "a b token 3 active ireland", "production/shop token 99999999999999999999 active ireland",
               "production/shop token active ireland");
  CHECK_FALSE(parse_role_mark(text));
}

TEST_CASE("an object carries its own mark, a federated one those that it puts on its copies") {
  const auto copy = json_of("{kind: Deployment, metadata: {annotations: {fedctl.io/failover: p/shop token 3 active ireland}}}");
  CHECK(role_marks(copy) == std::map<std::string, RoleMark>{{"", {"p/shop", 3, "ireland"}}});
  const auto federated = json_of(R"(
kind: FederatedDeployment
metadata: {annotations: {fedctl.io/failover: p/shop token 9 active virginia}}
spec:
  overrides:
  - clusterName: tokyo
    clusterOverrides:
    - {op: add, path: /metadata/annotations, value: {a: b, fedctl.io/failover: p/shop token 3 active ireland}}
  - clusterName: ireland
    clusterOverrides:
    - {path: /spec/replicas, value: 3}
    - {path: /metadata/annotations/fedctl.io~1failover, value: p/shop token 4 active ireland}
  - clusterName: virginia
    clusterOverrides:
    - {op: remove, path: /metadata/annotations/fedctl.io~1failover, value: p/shop token 4 active ireland})");
  CHECK(role_marks(federated) ==
        std::map<std::string, RoleMark>{{"tokyo", {"p/shop", 3, "ireland"}}, {"ireland", {"p/shop", 4, "ireland"}}});
  CHECK(role_marks(json_of("{kind: FederatedDeployment, metadata: {annotations: {fedctl.io/failover: p/shop token 9 active v}}}")).empty());
}
