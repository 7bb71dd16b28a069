#include "kube/discovery_cache.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "http/loop.hpp"
#include "kube/discovery.hpp"
#include "mutation.hpp"
#include "support.hpp"

#include <fmt/format.h>
#include <filesystem>
#include <fstream>

using namespace fedctl;
using kube::DiscoveryCache;
using support::TemporaryFolder;

namespace {

std::string aggregated(const std::string& kind) {
  return fmt::format(R"({{"kind": "APIGroupDiscoveryList", "items": [{{"metadata": {{"name": "apps"}}, "versions": [{{"version": "v1",
    "resources": [{{"resource": "things", "responseKind": {{"kind": "{}"}}, "scope": "Namespaced", "verbs": ["patch", "list", "delete"]}}]}}]}}]}})",
                     kind);
}

const std::string nothing = R"({"kind": "APIGroupDiscoveryList", "items": []})";

http::Endpoint server(int number) {
  http::Endpoint endpoint;
  endpoint.url = fmt::format("https://server-{}", number);
  return endpoint;
}

DiscoveryCache::Server answered(const DiscoveryCache& cache, const std::string& api, const std::string& apis) {
  DiscoveryCache::Server server;
  server.asked = std::chrono::system_clock::now();
  server.documents["/api"] = {"\"1\"", cache.keep(api).value()};
  server.documents["/apis"] = {"\"2\"", cache.keep(apis).value()};
  return server;
}

std::size_t files_below(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) count += entry.is_regular_file() ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("what a thousand servers answer alike is parsed and put together once") {
  const TemporaryFolder folder;
  {
    const DiscoveryCache cache{folder.path()};
    for (int i = 0; i < 1000; ++i) {
      const auto answers = answered(cache, nothing, aggregated("Thing"));
      REQUIRE(cache.discovery(answers)->find({"apps", "v1", "Thing"}) != nullptr);
      cache.store(server(i), answers);
    }
    CHECK(cache.counts().parsed == 2);
    CHECK(cache.counts().assembled == 1);
  }
  CHECK(files_below(folder.path()) == 1002);
  const DiscoveryCache cache{folder.path()};
  for (int i = 0; i < 1000; ++i) REQUIRE(cache.discovery(cache.load(server(i)))->find({"apps", "v1", "Thing"}) != nullptr);
  CHECK(cache.counts().parsed == 2);
  CHECK(cache.counts().assembled == 1);
}

TEST_CASE("servers that answer differently are kept apart") {
  const TemporaryFolder folder;
  const DiscoveryCache cache{folder.path()};
  const auto one = cache.discovery(answered(cache, nothing, aggregated("Thing")));
  const auto other = cache.discovery(answered(cache, nothing, aggregated("Other")));
  CHECK(one->find({"apps", "v1", "Thing"}) != nullptr);
  CHECK(one->find({"apps", "v1", "Other"}) == nullptr);
  CHECK(other->find({"apps", "v1", "Other"}) != nullptr);
}

TEST_CASE("a copy of a discovery that is added to leaves the other as it was") {
  kube::Discovery one;
  one.add({"apps", "v1", "Thing", "things"});
  kube::Discovery other = one;
  other.add({"apps", "v1", "Other", "others"});
  other.add_silent_group("metrics.k8s.io");
  CHECK(one.resources().size() == 1);
  CHECK(one.silent_groups().empty());
  CHECK(other.resources().size() == 2);
}

TEST_CASE("a document that was damaged in the folder is missing, and is kept anew") {
  const TemporaryFolder folder;
  const auto answers = answered(DiscoveryCache{folder.path()}, nothing, aggregated("Thing"));
  const std::string digest = answers.documents.at("/apis").digest;
  const auto path = folder.path() / "discovery" / "bodies" / digest;
  std::ofstream{path} << aggregated("Evil");
  const DiscoveryCache cache{folder.path()};
  CHECK(cache.document(digest) == nullptr);
  CHECK_FALSE(cache.discovery(answers));
  CHECK(cache.keep(aggregated("Thing")) == digest);
  CHECK(DiscoveryCache{folder.path()}.document(digest) != nullptr);
}

