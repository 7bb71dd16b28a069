#include "mutation.hpp"

#include "apply/lease.hpp"
#include "base/encoding.hpp"
#include "exporter/server.hpp"
#include "failover/guard_place.hpp"
#include "failover/policy.hpp"
#include "failover/state.hpp"
#include "http/loop.hpp"
#include "support.hpp"

using namespace fedctl;
using namespace fedctl::failover;
using nlohmann::json;

namespace {

const std::string policy_text = R"(
apiVersion: fedctl.io/v1alpha1
kind: FailoverPolicy
metadata: {name: shop, namespace: production}
spec:
  clusters: [tokyo, ireland]
  targets: [{kind: FederatedDeployment, name: shop}]
  roles:
    active: [{path: /spec/replicas, value: 10}, {env: {container: app, set: {ROLE: primary}}}]
    standby: [{path: /spec/replicas, value: 2}, {env: {container: app, set: {ROLE: standby}}}]
  health:
    agree: 2
    tolerate: 30s
    cooldown: 10m
    checks: [{apiServer: {}, interval: 5s}, {http: {url: 'https://{cluster}.example.com/', status: [200]}}, {workload: {minAvailable: 50%}}]
    vantages: [{url: 'https://elsewhere.example.com/'}]
  fencing: {guard: {ttl: 15s}, proceedUnfencedAfter: 5m}
  database:
    postgres:
      maxLagBytes: 1Mi
      sides: {tokyo: {connection: {env: TOKYO}}, ireland: {connection: {secret: {name: db, key: url}}, stop: {command: [stop]}}}
  dns:
    name: app.example.com
    type: CNAME
    ttl: 60
    targets: {tokyo: tokyo-lb.example.com, ireland: ireland-lb.example.com}
    route53: {zone: Z1, healthSignal: {port: 9090}}
  hooks: [{before: promote, command: [tell], timeout: 5s, onFailure: continue}, {after: promote, url: 'https://example.com/'}]
  rto: 2m
  rpo: 5s
)";

const json lease = R"({
  "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
  "metadata": {"name": "guard", "namespace": "system", "resourceVersion": "7",
    "managedFields": [{"manager": "fedctl", "time": "2025-01-01T00:00:00Z"}, {"manager": "fedctl-guard", "time": "2026-01-01T00:00:00Z"}],
    "annotations": {"fedctl.io/fenced-by": "3", "fedctl.io/harmless": "3", "fedctl.io/wal-lsn": "0/10", "fedctl.io/counted": "5"}},
  "spec": {"holderIdentity": "guard@tokyo", "leaseDurationSeconds": 15, "renewTime": "2026-01-01T00:00:00.000000Z"}})"_json;

/// What a guard's host answers with, whatever is asked of it.
Result<GuardLease> read_from(const std::string& answer) {
  const exporter::Metrics metrics;
  exporter::Answers answers;
  answers["/apis/coordination.k8s.io/v1/namespaces/system/leases/guard"] = [&] { return exporter::Answer{true, answer}; };
  const auto server = exporter::Server::listen("127.0.0.1:0", metrics, std::move(answers));
  REQUIRE(server);
  http::Loop loop;
  kubeconfig::Access access;
  access.endpoint.url = "http://127.0.0.1:" + std::to_string((*server)->port());
  kube::Client host{loop, "host", access};
  return loop.run(read_guard({&host, "system", "guard", "tokyo"}));
}

}  // namespace

TEST_CASE("whatever stands in a policy, it is read or refused in our words") {
  std::size_t refused = 0;
  const std::size_t all = support::for_each_mutation(support::json_of(policy_text), [&](const json& one, const std::string& what) {
    INFO(what);
    const auto parsed = manifest::parse(support::source(yaml::emit(one)));
    if (!parsed) return;
    for (const manifest::Manifest& manifest : parsed->items) {
      const auto read = read_policy(manifest, "default");
      if (read) continue;
      ++refused;
      CHECK(read.error().code == Code::invalid_input);
      CHECK(describe(read.error()).find("json.exception") == std::string::npos);
    }
  });
  CHECK(refused > all / 2);
}

TEST_CASE("a policy's hash is that of its spec, which is written when there are bytes that are no UTF-8 too") {
  auto manifest = support::manifests(policy_text).front();
  CHECK(read_policy(manifest, "default")->hash == encoding::sha256(manifest.object["spec"].dump()).substr(0, 16));
  manifest.object["spec"]["dns"]["comment"] = "caf\xE9";
  CHECK_FALSE(read_policy(manifest, "default"));
}

TEST_CASE("numbers that no field can hold are refused") {
  const std::string field = GENERATE("agree: 2", "ttl: 60", "port: 9090", "maxLagBytes: 1Mi");
  const std::string huge = GENERATE("18446744073709551615", "9223372036854775807", "1e30");
  std::string text = policy_text;
  text.replace(text.find(field), field.size(), field.substr(0, field.find(' ') + 1) + huge);
  CAPTURE(field, huge);
  CHECK_FALSE(read_policy(support::manifests(text).front(), "default"));
}

TEST_CASE("whatever a guard's Lease is, it is read or refused, and never passes for one that is not there") {
  support::for_each_mutation(lease, [&](const json& one, const std::string& what) {
    INFO(what);
    const auto now = *parse_timestamp("2026-01-01T00:00:01Z");
    const auto problem = apply::problem_of_lease(one, "guard");
    const GuardLease read = guard_lease_of("tokyo", one, now);
    CHECK(read.exists());
    CHECK(read.ttl.count() >= 0);
    CHECK(read.age.count() >= 0);
    if (problem) CHECK(problem->code == Code::not_kubernetes);
  });
  CHECK(guard_lease_of("tokyo", lease, *parse_timestamp("2026-01-01T00:00:01Z")).is_alive());
}

TEST_CASE("how old a guard's Lease is, is told by the host's clock alone, whatever the guard's own says") {
  json skewed = lease;
  skewed["spec"]["renewTime"] = GENERATE("2026-01-01T00:10:00.000000Z", "2025-12-31T23:50:00.000000Z", "");
  const auto alive = guard_lease_of("tokyo", skewed, *parse_timestamp("2026-01-01T00:00:14Z"));
  CHECK(alive.age == std::chrono::seconds{14});
  CHECK(alive.is_alive());
  CHECK_FALSE(guard_lease_of("tokyo", skewed, *parse_timestamp("2026-01-01T00:00:15Z")).is_alive());
  skewed["metadata"].erase("managedFields");
  CHECK_FALSE(guard_lease_of("tokyo", skewed, *parse_timestamp("2026-01-01T00:00:01Z")).is_alive());
}

TEST_CASE("an answer that is no Lease is an error, not a side without a guard") {
  const std::string body = GENERATE(as<std::string>(), "<html>Log in</html>", "", "null", "{}", R"({"kind": "Status", "apiVersion": "v1"})",
                                    R"({"kind": "Lease", "apiVersion": "coordination.k8s.io/v1", "metadata": {"name": "other"}})");
  CAPTURE(body);
  const auto read = read_from(body);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Code::not_kubernetes);
  CHECK(read.error().cluster == "host");
}

TEST_CASE("a guard's Lease is read") { CHECK(read_from(lease.dump())->holder == "guard@tokyo"); }
