#include "federation/schedule_targets.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::federation {
namespace {

using manifest::Manifest;

tl::unexpected<Error> refused(const Manifest& manifest, const std::string& part, std::string message, std::string hint = {}) {
  return Failure{{.code = Code::invalid_input,
                  .message = std::move(message),
                  .place = manifest.place(part),
                  .object = kube::to_string(kube::key_of(manifest.object)),
                  .hint = std::move(hint)}};
}

class TargetScheduler {
 public:
  TargetScheduler(FederatedObjects& federated, const fleet::Fleet& fleet, const RenderOptions& options, const TargetReaches& reaches,
                  Rendered& result)
      : federated_(federated), fleet_(fleet), options_(options), reaches_(reaches), result_(result) {}

  Result<void> run(std::span<const Manifest> manifests) {
    std::vector<Preference> preferences;
    for (const Manifest& manifest : manifests) {
      if (!is_preference(kube::gvk_of(manifest.object)) || manifest.removed) continue;
      auto preference = read_preference(manifest, options_.default_namespace);
      if (preference) {
        preferences.push_back(std::move(*preference));
        continue;
      }
      const std::string written = kube::namespace_of(manifest.object);
      const std::string key = (written.empty() ? options_.default_namespace : written) + "/" + kube::name_of(manifest.object);
      if (auto failed = fails_with_target(key, manifest, preference.error()); !failed) return failed;
    }
    if (auto single = check_one_preference_each(preferences); !single) return single;
    // They point at each other's parts, so none may move any more.
    result_.schedules.reserve(preferences.size());
    for (const Preference& preference : preferences) {
      if (auto done = schedule_one(preference); !done) return done;
    }
    return {};
  }

 private:
  /// Without its preference a target would fall back to its template's replicas, so it fails with it.
  Result<void> fails_with_target(const std::string& key, const Manifest& manifest, const Error& error) {
    if (auto failed = result_.add_failure(manifest, "", error); !failed) return failed;
    for (auto entry = federated_.begin(); entry != federated_.end();) {
      const FederatedObject& target = entry->second;
      const bool is_target = target.target.type.group == "apps" && target.name_space + "/" + target.name == key;
      if (is_target && entry->first != &manifest) result_.failures.push_back({entry->first, "", error});
      entry = is_target ? federated_.erase(entry) : std::next(entry);
    }
    return {};
  }

  Result<void> schedule_one(const Preference& preference) {
    FederatedObject* target = nullptr;
    std::string other_kind;
    for (auto& [manifest, federated] : federated_) {
      if (federated.name != preference.name || federated.name_space != preference.name_space || manifest->removed) continue;
      const std::string kind = kube::string_at(manifest->object, "kind");
      if (kind == preference.target_kind) target = &federated;
      if (federated.target.type.group == "apps") other_kind = kind;
    }
    if (target == nullptr && !other_kind.empty() && preference.manifest->host.empty()) {
      return refused(
          *preference.manifest, "/spec/targetKind",
          fmt::format("the target is a {} by its preference, but {} is a {}", preference.target_kind, preference.key(), other_kind),
          fmt::format("write targetKind: {}", other_kind));
    }
    if (target == nullptr) {
      result_.add_notice(*preference.manifest,
                         fmt::format("it schedules nothing: there is no {} {}", preference.target_kind, preference.key()));
      return {};
    }
    if (!target->base.contains("spec") || !target->base["spec"].is_object()) {
      return fails_with_target(preference.key(), *target->manifest,
                               refused(*target->manifest, "/spec/template",
                                       fmt::format("preference {} gives it replicas, and its template has no spec", preference.name))
                                   .value());
    }
    const auto reached = [&](const std::string& cluster) { return reaches_(*target, cluster); };
    auto scheduled = schedule_target(preference, *target, fleet_, options_.observed, reached);
    if (!scheduled) return fails_with_target(preference.key(), *preference.manifest, scheduled.error());
    if (!*scheduled) {
      result_.add_notice(*preference.manifest, "it schedules nothing: intersectWithClusterSelector leaves no cluster");
      return {};
    }
    std::ranges::move((*scheduled)->notices, std::back_inserter(result_.notices));
    result_.schedules.push_back(std::move(**scheduled));
    obey(*target, result_.schedules.back());
    return {};
  }

  /// As KubeFed writes it: the placement becomes the clusters that were scheduled, and their replicas an override, the last.
  void obey(FederatedObject& target, const TargetSchedule& schedule) {
    target.placement = {};
    for (const auto& [cluster, scheduled] : schedule.clusters) {
      target.placement.clusters.insert(cluster);
      ClusterOverrides& overrides = target.overrides[cluster];
      for (std::size_t i = overrides.items.size(); i-- > 0;) {
        if (overrides.items[i].path != replicas_path) continue;
        overrides.items.erase(overrides.items.begin() + static_cast<std::ptrdiff_t>(i));
        overrides.parts.erase(overrides.parts.begin() + static_cast<std::ptrdiff_t>(i));
      }
      overrides.items.push_back({.path = std::string{replicas_path}, .value = scheduled->replicas});
      overrides.parts.emplace_back("/spec/template");
    }
  }

  FederatedObjects& federated_;
  const fleet::Fleet& fleet_;
  const RenderOptions& options_;
  const TargetReaches& reaches_;
  Rendered& result_;
};

}  // namespace

Result<void> schedule_targets(std::span<const Manifest> manifests, FederatedObjects& federated, const fleet::Fleet& fleet,
                              const RenderOptions& options, const TargetReaches& reaches, Rendered& result) {
  return TargetScheduler{federated, fleet, options, reaches, result}.run(manifests);
}

}  // namespace fedctl::federation
