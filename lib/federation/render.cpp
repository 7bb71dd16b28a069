#include "federation/render.hpp"

#include "base/text.hpp"
#include "federation/concrete.hpp"
#include "federation/federated_object.hpp"
#include "federation/schedule_targets.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <optional>
#include <set>

namespace fedctl::federation {
namespace {

using kube::GroupVersionKind;
using manifest::Manifest;
using nlohmann::json;

tl::unexpected<Error> fail(Code code, const Manifest& manifest, const std::string& part, std::string message, std::string hint = {}) {
  return Failure{{code, std::move(message), manifest.place(part), "", kube::to_string(kube::key_of(manifest.object)), std::move(hint)}};
}

bool touches_replicas(const ClusterOverrides& overrides) {
  return std::ranges::any_of(overrides.items, [](const Override& item) { return item.path == replicas_path; });
}

/// Is this an object that speaks to the federation itself?
bool is_control(const GroupVersionKind& type) {
  return type.group == "core.kubefed.io" || type.group == "scheduling.kubefed.io" || type.group == "fedctl.io" ||
         type.kind == "EnableTypeDirective";
}

/// Renders one run's manifests; collects per cluster.
class Renderer {
 public:
  Renderer(const fleet::Fleet& fleet, const TypeTable& types, const RenderOptions& options)
      : fleet_(fleet), types_(types), options_(options) {
    for (const fleet::Cluster& cluster : fleet.clusters) result_.clusters.push_back({cluster.name, {}, {}, {}});
    taken_.resize(fleet.clusters.size());
  }

  Result<Rendered> run(std::span<const Manifest> manifests) {
    for (ClusterObjects& cluster : result_.clusters) cluster.objects.reserve(manifests.size());
    if (auto read = read_all(manifests); !read) return Failure{read.error()};
    const auto reached = [this](const FederatedObject& target, const std::string& cluster) { return reaches(target, cluster); };
    if (auto scheduled = schedule_targets(manifests, federated_, fleet_, options_, reached, result_); !scheduled)
      return Failure{scheduled.error()};
    for (const TargetSchedule& schedule : result_.schedules) schedule_of_[schedule.target] = &schedule;
    for (const Manifest& manifest : manifests) {
      const GroupVersionKind type = kube::gvk_of(manifest.object);
      const auto federated = federated_.find(&manifest);
      if (is_federated(type) && federated == federated_.end()) continue;
      auto done = federated != federated_.end() ? render_federated(federated->second)
                  : is_control(type)            ? note_control(manifest)
                                                : render_plain(manifest);
      if (!done) return Failure{done.error()};
    }
    return std::move(result_);
  }

 private:
  /// Reads the federated objects first: a FederatedNamespace bounds the placement of all that lives in it.
  Result<void> read_all(std::span<const Manifest> manifests) {
    for (const Manifest& manifest : manifests) {
      const GroupVersionKind type = kube::gvk_of(manifest.object);
      if (!is_federated(type) && !is_preference(type)) continue;
      if (auto same = check_namespace(manifest); !same) return same;
      if (is_preference(type)) continue;
      auto object = read_federated(manifest, types_, fleet_, options_.default_namespace);
      if (!object) {
        if (auto failed = fails_alone(manifest, "", object.error()); !failed) return failed;
        continue;
      }
      if (object->target.type == GroupVersionKind{"", "v1", "Namespace"}) {
        namespaces_[object->name] = manifest.removed ? std::set<std::string>{} : object->placement.clusters;
      }
      federated_.emplace(&manifest, std::move(*object));
    }
    return {};
  }

  Result<void> fails_alone(const Manifest& manifest, const std::string& cluster, const Error& error) {
    return result_.add_failure(manifest, cluster, error);
  }

  const TargetSchedule* schedule_of(const FederatedObject& federated) const {
    const auto found = schedule_of_.find(federated.manifest);
    return found == schedule_of_.end() ? nullptr : found->second;
  }