TEST_CASE("a server's file that is damaged says nothing") {
  const TemporaryFolder folder;
  DiscoveryCache cache{folder.path()};
  cache.store(server(1), answered(cache, nothing, nothing));
  for (const auto& entry : std::filesystem::directory_iterator{folder.path() / "discovery"}) {
    if (!entry.is_regular_file()) continue;
    for (const std::string text : {"", "[]", "5", R"({"documents": 5, "asked": []})", R"({"documents": {"/api": 5}})",
                                   R"({"documents": {"/api": {"digest": "../../x"}, "/apis": {"digest": "x"}}})"}) {
      std::ofstream{entry.path()} << text;
      CHECK_FALSE(cache.discovery(cache.load(server(1))));
    }
  }
}

TEST_CASE("an entry of discovery that is not understood makes its group unknown, never empty") {
  const auto silent_after = [](const nlohmann::json& damaged) {
    const DiscoveryCache cache;
    return cache.discovery(answered(cache, nothing, to_text(damaged)))->silent_groups().contains("apps");
  };
  const nlohmann::json whole = parse_json(aggregated("Thing"));
  REQUIRE_FALSE(silent_after(whole));
  const nlohmann::json without_versions = R"([{"op": "remove", "path": "/items/0/versions"}])"_json;
  CHECK(silent_after(whole.patch(without_versions)));
  for (const std::string part : {"", "/resource", "/responseKind", "/scope", "/verbs"}) {
    auto damaged = whole;
    damaged[nlohmann::json::json_pointer{"/items/0/versions/0/resources/0" + part}] = 5;
    INFO(part);
    CHECK(silent_after(damaged));
  }
  for (const std::string part : {"", "/version", "/resources"}) {
    auto damaged = whole;
    damaged[nlohmann::json::json_pointer{"/items/0/versions/0" + part}] = 5;
    INFO(part);
    CHECK(silent_after(damaged));
  }
  CHECK(silent_after(whole.patch(R"([{"op": "remove", "path": "/items/0/versions/0/resources"}])"_json)));
  CHECK(silent_after(whole.patch(R"([{"op": "replace", "path": "/items/0/versions", "value": []}])"_json)));
  CHECK(silent_after(whole.patch(R"([{"op": "add", "path": "/items/0/versions/0/freshness", "value": "Unknown"}])"_json)));
  CHECK_FALSE(silent_after(whole.patch(R"([{"op": "add", "path": "/items/0/versions/0/freshness", "value": "Current"}])"_json)));
}

TEST_CASE("a type whose objects can be changed in any way has objects, and one that can be listed is looked at") {
  const auto read = [](const std::string& verbs) {
    kube::Discovery discovery;
    kube::read_resource_list(parse_json(R"({"kind": "APIResourceList", "groupVersion": "apps/v1", "resources": [
      {"name": "things", "kind": "Thing", "namespaced": true, "verbs": )" +
                                        verbs + "}]}"),
                             discovery);
    return discovery;
  };
  for (const std::string verb : {"create", "patch", "update", "delete", "deletecollection"}) {
    INFO(verb);
    const auto discovery = read(R"(["get", "list", ")" + verb + "\"]");
    REQUIRE(discovery.find_kind("Thing"));
    CHECK(discovery.find_kind("Thing")->listable);
  }
  CHECK_FALSE(read(R"(["get", "list"])").find_kind("Thing"));
  CHECK_FALSE(read(R"(["create"])").find_kind("Thing")->listable);
}

TEST_CASE("an entry of an unaggregated list that is not understood makes its group unknown, never empty") {
  const nlohmann::json whole = R"({"kind": "APIResourceList", "groupVersion": "apps/v1", "resources": [
    {"name": "things", "kind": "Thing", "namespaced": true, "verbs": ["patch"]}]})"_json;
  const auto silent_after = [](const nlohmann::json& list) {
    kube::Discovery discovery;
    kube::read_resource_list(list, discovery);
    return discovery.silent_groups().contains("apps");
  };
  REQUIRE_FALSE(silent_after(whole));
  for (const std::string part : {"/name", "/kind", "/namespaced", "/verbs"}) {
    auto damaged = whole;
    damaged[nlohmann::json::json_pointer{"/resources/0" + part}] = 5;
    INFO(part);
    CHECK(silent_after(damaged));
  }
}

