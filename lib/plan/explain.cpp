#include "plan/explain.hpp"

#include "base/pointer.hpp"
#include "base/text.hpp"
#include "federation/federated_object.hpp"
#include "plan/diff.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>

namespace fedctl::plan {
namespace {

using federation::ClusterObjects;
using federation::DesiredObject;
using federation::FederatedObject;
using federation::Override;
using kube::Leaf;
using manifest::Manifest;
using nlohmann::json;

/// Who set a scalar: an override, by its number, or the template; and by which part of the manifest.
struct Setter {
  int override_number = -1;
  std::string part;
};

/// An object's shape with the numbers of its setters instead of its scalars. Overrides look at shapes only, so that applied
/// to this they tell where everything ends up, however they shift lists.
class Shadow {
 public:
  explicit Shadow(const json& base) : shape_(shaped(base, {-1, "/spec/template"})) {}

  void apply(const Override& item, int number, const std::string& part) {
    Override shadow = item;
    shadow.value = shaped(item.value, {number, part + "/value"});
    // What could be rendered can be shadowed.
    if (auto applied = federation::apply_overrides(shape_, std::span{&shadow, 1})) shape_ = std::move(*applied);
  }

  const Setter* setter_of(const json::json_pointer& pointer) const {
    if (!shape_.contains(pointer)) return nullptr;
    const json& number = shape_[pointer];
    return number.is_number_unsigned() ? &setters_[number.get<std::size_t>()] : nullptr;
  }

 private:
  json shaped(const json& value, const Setter& setter) {
    if (value.is_structured()) {
      json result = value;
      for (const auto& [key, entry] : value.items()) {
        const std::string part = setter.part + pointer::below("", key);
        value.is_object() ? result[key] = shaped(entry, {setter.override_number, part})
                          : result[std::stoul(key)] = shaped(entry, {setter.override_number, part});
      }
      return result;
    }
    setters_.push_back(setter);
    return setters_.size() - 1;
  }

  std::vector<Setter> setters_;
  json shape_;
};

bool has_part(const json& object, const std::string& part) { return pointer::find(object, part) != nullptr; }

/// One object of one cluster.
class Fields {
 public:
  Fields(const FederatedObject& federated, const std::string& cluster, const DesiredObject& desired)
      : federated_(federated), desired_(desired), shadow_(federated.base) {
    if (const auto found = federated.overrides.find(cluster); found != federated.overrides.end()) overrides_ = &found->second;
    for (std::size_t i = 0; overrides_ != nullptr && i < overrides_->items.size(); ++i)
      shadow_.apply(overrides_->items[i], static_cast<int>(i), overrides_->parts[i]);
  }

  std::vector<FieldOrigin> origins() const {
    const Shown masked = shown(json(), *desired_.content->get());
    const Shown masked_base = shown(json(), federated_.base);
    std::map<std::string, const Leaf*> base;
    const std::vector<Leaf> base_leaves = kube::leaves_of(masked_base.after);
    for (const Leaf& leaf : base_leaves) base[leaf.name] = &leaf;
    std::vector<FieldOrigin> result;
    for (const Leaf& leaf : kube::leaves_of(masked.after)) {
      FieldOrigin origin = origin_of(leaf);
      origin.value = masked.after[leaf.pointer];
      const bool is_replicas = leaf.pointer.to_string() == federation::replicas_path;
      const bool is_scheduled = desired_.scheduled && is_replicas;
      if (is_scheduled) {
        origin.source = desired_.scheduled->reason;
        origin.place = desired_.scheduled->preference->place();
      }
      const auto before = base.find(leaf.name);
      if (before != base.end() && (origin.source.starts_with("override") || is_scheduled))
        origin.instead_of = masked_base.after[before->second->pointer];
      base.erase(leaf.name);
      origin.left_to_cluster = desired_.retain_replicas && is_replicas;
      result.push_back(std::move(origin));
    }
    for (const Leaf& leaf : base_leaves) {
      if (base.contains(leaf.name)) add_removed(leaf, masked_base.after[leaf.pointer], result);
    }
    return result;
  }

 private:
  FieldOrigin origin_of(const Leaf& leaf) const {
    const Manifest& manifest = *federated_.manifest;
    const std::string pointer = leaf.pointer.to_string();
    const Setter* setter = shadow_.setter_of(leaf.pointer);
    // A Secret's stringData come out as data.
    if (setter == nullptr && pointer.starts_with("/data/"))
      setter = shadow_.setter_of(json::json_pointer{"/stringData" + pointer.substr(5)});
    if (setter != nullptr && setter->override_number >= 0)
      return {leaf, {}, fmt::format("override {}", setter->override_number), manifest.place(setter->part)};
    const std::string part = setter != nullptr ? setter->part : "/spec/template" + pointer;
    if (has_part(manifest.object, part)) return {leaf, {}, "template", manifest.place(part)};
    if (const auto number = covering_override(pointer)) return {leaf, {}, fmt::format("override {}", *number), place_of(*number)};
    if (setter == nullptr) return {leaf, {}, "fedctl", ""};
    return {leaf, {}, "the federated object", manifest.place(has_part(manifest.object, pointer) ? pointer : "")};
  }

