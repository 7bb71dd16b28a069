#include "federation/capacity.hpp"

#include "kube/quantity.hpp"
#include "support.hpp"

using namespace fedctl;
using namespace fedctl::federation;
using nlohmann::json;

namespace {

json node(const std::string& name, const std::string& spec = "{}", const std::string& ready = "'True'") {
  return support::json_of("{metadata: {name: " + name + ", labels: {disk: ssd}}, spec: " + spec +
                          ", status: {allocatable: {cpu: '4', memory: 8Gi, pods: '10'}, conditions: [{type: Ready, status: " + ready +
                          "}]}}");
}

json pod(const std::string& on, const std::string& cpu, const std::string& app = "other") {
  return support::json_of("{metadata: {name: p, namespace: shop, labels: {app: " + app + "}}, spec: {nodeName: " + on +
                          ", containers: [{resources: {requests: {cpu: " + cpu + "}}}]}, status: {phase: Running}}");
}

Workload web(const std::string& spec) { return {support::json_of(spec), support::json_of("{matchLabels: {app: web}}"), "shop"}; }

std::int64_t capacity(const std::vector<json>& nodes, const std::vector<json>& pods, const Workload& workload) {
  return capacity_of(nodes, pods, workload);
}

const std::string half_core = "{containers: [{resources: {requests: {cpu: 500m, memory: 256Mi}}}]}";

}  // namespace

TEST_CASE("quantities are read as Kubernetes writes them") {
  CHECK(static_cast<double>(*kube::parse_quantity("100m")) == Approx(0.1));
  CHECK(kube::parse_quantity("1.5") == 1.5L);
  CHECK(kube::parse_quantity("2Ki") == 2048.0L);
  CHECK(kube::parse_quantity("1e3") == 1000.0L);
  CHECK(kube::parse_quantity("1E") == 1e18L);
  for (const char* bad : {"", "m", "1x", "1.2.3", "--1"}) CHECK_FALSE(kube::parse_quantity(bad));
}

TEST_CASE("a node holds what its scarcest resource lets it hold, less what others request") {
  CHECK(capacity({node("a")}, {}, web(half_core)) == 8);
  CHECK(capacity({node("a"), node("b")}, {pod("a", "1500m")}, web(half_core)) == 5 + 8);
  CHECK(capacity({node("a")}, {}, web("{containers: [{}]}")) == 10);
}

TEST_CASE("a workload's own Pods make room for themselves") {
  CHECK(capacity({node("a")}, {pod("a", "500m", "web"), pod("a", "500m", "web")}, web(half_core)) == 8);
}

TEST_CASE("nodes that a Pod may not use do not count") {
  CHECK(capacity({node("a", "{unschedulable: true}")}, {}, web(half_core)) == 0);
  CHECK(capacity({node("a", "{}", "'False'")}, {}, web(half_core)) == 0);
  const json tainted = node("a", "{taints: [{key: gpu, value: 'yes', effect: NoSchedule}]}");
  CHECK(capacity({tainted}, {}, web(half_core)) == 0);
  CHECK(capacity({tainted}, {}, web("{tolerations: [{key: gpu, operator: Exists}], containers: [{resources: {requests: {cpu: 2}}}]}")) ==
        2);
  CHECK(capacity({node("a")}, {}, web("{nodeSelector: {disk: hdd}, containers: [{}]}")) == 0);
}

TEST_CASE("init containers, sidecars, limits and overhead count as the scheduler counts them") {
  CHECK(capacity({node("a")}, {},
                 web("{initContainers: [{resources: {requests: {cpu: 2}}}], containers: [{resources: {requests: {cpu: 500m}}}]}")) == 2);
  CHECK(capacity({node("a")}, {},
                 web("{initContainers: [{restartPolicy: Always, resources: {requests: {cpu: 500m}}}], containers: [{resources: {limits: "
                     "{cpu: 500m}}}]}")) == 4);
  CHECK(capacity({node("a")}, {}, web("{overhead: {cpu: 500m}, containers: [{resources: {requests: {cpu: 500m}}}]}")) == 4);
}
