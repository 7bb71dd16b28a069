#include "federation/federated_object.hpp"

#include "base/pointer.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_set>

namespace fedctl::federation {
namespace {

using kube::bool_at;
using kube::string_at;
using kube::value_at;
using nlohmann::json;

/// Reads one manifest; every error knows its place.
class FederatedReader {
 public:
  FederatedReader(const manifest::Manifest& manifest, const fleet::Fleet& fleet) : manifest_(manifest), fleet_(fleet) {}

  Result<FederatedObject> read(const TypeTable& types, const std::string& default_namespace) {
    const kube::GroupVersionKind type = kube::gvk_of(manifest_.object);
    const auto target = types.target_of(type.kind);
    if (!target) {
      return fail(Code::unknown_kind, "/kind",
                  fmt::format("nothing says which type {} stands for{}", type.kind, text::did_you_mean(type.kind, types.federated_kinds())),
                  fmt::format("name it: --api {}=GROUP/VERSION/{}", type.kind, type.kind.substr(9)));
    }
    FederatedObject object{.manifest = &manifest_, .target = *target, .name = kube::name_of(manifest_.object)};
    if (auto named = read_namespace(object, default_namespace); !named) return Failure{named.error()};
    const json& spec = value_at(manifest_.object, "spec");
    if (!spec.is_object()) return fail(Code::invalid_input, "", "a federated object needs a 'spec'");
    if (auto known = only(spec, "/spec", {"template", "placement", "overrides", "retainReplicas"}); !known) return Failure{known.error()};
    if (auto done = read_template(object, value_at(spec, "template")); !done) return Failure{done.error()};
    auto placement = place(value_at(spec, "placement"), fleet_);
    if (!placement) return fail(Code::invalid_input, "/spec/placement" + placement.error().part, placement.error().message);
    object.placement = std::move(*placement);
    const json& retain = value_at(spec, "retainReplicas");
    if (!retain.is_null() && !retain.is_boolean())
      return fail(Code::invalid_input, "/spec/retainReplicas", "retainReplicas is true or false");
    object.retain_replicas = bool_at(spec, "retainReplicas");
    if (auto done = read_overrides(object, value_at(spec, "overrides")); !done) return Failure{done.error()};
    return object;
  }

 private:
  tl::unexpected<Error> fail(Code code, const std::string& part, std::string message, std::string hint = {}) const {
    return Failure{{code, std::move(message), manifest_.place(part), "", kube::to_string(kube::key_of(manifest_.object)), std::move(hint)}};
  }

  Result<void> only(const json& map, const std::string& part, const std::vector<std::string>& known) const {
    for (const auto& [key, value] : map.items()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      return fail(Code::invalid_input, pointer::below(part, key), fmt::format("unknown field '{}'{}", key, text::did_you_mean(key, known)),
                  fmt::format("known are {}", text::join(known, ", ")));
    }
    return {};
  }

  Result<void> read_namespace(FederatedObject& object, const std::string& default_namespace) const {
    const std::string written = kube::namespace_of(manifest_.object);
    if (object.target.type.kind == "Namespace" && object.target.type.group.empty()) {
      if (!written.empty() && written != object.name) {
        return fail(Code::invalid_input, "/metadata/name", fmt::format("a FederatedNamespace is named after its namespace '{}'", written));
      }
      if (object.name == "kube-system" || object.name == "kube-public" || object.name == "default") {
        return fail(Code::invalid_input, "/metadata/name", fmt::format("the namespace {} is never federated", object.name));
      }
      return {};
    }
    if (object.target.namespaced.value_or(!written.empty())) object.name_space = written.empty() ? default_namespace : written;
    return {};
  }

  Result<void> read_template(FederatedObject& object, const json& source) const {
    if (!source.is_null() && !source.is_object()) return fail(Code::invalid_input, "/spec/template", "the template must be a map");
    object.base = source.is_null() ? json::object() : source;
    object.template_names_version = !string_at(object.base, "apiVersion").empty();
    if (!object.template_names_version) object.base["apiVersion"] = object.target.type.api_version();
    object.base["kind"] = object.target.type.kind;
    json& metadata = object.base["metadata"];
    if (metadata.is_null()) metadata = json::object();
    if (!metadata.is_object()) return fail(Code::invalid_input, "/spec/template/metadata", "the template's metadata must be a map");
    metadata["name"] = object.name;
    metadata.erase("namespace");
    if (!object.name_space.empty()) metadata["namespace"] = object.name_space;
    return {};
  }

