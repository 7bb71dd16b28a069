#include "inspect/unsettled.hpp"

#include "support.hpp"

#include <algorithm>

using namespace fedctl;

namespace {

kube::Discovery discovery_of(std::vector<kube::Resource> resources) { return kube::Discovery{std::move(resources)}; }

kube::Resource config_maps() { return {.version = "v1", .kind = "ConfigMap", .plural = "configmaps", .namespaced = true}; }

federation::Absence absence(const std::string& group, const std::string& kind) {
  return {.type = {group, "v1", kind}, .key = {group, kind, "shop", "a"}};
}

std::vector<std::string> names_of(const std::vector<plan::Change>& changes) {
  std::vector<std::string> names;
  for (const plan::Change& change : changes) {
    CHECK(change.action == plan::Action::unknown);
    names.push_back(change.key.group + "/" + change.key.kind + " " + change.key.name);
  }
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what is to go is unknown where its group is silent, or is one that every cluster serves") {
  kube::Discovery discovery = discovery_of({config_maps()});
  discovery.add_silent_group("example.com");
  const std::vector<federation::Absence> absences{absence("", "ConfigMap"), absence("apps", "Deployment"), absence("example.com", "Foo"),
                                                  absence("other.example.com", "Bar")};
  CHECK(names_of(inspect::hidden_removals("tokyo", discovery, absences, std::nullopt, {})) ==
        Names{"apps/Deployment a", "example.com/Foo a"});
}

TEST_CASE("a type that a set's parent lists is unknown as long as the cluster does not serve it, whatever its group") {
  const kube::Discovery discovery = discovery_of({config_maps()});
  inspect::Prune prune;
  prune.set.emplace();
  const std::set<std::string> listed{"ConfigMap", "Foo.example.com"};
  CHECK(names_of(inspect::hidden_removals("tokyo", discovery, {}, prune, listed)) == Names{"example.com/Foo *"});
  CHECK(inspect::hidden_removals("tokyo", discovery, {}, std::nullopt, listed).empty());
}

TEST_CASE("a host's types, and for files every silent group but those of measurements, are unknown") {
  kube::Discovery discovery = discovery_of({config_maps()});
  discovery.add_silent_group("example.com");
  discovery.add_silent_group("metrics.k8s.io");
  discovery.add_silent_group("custom.metrics.k8s.io");
  inspect::Prune of_host{.host_uid = "u",
                         .types = {{"", "v1", "ConfigMap"}, {"example.com", "v1", "Foo"}, {"none.example.com", "v1", "Bar"}}};
  CHECK(names_of(inspect::hidden_removals("tokyo", discovery, {}, of_host, {})) == Names{"example.com/Foo *"});
  CHECK(names_of(inspect::hidden_removals("tokyo", discovery, {}, inspect::Prune{}, {})) == Names{"example.com/* *"});
}
