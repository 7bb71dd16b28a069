#include "mutation.hpp"

#include "base/json.hpp"
#include "import/imported.hpp"
#include "import/sample.hpp"
#include "support.hpp"

using namespace fedctl;
using nlohmann::json;
using support::federated;

namespace {

const json patch = R"([
  {"op": "replace", "path": "/spec/overrides/1/clusterOverrides/0/value", "value": 10},
  {"op": "replace", "path": "/spec/overrides/1/clusterOverrides/1/value/0/value", "value": "active"}])"_json;

const json merge_patch =
    R"({"spec": {"overrides": [{"clusterName": "ireland", "clusterOverrides": [{"path": "/spec/replicas", "value": 10}]}]}})"_json;

const json batch = R"({"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": "app.example.com.", "Type": "CNAME", "TTL": 60,
  "ResourceRecords": [{"Value": "ireland.example.com"}]}}]})"_json;

const std::string automation = R"(
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: script}, data: {failover.sh: 'kubectl patch fd/app -n production -p ''{}'''}}
- {apiVersion: batch/v1, kind: CronJob, metadata: {name: checker}, spec: {schedule: "*/5 * * * *"}}
)";

std::string script_of(const json& patched, const json& changes, const std::string& type = "json") {
  const auto quoted = [](const json& value) {
    std::string text = to_text(value);
    for (auto quote = text.find('\''); quote != std::string::npos; quote = text.find('\'', quote + 4)) text.replace(quote, 1, "'\\''");
    return "'" + text + "'";
  };
  return "kubectl --context tokyo get nodes\nkubectl patch federateddeployment app -n production --type=" + type + " -p " +
         quoted(patched) + "\naws route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch " + quoted(changes) + "\n";
}

void imports(const std::vector<manifest::Manifest>& manifests, const std::vector<std::string>& scripts) {
  const auto imported = import::import_scripts(manifests, scripts, {});
  if (imported) {
    CHECK(yaml::parse(support::source(import::to_yaml(*imported))));
  } else {
    CHECK(imported.error().code != Code::internal);
    CHECK(describe(imported.error()).find("json.exception") == std::string::npos);
  }
}

}  // namespace

TEST_CASE("whatever a script patches and changes, importing it ends with a policy or an error in our words") {
  const auto manifests = support::manifests(federated);
  REQUIRE(import::import_scripts(manifests, {script_of(patch, batch)}, {}));
  const auto import_with = [&](const json& patched, const json& changes, const std::string& type, const std::string& what) {
    INFO(what);
    CHECK_NOTHROW(imports(manifests, {script_of(patched, changes, type)}));
  };
  support::for_each_mutation(patch, [&](const json& one, const std::string& what) { import_with(one, batch, "json", what); });
  support::for_each_mutation(merge_patch, [&](const json& one, const std::string& what) { import_with(one, batch, "merge", what); });
  support::for_each_mutation(batch, [&](const json& one, const std::string& what) { import_with(patch, one, "json", what); });
}

TEST_CASE("whatever stands in the objects that a script is about, importing it ends with a policy or an error in our words") {
  const std::string damaged = GENERATE(federated, automation);
  support::for_each_mutation(support::json_of(damaged), [&](const json& one, const std::string& what) {
    INFO(what);
    const auto parsed = manifest::parse(support::source(yaml::emit(one) + "---" + (damaged == federated ? automation : federated)));
    if (parsed) CHECK_NOTHROW(imports(parsed->items, {script_of(patch, batch)}));
  });
}