  Result<void> check_namespace(const Manifest& manifest) const {
    if (!manifest.host.empty()) return {};
    const std::string written = kube::namespace_of(manifest.object);
    if (!options_.namespace_is_given || written.empty() || written == options_.default_namespace) return {};
    return fail(Code::usage, manifest, "/metadata/namespace",
                fmt::format("the object is in namespace '{}', and -n says '{}'", written, options_.default_namespace),
                "leave one of them out");
  }

  /// Objects that speak to the federation itself: never sent to the members.
  Result<void> note_control(const Manifest& manifest) {
    const std::string kind = kube::string_at(manifest.object, "kind");
    // A fleet file may lie beside the manifests; it is ours to read, and nobody's to get.
    if (is_preference(kube::gvk_of(manifest.object)) || kind == "Fleet") return {};
    if (kind != "FederatedTypeConfig" && kind != "EnableTypeDirective" && !options_.has_host) {
      notice(manifest, fmt::format("a {} belongs to the host cluster; it is not sent to the members", kind));
    }
    return {};
  }

  void notice(const Manifest& manifest, const std::string& message) { result_.add_notice(manifest, message); }

  Result<void> render_plain(const Manifest& manifest) {
    const GroupVersionKind type = kube::gvk_of(manifest.object);
    if (type.kind == "CustomResourceDefinition" &&
        kube::string_at(kube::value_at(manifest.object, "spec"), "group") == "types.kubefed.io") {
      if (!options_.has_host)
        notice(manifest, "the definition of a federated type belongs to the host cluster; it is not sent to the members");
      return {};
    }
    if (auto same = check_namespace(manifest); !same) return same;
    const auto namespaced = types_.is_namespaced(type.group, type.kind);
    const Marks marks{options_.host_uid, options_.set_id};
    const auto make = [&manifest, namespaced, marks, default_namespace = options_.default_namespace](json object) {
      json& metadata = object["metadata"];
      if (namespaced == false) metadata.erase("namespace");
      if (namespaced == true && kube::namespace_of(object).empty()) metadata["namespace"] = default_namespace;
      return make_concrete(std::move(object), manifest, marks);
    };
    auto concrete = make(manifest.whole());
    if (!concrete) return Failure{concrete.error()};
    const kube::ObjectKey key = kube::key_of(**concrete);
    const auto content = !manifest.aside ? std::make_shared<const Content>(std::move(*concrete))
                                         : std::make_shared<const Content>(
                                               *concrete, [make, &manifest] { return *make(manifest.whole()); },
                                               [make, &manifest] { return *make(manifest.object); });
    for (std::size_t i = 0; i < fleet_.clusters.size(); ++i) {
      if (manifest.removed) {
        result_.clusters[i].absences.push_back({type, key, &manifest, "", false});
      } else if (auto added = add(i, {content, key, type.api_version(), &manifest}); !added) {
        return added;
      }
    }
    return {};
  }

  Result<void> render_federated(const FederatedObject& federated) {
    if (!federated.manifest->removed) report_placement(federated);
    const TargetSchedule* schedule = schedule_of(federated);
    Content::Object shared;
    std::shared_ptr<const Content> shared_content;
    for (std::size_t i = 0; i < fleet_.clusters.size(); ++i) {
      const std::string& cluster = fleet_.clusters[i].name;
      if (schedule != nullptr && leave_alone(i, *schedule, federated)) continue;
      if (!is_placed(federated, cluster)) {
        leave_out(i, federated);
        continue;
      }
      const auto overrides = federated.overrides.find(cluster);
      const bool has_overrides = overrides != federated.overrides.end() && !overrides->second.items.empty();
      auto object = has_overrides ? overridden(federated, cluster, overrides->second)
                    : shared      ? Result<std::shared_ptr<const json>>{shared}
                                  : make_concrete(federated.base, *federated.manifest, {options_.host_uid, options_.set_id});
      if (!object) {
        if (auto failed = fails_alone(*federated.manifest, cluster, object.error()); !failed) return failed;
        continue;
      }
      if (!has_overrides && !shared) {
        shared = *object;
        shared_content = std::make_shared<const Content>(shared);
      }
      DesiredObject desired{has_overrides ? std::make_shared<const Content>(*object) : shared_content, kube::key_of(**object),
                            kube::string_at(**object, "apiVersion"), federated.manifest, !federated.template_names_version};
      desired.retain_replicas = federated.retain_replicas && !(has_overrides && touches_replicas(overrides->second));
      if (schedule != nullptr) {
        desired.scheduled = schedule->clusters.at(cluster);
        desired.retain_replicas = federated.retain_replicas || desired.scheduled->held;
      }
      desired.adopt = kube::metadata_entry(federated.manifest->object, "annotations", adopt_annotation) == "true";
      if (auto added = add(i, std::move(desired)); !added) return added;
    }
    return {};
  }

