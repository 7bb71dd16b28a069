#include "planning/host_inputs.hpp"
#include "recorded_server.hpp"
#include "support.hpp"

#include <algorithm>

using namespace fedctl;
using planning::host_inputs;

namespace {

constexpr const char* web = R"(
apiVersion: types.kubefed.io/v1beta1
kind: FederatedDeployment
metadata: {name: web, namespace: shop}
)";
constexpr const char* shop = R"(
apiVersion: types.kubefed.io/v1beta1
kind: FederatedNamespace
metadata: {name: shop, namespace: shop}
)";
constexpr const char* settings = R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
)";

control::FederatedType federated_type(const std::string& name, const std::string& kind, const std::string& group) {
  control::FederatedType type{.name = name};
  type.target = {.group = group, .version = "v1", .kind = kind, .plural = name.substr(0, name.find('.')), .namespaced = true};
  type.federated = {.group = "types.kubefed.io", .version = "v1beta1", .kind = "Federated" + kind, .namespaced = true};
  return type;
}

/// A host that federates Deployments, and namespaces.
struct Host {
  http::Loop loop;
  std::unique_ptr<kube::Client> client = support::recorded_client(loop, "host", std::make_shared<support::Recording>());
  planning::HostScope scope{.host = {client.get(), "host", "kube-federation-system"}};

  Host() { scope.types = {federated_type("deployments.apps", "Deployment", "apps"), federated_type("namespaces", "Namespace", "")}; }

  static std::vector<manifest::Manifest> held(const std::string& text) {
    auto manifests = support::manifests(text);
    for (auto& manifest : manifests) manifest.host = "host";
    return manifests;
  }
};

std::vector<std::string> names_of(const std::vector<manifest::Manifest>& manifests) {
  std::vector<std::string> names;
  for (const auto& one : manifests) {
    const std::string kind = kube::string_at(one.object, "kind");
    names.push_back(kind + (one.host.empty() ? "" : " held") + (one.removed ? " removed" : ""));
  }
  std::ranges::sort(names);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what a host holds is rendered beside the files, and the files win") {
  const Host host;
  const auto inputs = host_inputs(host.scope, support::manifests(web), Host::held(std::string{web} + "---" + shop), {}, "default");
  REQUIRE(inputs);
  CHECK(names_of(inputs->manifests) == Names{"FederatedDeployment", "FederatedNamespace held"});
  CHECK(inputs->not_propagated.empty());
}

TEST_CASE("what has a namespace is in no cluster while namespaces are not federated, and a disabled type is left alone") {
  Host host;
  host.scope.types[1].enabled = false;
  const auto inputs = host_inputs(host.scope, {}, Host::held(std::string{web} + "---" + shop), {}, "default");
  REQUIRE(inputs);
  CHECK(inputs->manifests.empty());
  CHECK(names_of(inputs->not_propagated) == Names{"FederatedDeployment held", "FederatedNamespace held"});
  REQUIRE(inputs->notices.size() == 2);
  CHECK(inputs->notices[0].find("run 'fedctl enable namespaces'") != std::string::npos);
  CHECK(inputs->notices[1].find("is disabled, so it is left alone") != std::string::npos);
}

TEST_CASE("files to be deleted: the host gives up what it holds of them, plain objects go from the members, and the rest is said") {
  const Host host;
  const planning::PlanOptions options{.removes = true};
  const auto inputs =
      host_inputs(host.scope, support::manifests(std::string{web} + "---" + settings + "---" + shop), Host::held(web), options, "default");
  REQUIRE(inputs);
  CHECK(names_of(inputs->manifests) == Names{"ConfigMap removed", "FederatedDeployment held removed"});
  REQUIRE(inputs->notices.size() == 1);
  CHECK(inputs->notices[0].find("the host does not hold it") != std::string::npos);
}

TEST_CASE("an object that is named to be deleted must be held") {
  const Host host;
  planning::PlanOptions options;
  options.removed = {{"types.kubefed.io", "FederatedDeployment", "shop", "web"}};
  const auto inputs = host_inputs(host.scope, {}, Host::held(web), options, "default");
  REQUIRE(inputs);
  CHECK(names_of(inputs->manifests) == Names{"FederatedDeployment held removed"});
  const auto none = host_inputs(host.scope, {}, Host::held(shop), options, "default");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Code::not_found);
}

TEST_CASE("pruning a host that holds nothing is refused, since it would delete every copy") {
  const Host host;
  const auto refused = host_inputs(host.scope, {}, {}, {.prune = true}, "default");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::conflict);
}