TEST_CASE("what is no document of discovery is not kept") {
  const TemporaryFolder folder;
  const DiscoveryCache cache{folder.path()};
  for (const std::string text :
       {"", R"({"kind": "APIGroupDiscoveryList", "items": [{}], "items": []})", "{}", "<html>", R"({"kind": "Status"})",
        R"({"kind": "APIGroupList", "groups": 5})", R"({"kind": "APIGroupList", "groups": [5]})",
        R"({"kind": "APIVersions", "versions": [5]})", R"({"kind": "APIGroupDiscoveryList", "items": [5]})",
        R"({"kind": "APIResourceList", "resources": []})", R"({"kind": "APIResourceList", "groupVersion": "apps/v1", "resources": [5]})"})
    CHECK_FALSE(cache.keep(text));
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("without aggregation a group that is named and whose document is missing is silent, and preferred versions come first") {
  const DiscoveryCache cache;
  const std::string groups = R"({"kind": "APIGroupList", "groups": [
    {"name": "apps", "preferredVersion": {"groupVersion": "apps/v2"}, "versions": [{"groupVersion": "apps/v1"}, {"groupVersion": "apps/v2"}]},
    {"name": "metrics.k8s.io", "versions": [{"groupVersion": "metrics.k8s.io/v1"}]},
    {"name": "odd.io", "versions": [{"groupVersion": "odd.io/v1"}]}, {"name": "strange.io"}]})";
  const auto version = [](const std::string& name) {
    return R"({"kind": "APIResourceList", "groupVersion": ")" + name +
           R"(", "resources": [{"name": "things", "kind": "Thing", "namespaced": true, "verbs": ["patch"]}]})";
  };
  auto answers = answered(cache, R"({"kind": "APIVersions", "versions": []})", groups);
  answers.documents["/apis/apps/v1"] = {"", cache.keep(version("apps/v1")).value()};
  answers.documents["/apis/apps/v2"] = {"", cache.keep(version("apps/v2")).value()};
  answers.documents["/apis/odd.io/v1"] = {"", cache.keep(version("apps/v1")).value()};
  const auto discovery = cache.discovery(answers);
  REQUIRE(discovery);
  CHECK(discovery->find_kind("Thing")->version == "v2");
  CHECK(discovery->silent_groups() == std::set<std::string>{"metrics.k8s.io", "odd.io", "strange.io"});
}

TEST_CASE("a server's file that is damaged anywhere is used or the server is asked anew") {
  const TemporaryFolder folder;
  const http::Endpoint nowhere;
  const DiscoveryCache cache{folder.path()};
  cache.store(nowhere, answered(cache, nothing, aggregated("Thing")));
  std::filesystem::path file;
  for (const auto& entry : std::filesystem::directory_iterator{folder.path() / "discovery"}) {
    if (entry.is_regular_file()) file = entry.path();
  }
  const auto discover_with = [&](const std::string& text) {
    std::ofstream{file} << text;
    http::Loop loop;
    kube::Client client{loop, "tokyo", Error{Code::unreachable, "it is not there"}};
    return loop.run(kube::discover(client, folder.path(), false));
  };
  const nlohmann::json whole = parse_json(file::read(file).value());
  REQUIRE(discover_with(to_text(whole)));
  std::size_t asked = 0;
  support::for_each_mutation(whole, [&](const nlohmann::json& damaged, const std::string& what) {
    INFO(what);
    const auto found = discover_with(to_text(damaged));
    if (found) return;
    ++asked;
    CHECK(found.error().code == Code::unreachable);
  });
  CHECK(asked > 20);
}

TEST_CASE("a document of discovery that is odd anywhere is read or refused, and never in the way") {
  std::size_t read = 0;
  support::for_each_mutation(parse_json(aggregated("Thing")), [&](const nlohmann::json& odd, const std::string& what) {
    INFO(what);
    const DiscoveryCache cache;
    const auto digest = cache.keep(to_text(odd));
    if (!digest) return;
    DiscoveryCache::Server server;
    server.documents["/api"] = {"", cache.keep(nothing).value()};
    server.documents["/apis"] = {"", *digest};
    CHECK(cache.discovery(server));
    ++read;
  });
  CHECK(read > 20);
}