  bool is_placed(const FederatedObject& federated, const std::string& cluster) const {
    return !federated.manifest->removed && federated.placement.clusters.contains(cluster) && reaches(federated, cluster);
  }

  /// Does the namespace of a federated object go to this cluster?
  bool reaches(const FederatedObject& federated, const std::string& cluster) const {
    if (federated.name_space.empty()) return true;
    const auto bound = namespaces_.find(federated.name_space);
    return bound == namespaces_.end() ? !options_.federated_namespaces : bound->second.contains(cluster);
  }

  void report_placement(const FederatedObject& federated) {
    if (!federated.placement.unknown.empty()) {
      notice(*federated.manifest, fmt::format("the fleet has no cluster {}; the placement's other clusters get it",
                                              text::join(federated.placement.unknown, ", ")));
    }
    std::vector<std::string> blocked;
    for (const std::string& cluster : federated.placement.clusters) {
      if (!is_placed(federated, cluster)) blocked.push_back(cluster);
    }
    if (!blocked.empty() && namespaces_.contains(federated.name_space)) {
      notice(*federated.manifest,
             fmt::format("not in {}: FederatedNamespace {} is not placed there", text::join(blocked, ", "), federated.name_space));
    } else if (!blocked.empty()) {
      notice(*federated.manifest, fmt::format("in no cluster: its namespace {} is not federated; run 'fedctl federate namespace {}'",
                                              federated.name_space, federated.name_space));
    }
    if (federated.placement.clusters.empty() && federated.placement.unknown.empty()) {
      notice(*federated.manifest, "placed in no cluster: it has neither placement.clusters nor a clusterSelector that matches");
    }
  }

  /// What a preference gives nothing because its cluster is not ready stays there as it is.
  bool leave_alone(std::size_t cluster, const TargetSchedule& schedule, const FederatedObject& federated) {
    const auto found = schedule.left_alone.find(fleet_.clusters[cluster].name);
    if (found == schedule.left_alone.end()) return false;
    const Condition& condition = found->second;
    result_.clusters[cluster].left_alone.push_back(
        {kube::key_of(federated.base), kube::string_at(federated.base, "apiVersion"), condition.code, condition.reason});
    return true;
  }

  /// A namespace is never taken away with all that is in it because of a placement; only when somebody deletes it by name.
  void leave_out(std::size_t cluster, const FederatedObject& federated) {
    const GroupVersionKind type = kube::gvk_of(federated.base);
    const bool removed = federated.manifest->removed;
    if (type.group.empty() && type.kind == "Namespace" && !removed) return;
    // Leaving a placement deletes, whatever the annotation says: so does KubeFed.
    const bool orphan = removed && kube::metadata_entry(federated.manifest->object, "annotations", orphan_annotation) == "true";
    const bool was_deleted_in_host = removed && !federated.manifest->host.empty();
    const std::string reason = was_deleted_in_host ? "its federated object was deleted" : removed ? "" : "no longer placed in this cluster";
    result_.clusters[cluster].absences.push_back({type, kube::key_of(federated.base), federated.manifest, reason, orphan});
  }

