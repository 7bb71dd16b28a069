#include "fleet/fleet.hpp"

#include "base/file.hpp"
#include "base/pointer.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "fleet/name.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>

namespace fedctl::fleet {
namespace {

using nlohmann::json;

constexpr std::string_view example = "see share/doc/fedctl/examples/fleet.yaml";

/// Reads one Fleet document, keeping it at hand for the places of errors.
class Reader {
 public:
  Reader(const yaml::Document& document, std::filesystem::path folder) : document_(document), folder_(std::move(folder)) {}

  Result<Fleet> read() const {
    const json& root = document_.value;
    if (kube::string_at(root, "kind") != "Fleet" || kube::string_at(root, "apiVersion") != "fedctl.io/v1alpha1") {
      return invalid("", "this is no Fleet: expected apiVersion fedctl.io/v1alpha1 and kind Fleet");
    }
    if (auto fields = only(root, "", {"apiVersion", "kind", "metadata", "spec"}); !fields) return Failure{fields.error()};
    const json& spec = kube::value_at(root, "spec");
    if (spec.is_object() && spec.contains("host")) return read_host(kube::name_of(root), spec);
    if (!spec.is_object() || !spec.contains("clusters") || !spec["clusters"].is_array() || spec["clusters"].empty()) {
      return invalid("/spec", "a fleet needs spec.clusters, a list with at least one cluster, or spec.host");
    }
    if (auto fields = only(spec, "/spec", {"clusters", "host", "rollout"}); !fields) return Failure{fields.error()};
    Fleet fleet{.name = kube::name_of(root)};
    std::set<std::string> known;
    if (auto rollout = read_rollout(spec, fleet); !rollout) return Failure{rollout.error()};
    for (std::size_t i = 0; i < spec["clusters"].size(); ++i) {
      const std::string pointer = fmt::format("/spec/clusters/{}", i);
      auto cluster = read_cluster(spec["clusters"][i], pointer);
      if (!cluster) return Failure{cluster.error()};
      if (!known.insert(cluster->name).second)
        return invalid(pointer, fmt::format("the cluster '{}' stands twice in the fleet", cluster->name));
      fleet.clusters.push_back(std::move(*cluster));
    }
    return fleet;
  }

 private:
  tl::unexpected<Error> invalid(const std::string& pointer, std::string message) const {
    return Failure{{.code = Code::invalid_input,
                    .message = std::move(message),
                    .place = yaml::place_of(document_, pointer),
                    .hint = std::string{example}}};
  }

  Result<void> only(const json& map, const std::string& pointer, const std::vector<std::string>& known) const {
    for (const auto& [key, value] : map.items()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      return invalid(pointer::below(pointer, key), fmt::format("unknown field '{}'{}", key, text::did_you_mean(key, known)));
    }
    return {};
  }

  Result<Fleet> read_host(std::string name, const json& spec) const {
    if (auto fields = only(spec, "/spec", {"host", "rollout"}); !fields) return Failure{fields.error()};
    const json& host = spec["host"];
    if (!host.is_object() || kube::string_at(host, "context").empty()) return invalid("/spec/host", "the host needs a context");
    if (auto fields = only(host, "/spec/host", {"context", "kubeconfig", "namespace"}); !fields) return Failure{fields.error()};
    Fleet fleet{.name = std::move(name)};
    fleet.host = HostReference{kube::string_at(host, "context"), std::nullopt, kube::string_at(host, "namespace")};
    if (const std::string path = kube::string_at(host, "kubeconfig"); !path.empty())
      fleet.host->kubeconfig = folder_ / file::expand_home(path);
    if (auto rollout = read_rollout(spec, fleet); !rollout) return Failure{rollout.error()};
    return fleet;
  }

  Result<void> read_rollout(const json& spec, Fleet& fleet) const {
    if (!spec.contains("rollout")) return {};
    const json& rollout = spec["rollout"];
    if (!rollout.is_object() || kube::list_at(rollout, "waves").empty()) return invalid("/spec/rollout", "a rollout needs waves");
    if (auto fields = only(rollout, "/spec/rollout", {"waves", "pause", "maxFailing"}); !fields) return fields;
    if (rollout.contains("pause")) {
      const auto pause = time::parse_duration(kube::string_at(rollout, "pause"));
      if (!pause) return invalid("/spec/rollout/pause", "a pause is a duration such as 30s");
      fleet.rollout.pause = *pause;
    }
    if (rollout.contains("maxFailing")) {
      if (kube::integer_in(rollout, "/maxFailing", -1) < 0)
        return invalid("/spec/rollout/maxFailing", "maxFailing is a number of clusters");
      fleet.rollout.max_failing = rollout["maxFailing"].get<std::size_t>();
    }
    const json& waves = rollout["waves"];
    for (std::size_t i = 0; i < waves.size(); ++i) {
      auto wave = read_wave(waves[i], fmt::format("/spec/rollout/waves/{}", i));
      if (!wave) return Failure{wave.error()};
      fleet.rollout.waves.push_back(std::move(*wave));
    }
    return {};
  }

