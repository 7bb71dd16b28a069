#include "planning/host_inputs.hpp"

#include "control/host_objects.hpp"
#include "control/names.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <iterator>
#include <utility>

namespace fedctl::planning {
namespace {

using control::FederatedType;
using manifest::Manifest;

/// Adds what one of the reads that go out at once finds.
Task<Result<Done>> add(Task<Result<std::vector<Manifest>>> read, std::vector<Manifest>& found) {
  auto result = co_await read;
  if (!result) co_return Failure{result.error()};
  found = std::move(*result);
  co_return Done{};
}

Task<Result<std::vector<Manifest>>> read_all(const HostScope& host, bool with_policies) {
  std::vector<Manifest> federated;
  std::vector<Manifest> preferences;
  std::vector<Manifest> policies;
  std::vector<Task<Result<Done>>> reads;
  reads.push_back(add(control::read_federated_objects(host.host, host.types, host.config.scope), federated));
  reads.push_back(add(control::read_all_of(host.host, control::preferences()), preferences));
  if (with_policies) reads.push_back(add(control::read_all_of(host.host, control::failover_policies()), policies));
  const auto done = co_await when_all(std::move(reads));
  for (const auto& one : done) {
    if (!one) co_return Failure{one.error()};
  }
  std::ranges::move(preferences, std::back_inserter(federated));
  std::ranges::move(policies, std::back_inserter(federated));
  co_return federated;
}

std::string text_of(const Manifest& manifest) { return kube::to_string(kube::key_of(manifest.object)); }

bool has_name(const Manifest& manifest, const std::string& kind, const std::string& name) {
  return kube::string_at(manifest.object, "kind") == kind && kube::name_of(manifest.object) == name;
}

/// Does the host hold the file's object? One without a namespace is meant to be in the default one.
bool is_held_as(const Manifest& held, const Manifest& file, const std::string& default_namespace) {
  const std::string kind = kube::string_at(file.object, "kind");
  const std::string given = kube::namespace_of(file.object);
  const std::string name_space = given.empty() ? default_namespace : given;
  const std::string of_held = kube::namespace_of(held.object);
  const bool is_same_place = kind == "FederatedNamespace" || of_held.empty() || of_held == name_space;
  return is_same_place && has_name(held, kind, kube::name_of(file.object));
}

/// Of files to be deleted: what the host holds of them goes from there; plain objects, which are left, go from the members.
std::vector<Manifest> mark_removed(std::vector<Manifest> files, std::vector<Manifest>& held, const std::string& default_namespace,
                                   std::vector<std::string>& notices) {
  std::vector<Manifest> plain;
  for (Manifest& file : files) {
    const kube::GroupVersionKind type = kube::gvk_of(file.object);
    if (!federation::is_federated(type) && control::held_control_type(type) == nullptr) {
      if (control::is_control_group(type.group)) continue;
      file.removed = true;
      plain.push_back(std::move(file));
      continue;
    }
    const auto found = std::ranges::find_if(held, [&](const Manifest& one) { return is_held_as(one, file, default_namespace); });
    if (found != held.end()) found->removed = true;
    if (found == held.end()) notices.push_back(fmt::format("{}: the host does not hold it", text_of(file)));
  }
  return plain;
}

Result<void> mark_removed_by_name(const HostScope& host, const std::vector<kube::ObjectKey>& keys, std::vector<Manifest>& held) {
  for (const kube::ObjectKey& key : keys) {
    const auto found = std::ranges::find_if(
        held, [&](const Manifest& one) { return has_name(one, key.kind, key.name) && kube::namespace_of(one.object) == key.name_space; });
    if (found == held.end())
      return Failure{
          {.code = Code::not_found, .message = "the host holds no such object", .cluster = host.name(), .object = kube::to_string(key)}};
    found->removed = true;
  }
  return {};
}

/// Types that are disabled are left alone; so is what has a namespace as long as namespaces are not federated at all.
bool is_propagated(const HostScope& host, const Manifest& manifest, std::vector<std::string>& notices) {
  const FederatedType* type = control::type_of(host.types, manifest.object);
  if (type == nullptr) return true;
  if (!type->enabled) {
    notices.push_back(fmt::format("{}: {} is disabled, so it is left alone", text_of(manifest), type->name));
    return false;
  }
  const auto is_of_namespaces = [](const FederatedType& one) { return one.name == "namespaces" && one.enabled; };
  const bool needs_namespace = type->target.namespaced && host.config.scope == control::Scope::cluster;
  if (!needs_namespace || manifest.removed || std::ranges::any_of(host.types, is_of_namespaces)) return true;
  notices.push_back(fmt::format(
      "{}: in no cluster, since namespaces are not federated; run 'fedctl enable namespaces' and 'fedctl federate namespace {}'",
      text_of(manifest), kube::namespace_of(manifest.object)));
  return false;
}

}  // namespace

Result<std::vector<Manifest>> read_held(http::Loop& loop, const HostScope& host, bool with_policies) {
  return loop.run(read_all(host, with_policies));
}

Result<HostInputs> host_inputs(const HostScope& host, std::vector<Manifest> files, std::vector<Manifest> held, const PlanOptions& options,
                               const std::string& default_namespace) {
  HostInputs inputs;
  for (Manifest& manifest : files) control::normalize_group(host.types, manifest);
  if (options.prune && files.empty() && held.empty()) {
    return Failure{{.code = Code::conflict,
                    .message = "the host holds no federated object at all, so --prune would delete every copy there is",
                    .cluster = host.name(),
                    .hint = "delete what is to go by name: fedctl delete"}};
  }
  if (options.removes) files = mark_removed(std::move(files), held, default_namespace, inputs.notices);
  if (auto marked = mark_removed_by_name(host, options.removed, held); !marked) return Failure{marked.error()};
  const control::MergeOptions merging{.default_namespace = default_namespace, .prune = options.prune, .set = options.set};
  for (Manifest& manifest : control::merge_inputs(std::move(files), std::move(held), merging)) {
    const bool is_rendered = is_propagated(host, manifest, inputs.notices);
    (is_rendered ? inputs.manifests : inputs.not_propagated).push_back(std::move(manifest));
  }
  return inputs;
}

}  // namespace fedctl::planning
