#include "kube/departure.hpp"

#include "support.hpp"

using namespace fedctl;
using nlohmann::json;
using support::json_of;

TEST_CASE("what keeps an object that is being deleted is its finalizers") {
  const json two = json_of("{kind: ConfigMap, metadata: {deletionTimestamp: \"2026-01-01T00:00:00Z\", finalizers: [a.io/x, b.io/y]}}");
  CHECK(kube::is_going(two));
  CHECK(kube::kept_by(two) == "its finalizers a.io/x, b.io/y");
  CHECK(kube::kept_by(json_of("{kind: ConfigMap, metadata: {finalizers: [a.io/x]}}")) == "its finalizer a.io/x");
}

TEST_CASE("what keeps a Namespace is what its conditions say that remains") {
  const json name_space = json_of(R"({
    kind: Namespace,
    metadata: {name: shop, deletionTimestamp: "2026-01-01T00:00:00Z"},
    status: {conditions: [
      {type: NamespaceDeletionDiscoveryFailure, status: "False", message: all is well},
      {type: NamespaceContentRemaining, status: "True", message: "configmaps. has 1 resource instances"},
      {type: NamespaceFinalizersRemaining, status: "True", message: "a.io/x in 1 resource instances"}]}})");
  CHECK(kube::kept_by(name_space) == "what is in it: configmaps. has 1 resource instances, a.io/x in 1 resource instances");
}

TEST_CASE("an object of wrong types is kept by nothing that is known") {
  CHECK(kube::kept_by(json_of("{kind: Namespace, metadata: [], status: 3}")).empty());
  CHECK(kube::kept_by(json_of("{metadata: {finalizers: [3]}}")) == "its finalizer ?");
  CHECK_FALSE(kube::is_going(json_of("{metadata: {deletionTimestamp: 3}}")));
}