  Result<std::shared_ptr<const json>> overridden(const FederatedObject& federated, const std::string& cluster,
                                                 const ClusterOverrides& overrides) const {
    auto object = apply_overrides(federated.base, overrides.items);
    if (!object) {
      const std::size_t index = object.error().index;
      return fail(Code::invalid_override, *federated.manifest, overrides.parts[index] + "/path",
                  fmt::format("override {} of cluster '{}': {}", index, cluster, object.error().message));
    }
    if (kube::key_of(*object) != kube::key_of(federated.base)) {
      return fail(Code::invalid_override, *federated.manifest, "/spec/overrides",
                  fmt::format("the overrides of cluster '{}' change what names the object", cluster));
    }
    return make_concrete(std::move(*object), *federated.manifest, {options_.host_uid, options_.set_id});
  }

  Result<void> add(std::size_t cluster, DesiredObject desired) {
    const auto [first, is_new] = taken_[cluster].emplace(desired.key, desired.manifest);
    if (!is_new) {
      return fail(Code::invalid_input, *desired.manifest, "",
                  fmt::format("the cluster '{}' would get this object twice: it also comes from {}", fleet_.clusters[cluster].name,
                              first->second->place()),
                  "keep one of them");
    }
    result_.clusters[cluster].objects.push_back(std::move(desired));
    return {};
  }

  const fleet::Fleet& fleet_;
  const TypeTable& types_;
  const RenderOptions& options_;
  Rendered result_;
  FederatedObjects federated_;
  std::map<const Manifest*, const TargetSchedule*> schedule_of_;
  std::map<std::string, std::set<std::string>> namespaces_;
  std::vector<std::map<kube::ObjectKey, const Manifest*>> taken_;
};

}  // namespace

void Rendered::add_notice(const Manifest& manifest, const std::string& message) {
  notices.push_back(fmt::format("{}: {}: {}", manifest.place(), kube::to_string(kube::key_of(manifest.object)), message));
}

Result<void> Rendered::add_failure(const Manifest& manifest, const std::string& cluster, const Error& error) {
  if (manifest.host.empty()) return Failure{error};
  failures.push_back({&manifest, cluster, error});
  return {};
}

bool Rendered::has_more_steps() const { return std::ranges::any_of(schedules, &TargetSchedule::has_more_steps); }

std::vector<std::int64_t> Rendered::scheduled_replicas() const {
  std::vector<std::int64_t> replicas;
  for (const TargetSchedule& schedule : schedules) {
    for (const auto& [cluster, scheduled] : schedule.clusters) replicas.push_back(scheduled->replicas);
  }
  return replicas;
}

Result<Rendered> render(std::span<const Manifest> manifests, const fleet::Fleet& fleet, const TypeTable& types,
                        const RenderOptions& options) {
  return Renderer{fleet, types, options}.run(manifests);
}

namespace {

bool is_known(const GroupVersionKind& type, const TypeTable& types) {
  return is_federated(type) ? types.target_of(type.kind).has_value() : types.is_namespaced(type.group, type.kind).has_value();
}

}  // namespace

std::vector<GroupVersionKind> unknown_types(std::span<const Manifest> manifests, const TypeTable& types) {
  std::set<GroupVersionKind> unknown;
  for (const Manifest& manifest : manifests) {
    const GroupVersionKind type = kube::gvk_of(manifest.object);
    if (!is_control(type) && !is_known(type, types)) unknown.insert(type);
  }
  return {unknown.begin(), unknown.end()};
}

Result<void> check_types(std::span<const Manifest> manifests, const TypeTable& types) {
  for (const Manifest& manifest : manifests) {
    const GroupVersionKind type = kube::gvk_of(manifest.object);
    if (is_federated(type) || is_control(type) || is_known(type, types)) continue;
    return fail(Code::unknown_kind, manifest, "", fmt::format("no cluster serves {} of {}", type.kind, type.api_version()),
                "check apiVersion and kind, or install its CustomResourceDefinition");
  }
  return {};
}

}  // namespace fedctl::federation