  Result<Wave> read_wave(const json& item, const std::string& pointer) const {
    if (!item.is_object()) return invalid(pointer, "a wave is a map with clusters or labels");
    if (auto fields = only(item, pointer, {"clusters", "labels"}); !fields) return Failure{fields.error()};
    Wave wave;
    const json clusters = kube::list_at(item, "clusters");
    for (const json& name : clusters) {
      if (!name.is_string()) return invalid(pointer + "/clusters", "clusters are names");
      wave.clusters.push_back(name.get<std::string>());
    }
    const json labels = kube::map_at(item, "labels");
    for (const auto& [key, value] : labels.items()) {
      if (!value.is_string()) return invalid(pointer + "/labels", fmt::format("the label '{}' must be a string; quote its value", key));
      wave.labels[key] = value.get<std::string>();
    }
    if (wave.clusters.empty() && wave.labels.empty()) return invalid(pointer, "a wave needs clusters or labels");
    return wave;
  }

  Result<Cluster> read_cluster(const json& item, const std::string& pointer) const {
    if (!item.is_object() || kube::string_at(item, "name").empty()) return invalid(pointer, "each cluster needs a name");
    if (auto fields = only(item, pointer, {"name", "context", "kubeconfig", "labels"}); !fields) return Failure{fields.error()};
    for (const char* key : {"context", "kubeconfig"}) {
      if (item.contains(key) && !item[key].is_string()) return invalid(pointer + "/" + key, fmt::format("'{}' must be a string", key));
    }
    if (auto problem = problem_of_name(kube::string_at(item, "name"))) return invalid(pointer + "/name", *std::move(problem));
    Cluster cluster{.name = kube::string_at(item, "name"), .context = kube::string_at(item, "context")};
    if (cluster.context.empty()) cluster.context = cluster.name;
    if (const std::string path = kube::string_at(item, "kubeconfig"); !path.empty()) cluster.kubeconfig = folder_ / file::expand_home(path);
    const json& labels = kube::value_at(item, "labels");
    if (!labels.is_null() && !labels.is_object()) return invalid(pointer + "/labels", "'labels' must be a map");
    for (const auto& [key, value] : labels.items()) {
      if (!value.is_string()) return invalid(pointer + "/labels", fmt::format("the label '{}' must be a string; quote its value", key));
      cluster.labels[key] = value.get<std::string>();
    }
    return cluster;
  }

  const yaml::Document& document_;
  std::filesystem::path folder_;
};

}  // namespace

const Cluster* Fleet::find(const std::string& cluster) const {
  const auto found = std::ranges::find(clusters, cluster, &Cluster::name);
  return found == clusters.end() ? nullptr : &*found;
}

std::vector<std::string> Fleet::names() const {
  std::vector<std::string> result;
  for (const Cluster& cluster : clusters) result.push_back(cluster.name);
  return result;
}

std::unordered_set<std::string_view> Fleet::name_set() const {
  std::unordered_set<std::string_view> result;
  for (const Cluster& cluster : clusters) result.insert(cluster.name);
  return result;
}

Result<Fleet> load(const std::filesystem::path& path) {
  auto text = file::read(path);
  if (!text) return Failure{text.error()};
  const auto parsed = yaml::parse(std::make_shared<const yaml::Source>(yaml::Source{path.string(), std::move(*text)}));
  if (!parsed) return Failure{parsed.error()};
  if (parsed->documents.size() != 1) {
    return Failure{{.code = Code::invalid_input,
                    .message = fmt::format("expected one Fleet, found {}", text::count(parsed->documents.size(), "document")),
                    .place = path.string(),
                    .hint = std::string{example}}};
  }
  return Reader{parsed->documents.front(), std::filesystem::absolute(path).parent_path()}.read();
}

Result<Fleet> from_contexts(const std::vector<std::string>& contexts) {
  Fleet fleet;
  std::unordered_set<std::string_view> known;
  for (const std::string& context : contexts) {
    if (context.empty()) return Failure{{Code::usage, "--contexts holds an empty name"}};
    if (!known.insert(context).second) return Failure{{Code::usage, fmt::format("--contexts names '{}' twice", context)}};
    fleet.clusters.push_back({context, context, std::nullopt, {}});
  }
  return fleet;
}

Result<Fleet> narrowed(const Fleet& fleet, const std::vector<std::string>& only) {
  if (only.empty()) return fleet;
  const std::vector<std::string> names = fleet.names();
  for (const std::string& name : only) {
    if (fleet.find(name) != nullptr) continue;
    return Failure{{.code = Code::usage,
                    .message = fmt::format("--cluster {}: the fleet has no such cluster{}", name, text::did_you_mean(name, names)),
                    .hint = "it has " + text::listed(names)}};
  }
  Fleet result = fleet;
  std::erase_if(result.clusters, [&](const fleet::Cluster& cluster) { return std::ranges::find(only, cluster.name) == only.end(); });
  return result;
}

}  // namespace fedctl::fleet
