#include "kube/answer.hpp"

#include "support.hpp"

namespace fedctl::kube {
namespace {

using nlohmann::json;
using support::json_of;

const Resource config_maps{.version = "v1", .kind = "ConfigMap", .plural = "configmaps"};
const Resource widgets{.group = "example.com", .version = "v1", .kind = "Widget", .plural = "widgets"};

json list_of(const std::string& items, const std::string& kind = "ConfigMapList", const std::string& version = "v1") {
  return json_of("{kind: " + kind + ", apiVersion: " + version + ", items: " + items + "}");
}

}  // namespace

TEST_CASE("a list is one by its kind, its version and its items") {
  CHECK_FALSE(problem_of_list(list_of("[]"), config_maps, {}));
  CHECK_FALSE(problem_of_list(list_of("null"), config_maps, {}));
  CHECK_FALSE(problem_of_list(list_of("[{metadata: {name: a}}]"), config_maps, {}));
  CHECK_FALSE(
      problem_of_list(list_of("[]", "PartialObjectMetadataList", "meta.k8s.io/v1"), config_maps, {.name = {}, .metadata_only = true}));
  CHECK_FALSE(problem_of_list(list_of("[]", "WidgetCollectionList", "example.com/v1"), widgets, {}));
}

TEST_CASE("what is no list is not understood, and never an empty list") {
  const std::vector<json> bodies{json(),
                                 json(5),
                                 json("text"),
                                 json::array(),
                                 json::object(),
                                 json_of("{kind: Status, apiVersion: v1, status: Success}"),
                                 json_of("{kind: ConfigMapList, apiVersion: v1}"),
                                 json_of("{items: []}"),
                                 list_of("{}"),
                                 list_of("5"),
                                 list_of("''"),
                                 list_of("[5]"),
                                 list_of("[null]"),
                                 list_of("[[]]"),
                                 list_of("[{}]"),
                                 list_of("[{metadata: 5}]"),
                                 list_of("[{metadata: {name: 5}}]"),
                                 list_of("[{metadata: {name: a}}, 5]"),
                                 list_of("[]", "Table", "meta.k8s.io/v1"),
                                 list_of("[]", "SecretList"),
                                 list_of("[]", "ConfigMap"),
                                 list_of("[]", "ConfigMapList", "v2"),
                                 list_of("[]", "ConfigMapList", "5")};
  for (const json& body : bodies) {
    CAPTURE(body.dump());
    const auto problem = problem_of_list(body, config_maps, {});
    REQUIRE(problem);
    CHECK(problem->code == Code::not_kubernetes);
  }
}

TEST_CASE("a list that does not say whether it is whole is not understood") {
  const auto problem_with = [](const std::string& metadata) {
    return problem_of_list(json_of("{kind: ConfigMapList, apiVersion: v1, items: [], metadata: " + metadata + "}"), config_maps, {});
  };
  for (const std::string whole :
       {"{}", "null", "{resourceVersion: '5', continue: ''}", "{remainingItemCount: 0}", "{continue: more, remainingItemCount: 9}"}) {
    INFO(whole);
    CHECK_FALSE(problem_with(whole));
  }
  for (const std::string odd :
       {"5", "[1]", "text", "{continue: 5}", "{continue: [more]}", "{remainingItemCount: 9}", "{remainingItemCount: '0'}"}) {
    INFO(odd);
    CHECK(problem_with(odd));
  }
}

TEST_CASE("an object is the one that was asked for") {
  const json right = json_of("{kind: ConfigMap, apiVersion: v1, metadata: {name: a}}");
  CHECK_FALSE(problem_of_object(right, config_maps, {"a"}));
  CHECK_FALSE(problem_of_object(right, config_maps, {""}));
  const json part = json_of("{kind: PartialObjectMetadata, apiVersion: meta.k8s.io/v1, metadata: {name: a}}");
  CHECK_FALSE(problem_of_object(part, config_maps, {.name = "a", .metadata_only = true}));
  CHECK(problem_of_object(part, config_maps, {"a"}));
  CHECK(problem_of_object(right, config_maps, {"b"}));
  CHECK(problem_of_object(json_of("{kind: Secret, apiVersion: v1, metadata: {name: a}}"), config_maps, {"a"}));
  CHECK(problem_of_object(json_of("{kind: ConfigMap, apiVersion: v1, metadata: 5}"), config_maps, {"a"}));
  CHECK(problem_of_object(json::object(), config_maps, {"a"}));
  CHECK(problem_of_object(json::array(), config_maps, {""}));
}

TEST_CASE("a removal is believed where the server says success, or shows the object") {
  CHECK_FALSE(problem_of_removal(json_of("{kind: Status, apiVersion: v1, status: Success}"), config_maps, {"a"}));
  CHECK_FALSE(problem_of_removal(json_of("{kind: ConfigMap, apiVersion: v1, metadata: {name: a}}"), config_maps, {"a"}));
  CHECK(problem_of_removal(json::object(), config_maps, {"a"}));
  CHECK(problem_of_removal(json_of("{kind: Status, apiVersion: v1, status: Failure}"), config_maps, {"a"}));
}

TEST_CASE("a list ends: neither the same token twice nor short pages for ever") {
  Pages repeating;
  CHECK_FALSE(repeating.add(1000, 1000, "a"));
  CHECK(repeating.add(1000, 1000, "a"));

  Pages dripping;
  for (std::size_t i = 0; i < Pages::most_short_pages; ++i) CHECK_FALSE(dripping.add(1, 1000, std::to_string(i)));
  CHECK(dripping.add(1, 1000, "more"));

  Pages large;
  for (int i = 0; i < 5000; ++i) REQUIRE_FALSE(large.add(1000, 1000, std::to_string(i)));
  CHECK_FALSE(large.add(1, 1000, ""));
  for (int i = 5000; i < 10'000; ++i) static_cast<void>(large.add(1000, 1000, std::to_string(i)));
  CHECK(large.add(1000, 1000, "more"));
}

TEST_CASE("an object of another namespace, or with another UID, is not the one that was asked for") {
  const json right = json_of("{kind: ConfigMap, apiVersion: v1, metadata: {name: a, namespace: here, uid: u}}");
  CHECK_FALSE(problem_of_object(right, config_maps, {"a", "here", "u"}));
  CHECK(problem_of_object(right, config_maps, {"a", "there"}));
  CHECK(problem_of_object(right, config_maps, {"a", "here", "v"}));
  CHECK(problem_of_removal(right, config_maps, {"a", "there"}));
  const json list = list_of("[{metadata: {name: a, namespace: here}}, {metadata: {name: b, namespace: there}}]");
  CHECK_FALSE(problem_of_list(list, config_maps, {}));
  CHECK(problem_of_list(list, config_maps, {"", "here"}));
}

}  // namespace fedctl::kube
