#include "manifest/manifest.hpp"

#include "kube/object.hpp"
#include "support.hpp"

using namespace fedctl;
using support::TemporaryFolder;

namespace {

const std::string config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";

Error error_of(const std::string& text) {
  const auto parsed = manifest::parse(support::source(text));
  REQUIRE_FALSE(parsed);
  return parsed.error();
}

}  // namespace

TEST_CASE("lists are unfolded, and each item knows its place") {
  const auto items = support::manifests(
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
      "- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n");
  REQUIRE(items.size() == 2);
  CHECK(items[1].place() == "input.yaml:5:3");
}

TEST_CASE("the items of a typed list have the list's type where they tell none") {
  const auto items = support::manifests(
      "apiVersion: apps/v1\nkind: DeploymentList\nmetadata: {resourceVersion: '1'}\nitems:\n- {metadata: {name: a}}\n"
      "- {apiVersion: v1, metadata: {name: b}}\n- {apiVersion: v1, kind: Pod, metadata: {name: c}}\n");
  REQUIRE(items.size() == 3);
  CHECK(kube::to_string(kube::key_of(items[0].object)) == "Deployment a");
  CHECK(items[1].object["apiVersion"] == "apps/v1");
  CHECK(items[1].object["kind"] == "Deployment");
  CHECK(items[2].object["kind"] == "Pod");
  CHECK(items[1].place() == "input.yaml:6:3");
}

TEST_CASE("an empty typed list holds no object, just as an empty List, and one without a type is refused") {
  const std::string kind = GENERATE("List", "ConfigMapList");
  const std::string items = GENERATE("[]", "null");
  CHECK(support::manifests("{apiVersion: v1, kind: " + kind + ", items: " + items + "}").empty());
  const Error untyped = error_of("apiVersion: v1\nkind: List\nitems:\n- {metadata: {name: a}}\n");
  CHECK(untyped.place == "input.yaml:4:3");
  CHECK_THAT(untyped.message, Catch::Contains("no 'apiVersion'"));
  CHECK(error_of("apiVersion: v1\nkind: List\nitems: {a: 1}\n").place == "input.yaml:3:1");
}

TEST_CASE("objects that stand back to back as JSON are read, and an error has its place") {
  const std::string object = R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})";
  CHECK(support::manifests(object + object + "\n" + object).size() == 3);
  CHECK(error_of(object + R"({"apiVersion": "v1"})").place == "input.yaml:1:69");
  CHECK(error_of(object + "\n" + R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": 5}})").place == "input.yaml:2:56");
}

TEST_CASE("what is no Kubernetes object is an error at its line") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"a: 1\n", "no 'apiVersion'"},
      {"- 1\n", "expected a Kubernetes object"},
      {"apiVersion: v1\nkind: ConfigMap\n", "no 'metadata'"},
      {"apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", "no metadata.name"},
      {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 5}\n", "must be a string"},
      {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ../../etc}\n", "no valid name"},
      {"apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n", "generateName"},
  }));
  const Error error = error_of(text);
  CHECK_THAT(error.message, Catch::Contains(message));
  CHECK_THAT(error.place, Catch::StartsWith("input.yaml:"));
}

TEST_CASE("folders give their manifests by name, deeper ones only when asked") {
  const TemporaryFolder folder;
  folder.write("b.yaml", config_map);
  folder.write("a.json", R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "first"}})");
  folder.write("notes.txt", "not: [a manifest");
  folder.write("deep/c.yml", config_map);
  const std::vector<std::string> paths{folder.path().string()};
  const auto flat = manifest::read(paths, false);
  REQUIRE(flat);
  REQUIRE(flat->items.size() == 2);
  CHECK(flat->items[0].object["metadata"]["name"] == "first");
  CHECK(manifest::read(paths, true)->items.size() == 3);
}

TEST_CASE("input without any object is an error, never an empty wish") {
  const TemporaryFolder folder;
  const std::vector<std::string> empty{folder.path().string()};
  CHECK_THAT(manifest::read(empty, false).error().message, Catch::Contains("no object"));
  const std::vector<std::string> comment{folder.write("c.yaml", "# nothing here\n").string()};
  CHECK_FALSE(manifest::read(comment, false));
  const std::vector<std::string> missing{"/no/such/file.yaml"};
  CHECK_THAT(manifest::read(missing, false).error().message, Catch::Contains("/no/such/file.yaml"));
}

TEST_CASE("long texts of a big file wait on disk until somebody wants the whole object; a Secret's do not") {
  const TemporaryFolder folder;
  const std::string text(100'000, 'x');
  std::string input;
  for (int i = 0; i < 15; ++i)
    input += "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c" + std::to_string(i) + "}\ndata: {short: a, long: " + text + "}\n";
  input += "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {long: " + text + "}\n";
  const std::vector<std::string> paths{folder.write("big.yaml", input).string()};
  const auto found = manifest::read(paths, false);
  REQUIRE(found);
  const manifest::Manifest& first = found->items.at(0);
  CHECK(first.aside != nullptr);
  CHECK(first.object["data"] == nlohmann::json{{"short", "a"}, {"long", ""}});
  CHECK(first.whole()["data"]["long"] == text);
  CHECK(found->items.at(14).whole()["metadata"]["name"] == "c14");
  const manifest::Manifest& secret = found->items.at(15);
  CHECK(secret.aside == nullptr);
  CHECK(secret.object["stringData"]["long"] == text);
}

TEST_CASE("kind, group and version must be segments of a path") {
  const std::string rest = "\nmetadata: {name: a}\n";
  for (const std::string type : {"apiVersion: v1\nkind: ../X", "apiVersion: ../../v1\nkind: X", "apiVersion: g/..\nkind: X",
                                 "apiVersion: /v1\nkind: X", "apiVersion: a/b/c\nkind: X", "apiVersion: v1\nkind: 'X?y'"}) {
    const auto parsed = manifest::parse(support::source(type + rest));
    INFO(type);
    REQUIRE_FALSE(parsed);
    CHECK_THAT(describe(parsed.error()), Catch::Contains("is no valid"));
  }
}
