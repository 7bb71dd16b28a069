#include "federation/render.hpp"
#include "fuzz.hpp"

using namespace fedctl;

namespace {

void render(const std::vector<manifest::Manifest>& manifests, const federation::TypeTable& types) {
  const auto rendered = federation::render(manifests, fuzz::three_clusters(), types, {});
  if (!fuzz::is_good(rendered)) return;
  fuzz::require(rendered->clusters.size() == 3, "every cluster is rendered");
  for (const federation::ClusterObjects& cluster : rendered->clusters) {
    for (const federation::DesiredObject& object : cluster.objects) {
      const auto value = object.content->get();
      fuzz::require(kube::name_of(*value) == object.key.name, "an object keeps its name");
      fuzz::require_emits_the_same(*value);
    }
  }
}

}  // namespace

/// Federated objects, preferences and their like, as files and as a host holds them.
void fuzz::run(std::string_view input) {
  const auto parsed = manifest::parse(source(input));
  if (!is_good(parsed)) return;
  federation::TypeTable types;
  types.learn(parsed->items);
  render(parsed->items, types);
  std::vector<manifest::Manifest> held = parsed->items;
  for (manifest::Manifest& manifest : held) {
    manifest.document = nullptr;
    manifest.host = "host";
  }
  render(held, types);
}