  std::string place_of(std::size_t number) const { return federated_.manifest->place(overrides_->parts[number]); }

  /// The last override that touches the field or something that it is in.
  std::optional<std::size_t> covering_override(const std::string& pointer) const {
    std::optional<std::size_t> last;
    for (std::size_t i = 0; overrides_ != nullptr && i < overrides_->items.size(); ++i) {
      const std::string& path = overrides_->items[i].path;
      if (pointer.starts_with(path) && (pointer.size() == path.size() || pointer[path.size()] == '/')) last = i;
    }
    return last;
  }

  void add_removed(const Leaf& leaf, const json& value, std::vector<FieldOrigin>& result) const {
    const auto number = covering_override(leaf.pointer.to_string());
    if (!number) return;
    FieldOrigin origin{leaf, {}, fmt::format("override {}", *number), place_of(*number)};
    origin.instead_of = value;
    result.push_back(std::move(origin));
  }

  const FederatedObject& federated_;
  const DesiredObject& desired_;
  const federation::ClusterOverrides* overrides_ = nullptr;
  Shadow shadow_;
};

std::vector<FieldOrigin> plain_origins(const Manifest& manifest, const DesiredObject& desired) {
  const Shown masked = shown(json(), *desired.content->get());
  std::vector<FieldOrigin> result;
  for (const Leaf& leaf : kube::leaves_of(masked.after)) {
    std::string part = leaf.pointer.to_string();
    if (!has_part(manifest.object, part) && part.starts_with("/data/")) part = "/stringData" + part.substr(5);
    const bool is_written = has_part(manifest.object, part);
    FieldOrigin origin{leaf, masked.after[leaf.pointer], is_written ? "the manifest" : "fedctl", is_written ? manifest.place(part) : ""};
    result.push_back(std::move(origin));
  }
  return result;
}

class Explainer {
 public:
  Explainer(const Scene& scene, const kube::Named& named) : scene_(scene), named_(named) {}

  std::vector<Explanation> run() const {
    std::vector<Explanation> result;
    for (const Manifest& manifest : scene_.manifests) {
      const kube::GroupVersionKind type = kube::gvk_of(manifest.object);
      if (federation::is_federated(type)) {
        explain_federated(manifest, result);
      } else if (is_meant(type, kube::key_of(manifest.object))) {
        explain_plain(manifest, result);
      }
    }
    return result;
  }

 private:
  bool is_meant(const kube::GroupVersionKind& type, kube::ObjectKey key) const {
    const kube::Resource resource = scene_.types.resource_of(type);
    if (resource.namespaced && key.name_space.empty()) key.name_space = scene_.default_namespace;
    return kube::is_meant(named_, resource, key);
  }

  void explain_federated(const Manifest& manifest, std::vector<Explanation>& result) const {
    const auto target = scene_.types.target_of(kube::string_at(manifest.object, "kind"));
    if (!target || !is_meant(target->type, kube::key_of(manifest.object))) return;
    const auto federated = federation::read_federated(manifest, scene_.types, scene_.fleet, scene_.default_namespace);
    Explanation explanation = started(manifest);
    if (federated) explanation.key = kube::key_of(federated->base);
    for (const ClusterObjects& cluster : scene_.rendered.clusters) {
      const DesiredObject* desired = find(cluster, manifest);
      ClusterExplanation one{.cluster = cluster.cluster, .wanted = desired != nullptr, .reason = {}, .place = {}, .fields = {}};
      if (const Error* failure = failure_of(manifest, cluster.cluster)) {
        one.reason = "it cannot be rendered: " + failure->message;
        one.place = failure->place;
      } else if (federated) {
        give_reason(*federated, one);
        if (desired != nullptr) one.fields = Fields{*federated, cluster.cluster, *desired}.origins();
      }
      explanation.clusters.push_back(std::move(one));
    }
    result.push_back(std::move(explanation));
  }

  void explain_plain(const Manifest& manifest, std::vector<Explanation>& result) const {
    Explanation explanation = started(manifest);
    for (const ClusterObjects& cluster : scene_.rendered.clusters) {
      ClusterExplanation one{.cluster = cluster.cluster, .wanted = false, .reason = {}, .place = manifest.place(), .fields = {}};
      if (const DesiredObject* desired = find(cluster, manifest)) {
        explanation.key = desired->key;
        one.wanted = true;
        one.reason = "what is not federated goes to every cluster";
        one.fields = plain_origins(manifest, *desired);
      } else {
        one.reason = "it is not for the members";
      }
      explanation.clusters.push_back(std::move(one));
    }
    result.push_back(std::move(explanation));
  }