  Result<void> read_overrides(FederatedObject& object, const json& list) const {
    if (list.is_null()) return {};
    if (!list.is_array()) return fail(Code::invalid_input, "/spec/overrides", "overrides is a list");
    const auto known = fleet_.name_set();
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (auto done = read_cluster(object, list[i], fmt::format("/spec/overrides/{}", i), known); !done) return done;
    }
    return {};
  }

  Result<void> read_cluster(FederatedObject& object, const json& entry, const std::string& part,
                            const std::unordered_set<std::string_view>& known) const {
    const std::string cluster = string_at(entry, "clusterName");
    if (cluster.empty()) return fail(Code::invalid_override, part, "an override needs a clusterName");
    if (auto fields = only(entry, part, {"clusterName", "clusterOverrides"}); !fields) return fields;
    // A host may hold overrides of clusters that left, or are yet to join; a file is being written now.
    if (manifest_.host.empty() && !known.contains(cluster)) {
      const std::vector<std::string> names = fleet_.names();
      return fail(Code::invalid_override, part + "/clusterName",
                  fmt::format("the fleet has no cluster '{}'{}", cluster, text::did_you_mean(cluster, names)),
                  fmt::format("it has {}", text::listed(names)));
    }
    if (object.overrides.contains(cluster)) {
      return fail(Code::invalid_override, part + "/clusterName", fmt::format("the cluster '{}' stands twice in the overrides", cluster),
                  "put all its clusterOverrides into one entry");
    }
    const json& items = value_at(entry, "clusterOverrides");
    if (!items.is_null() && !items.is_array())
      return fail(Code::invalid_override, part + "/clusterOverrides", "clusterOverrides is a list");
    ClusterOverrides& overrides = object.overrides[cluster];
    std::set<std::string> paths;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::string item_part = fmt::format("{}/clusterOverrides/{}", part, i);
      auto item = read_override(items[i], item_part, cluster);
      if (!item) return Failure{item.error()};
      if (!paths.insert(item->path).second) {
        return fail(Code::invalid_override, item_part + "/path",
                    fmt::format("the path {} stands twice for the cluster '{}'", item->path, cluster));
      }
      overrides.items.push_back(std::move(*item));
      overrides.parts.push_back(item_part);
    }
    return {};
  }

  Result<Override> read_override(const json& item, const std::string& part, const std::string& cluster) const {
    if (!item.is_object() || !item.contains("path") || !item["path"].is_string()) {
      return fail(Code::invalid_override, part, fmt::format("an override of cluster '{}' needs a path, such as /spec/replicas", cluster));
    }
    if (auto known = only(item, part, {"op", "path", "value"}); !known) return Failure{known.error()};
    Override result{.path = string_at(item, "path"), .value = value_at(item, "value")};
    const std::string operation = string_at(item, "op");
    if (operation == "add") result.operation = Override::Operation::add;
    if (operation == "remove") result.operation = Override::Operation::remove;
    const bool known = operation.empty() || operation == "add" || operation == "remove" || operation == "replace";
    if (!known || (item.contains("op") && !item["op"].is_string())) {
      return fail(Code::invalid_override, part + "/op", fmt::format("the op '{}' is none of add, remove, replace", operation));
    }
    if (!pointer::parse(result.path)) {
      return fail(Code::invalid_override, part + "/path", "the path " + pointer::why_refused(result.path));
    }
    if (is_forbidden(result.path)) {
      return fail(Code::invalid_override, part + "/path",
                  fmt::format("the path {} must not be overridden: it names the object", result.path));
    }
    return result;
  }

  const manifest::Manifest& manifest_;
  const fleet::Fleet& fleet_;
};

}  // namespace

Result<FederatedObject> read_federated(const manifest::Manifest& manifest, const TypeTable& types, const fleet::Fleet& fleet,
                                       const std::string& default_namespace) {
  return FederatedReader{manifest, fleet}.read(types, default_namespace);
}

}  // namespace fedctl::federation
