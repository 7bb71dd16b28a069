#include "federation/override.hpp"

#include "support.hpp"

using namespace fedctl::federation;
using nlohmann::json;
using Operation = Override::Operation;

namespace {

const json deployment = R"({"spec": {"replicas": 3, "paused": null, "containers": [{"name": "web"}, {"name": "log"}]}})"_json;

auto apply(std::vector<Override> overrides) { return apply_overrides(deployment, overrides); }

}  // namespace

TEST_CASE("an override without op replaces a value") { CHECK((*apply({{.path = "/spec/replicas", .value = 5}}))["spec"]["replicas"] == 5); }

TEST_CASE("replace sets a map key that the template lacks, as KubeFed does") {
  const json env = R"([{"name": "ROLE", "value": "primary"}])"_json;
  CHECK((*apply({{.path = "/spec/containers/0/env", .value = env}}))["spec"]["containers"][0]["env"] == env);
}

TEST_CASE("add appends at - and at the length, and inserts before an index") {
  const json item = {{"name", "new"}};
  const auto at = [&](const std::string& index) {
    return (*apply({{Operation::add, "/spec/containers/" + index, item}}))["spec"]["containers"];
  };
  CHECK(at("-")[2] == item);
  CHECK(at("2")[2] == item);
  CHECK(at("0")[0] == item);
}

TEST_CASE("a negative index counts from the end") {
  CHECK((*apply({{Operation::replace, "/spec/containers/-1/name", "last"}}))["spec"]["containers"][1]["name"] == "last");
  CHECK((*apply({{Operation::remove, "/spec/containers/-1"}}))["spec"]["containers"].size() == 1);
}

TEST_CASE("a path with a bad escape, or with more keys than may be nested, is refused") {
  CHECK_THAT(apply({{.path = "/spec/a~b", .value = 1}}).error().message, Catch::Contains("'/spec/a~b' is no JSON Pointer"));
  std::string path;
  for (int i = 0; i < 1001; ++i) path += "/a";
  CHECK_THAT(apply({{.path = path, .value = 1}}).error().message, Catch::Contains("more than 1000 keys"));
}

TEST_CASE("keys with slashes and tildes are escaped as in RFC 6901") {
  CHECK((*apply({{Operation::add, "/spec/example.com~1a~0b", 1}}))["spec"]["example.com/a~b"] == 1);
}

TEST_CASE("later overrides see what earlier ones did") {
  const auto result = apply({{.path = "/spec/extra", .value = true}, {Operation::remove, "/spec/extra"}});
  CHECK(*result == deployment);
}

TEST_CASE("an override that has no place names its index, its path and the nearest ancestor") {
  const auto [operation, path, ancestor] = GENERATE(table<Operation, std::string, std::string>({
      {Operation::replace, "/spec/strategy/type", "/spec"},
      {Operation::replace, "/spec/a/b/c", "/spec"},
      {Operation::remove, "/spec/missing", "/spec"},
      {Operation::replace, "/spec/containers/5", "/spec/containers"},
      {Operation::replace, "/spec/containers/2", "/spec/containers"},
      {Operation::replace, "/spec/containers/-", "/spec/containers"},
      {Operation::add, "/spec/containers/3", "/spec/containers"},
      {Operation::replace, "/spec/containers/00", "/spec/containers"},
      {Operation::replace, "/spec/paused/x", "/spec/paused"},
      {Operation::replace, "/spec/replicas/x", "/spec/replicas"},
  }));
  const auto result = apply({{.path = "/spec/replicas", .value = 1}, {operation, path, "x"}});
  REQUIRE_FALSE(result);
  CHECK(result.error().index == 1);
  CHECK_THAT(result.error().message, Catch::Contains(path) && Catch::EndsWith(ancestor));
}

TEST_CASE("a path that is no JSON Pointer is refused") {
  const std::string path = GENERATE("spec/replicas", "replicas", "", "/spec/~2");
  CHECK_FALSE(apply({{.path = path, .value = "x"}}));
}

TEST_CASE("the paths that name an object are forbidden") {
  for (const char* path : {"/kind", "/metadata/name", "/metadata/namespace", "/metadata/generateName"}) CHECK(is_forbidden(path));
  for (const char* path : {"/metadata/labels", "/spec/name", "/apiVersion"}) CHECK_FALSE(is_forbidden(path));
}