  static Explanation started(const Manifest& manifest) {
    const kube::ObjectKey key = kube::key_of(manifest.object);
    return {.key = key, .manifest = kube::to_string(key), .place = manifest.place(), .clusters = {}};
  }

  static const DesiredObject* find(const ClusterObjects& cluster, const Manifest& manifest) {
    const auto found = std::ranges::find(cluster.objects, &manifest, &DesiredObject::manifest);
    return found == cluster.objects.end() ? nullptr : &*found;
  }

  const Error* failure_of(const Manifest& manifest, const std::string& cluster) const {
    for (const federation::RenderFailure& failure : scene_.rendered.failures) {
      if (failure.manifest == &manifest && (failure.cluster.empty() || failure.cluster == cluster)) return &failure.error;
    }
    return nullptr;
  }

  /// The placement's reason, unless its namespace or a deletion overrules it.
  void give_reason(const FederatedObject& federated, ClusterExplanation& one) const {
    const Manifest& manifest = *federated.manifest;
    const fleet::Cluster* cluster = scene_.fleet.find(one.cluster);
    if (manifest.removed || cluster == nullptr) {
      one.reason = "the federated object is being deleted";
      one.place = manifest.place();
      return;
    }
    if (const federation::TargetSchedule* schedule = schedule_of(manifest)) {
      give_reason(*schedule, federated, one);
      return;
    }
    const json spec = kube::map_at(manifest.object, "spec");
    const federation::Choice choice = federation::choice_of(kube::value_at(spec, "placement"), *cluster);
    one.reason = choice.reason;
    one.place = manifest.place("/spec/placement" + choice.part);
    if (choice.selected != one.wanted) blame_namespace(federated, one);
  }

  /// A preference overwrites the placement.
  void give_reason(const federation::TargetSchedule& schedule, const FederatedObject& federated, ClusterExplanation& one) const {
    const std::string preference = kube::name_of(schedule.preference->object);
    one.place = schedule.preference->place();
    if (const auto left = schedule.left_alone.find(one.cluster); left != schedule.left_alone.end()) {
      one.reason = fmt::format("preference {} gives nothing to a cluster that is not ready: {}", preference, left->second.reason);
      return;
    }
    const bool is_scheduled = schedule.clusters.contains(one.cluster);
    one.reason = is_scheduled ? fmt::format("preference {} schedules it to here", preference)
                              : fmt::format("preference {} takes only clusters that the clusterSelector selects", preference);
    if (is_scheduled != one.wanted) blame_namespace(federated, one);
  }

  void blame_namespace(const FederatedObject& federated, ClusterExplanation& one) const {
    const Manifest* name_space = federated_namespace(federated.name_space);
    one.reason += name_space != nullptr ? fmt::format(", but FederatedNamespace {} is not placed there", federated.name_space)
                                        : fmt::format(", but its namespace {} is not federated", federated.name_space);
    if (name_space != nullptr) one.place = name_space->place("/spec/placement");
  }

  const federation::TargetSchedule* schedule_of(const Manifest& manifest) const {
    const auto found = std::ranges::find(scene_.rendered.schedules, &manifest, &federation::TargetSchedule::target);
    return found == scene_.rendered.schedules.end() ? nullptr : &*found;
  }

  const Manifest* federated_namespace(const std::string& name) const {
    const auto found = std::ranges::find_if(scene_.manifests, [&](const Manifest& manifest) {
      return kube::string_at(manifest.object, "kind") == "FederatedNamespace" && kube::name_of(manifest.object) == name;
    });
    return found == scene_.manifests.end() ? nullptr : &*found;
  }

  const Scene& scene_;
  const kube::Named& named_;
};

}  // namespace

std::vector<Explanation> explain(const Scene& scene, const kube::Named& named) { return Explainer{scene, named}.run(); }

Result<void> keep_field(std::vector<Explanation>& explanations, const std::string& wanted) {
  const std::string field = wanted.starts_with('.') ? wanted.substr(1) : wanted;
  std::set<std::string> names;
  bool found = false;
  for (Explanation& explanation : explanations) {
    for (ClusterExplanation& cluster : explanation.clusters) {
      for (const FieldOrigin& origin : cluster.fields) names.insert(origin.leaf.name);
      std::erase_if(cluster.fields, [&](const FieldOrigin& origin) { return !kube::is_within(origin.leaf, field); });
      found = found || !cluster.fields.empty();
    }
  }
  if (found) return {};
  const std::vector<std::string> known{names.begin(), names.end()};
  return Failure{{.code = Code::not_found,
                  .message = fmt::format("the object has no field {}{}", wanted, text::did_you_mean(field, known)),
                  .hint = "leave --field out to see them all"}};
}

}  // namespace fedctl::plan
