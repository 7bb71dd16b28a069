#include "control/enable.hpp"

#include "base/text.hpp"
#include "control/controller.hpp"
#include "control/finalizer.hpp"
#include "control/join.hpp"
#include "federation/type_table.hpp"
#include "kube/departure.hpp"
#include "kube/discovery.hpp"
#include "kube/openapi.hpp"
#include "manifest/manifest.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <set>

namespace fedctl::control {
namespace {

using nlohmann::json;

constexpr time::Duration definition_patience{30'000};

/// Kubernetes' own types whose replicas can be set; of its others we know that they have none.
bool is_scaled(const kube::Resource& target) {
  constexpr std::array<std::string_view, 4> names{"deployments.apps", "replicasets.apps", "statefulsets.apps", "replicationcontrollers"};
  return std::ranges::find(names, target.qualified_plural()) != names.end();
}

/// What Kubernetes keeps for itself, or keeps in one cluster only: nothing to write down once for many.
bool is_internal(const kube::Resource& type) {
  constexpr std::array<std::string_view, 16> plurals{"pods",
                                                     "nodes",
                                                     "events",
                                                     "endpoints",
                                                     "endpointslices",
                                                     "leases",
                                                     "controllerrevisions",
                                                     "csinodes",
                                                     "csistoragecapacities",
                                                     "volumeattachments",
                                                     "persistentvolumes",
                                                     "podtemplates",
                                                     "certificatesigningrequests",
                                                     "apiservices",
                                                     "ipaddresses",
                                                     "replicationcontrollers"};
  constexpr std::array<std::string_view, 4> groups{"flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "resource.k8s.io",
                                                   "storagemigration.k8s.io"};
  return std::ranges::find(plurals, type.plural) != plurals.end() || std::ranges::find(groups, type.group) != groups.end() ||
         is_control_group(type.group) || type.plural == "servicecidrs" || type.plural == "componentstatuses";
}

Result<kube::Resource> choose_version(const kube::Discovery& discovery, const kube::Resource& preferred, const std::string& version) {
  if (version.empty() || version == preferred.version) return preferred;
  std::vector<std::string> versions;
  for (const kube::Resource& resource : discovery.resources()) {
    if (resource.group != preferred.group || resource.plural != preferred.plural) continue;
    if (resource.version == version) return resource;
    versions.push_back(resource.version);
  }
  return Failure{{Code::unknown_kind, fmt::format("the host serves {} in version {}, not in {}", preferred.qualified_plural(),
                                                  text::join(versions, ", "), version)}};
}

Result<void> check_free(const kube::Resource& target, const kube::Resource& federated, const std::vector<FederatedType>& enabled) {
  for (const FederatedType& other : enabled) {
    const bool same_definition = other.federated.qualified_plural() == federated.qualified_plural();
    if (other.name == target.qualified_plural() && !same_definition) {
      return Failure{{.code = Code::conflict,
                      .message = fmt::format("{} is federated as {} already", other.name, other.federated.qualified_plural()),
                      .hint = "disable it first, or name that group with --federated-group"}};
    }
    if (other.name != target.qualified_plural() && same_definition) {
      return Failure{{.code = Code::conflict,
                      .message = fmt::format("{} stands for {} already", federated.qualified_plural(), other.name),
                      .hint = "choose another group with --federated-group"}};
    }
  }
  return {};
}

Task<Result<Schema>> schema_of(Host host, kube::Resource target, bool validate) {
  Schema schema{.has_replicas = is_scaled(target)};
  const bool is_known = federation::TypeTable{}.is_namespaced(target.group, target.kind).has_value();
  if (is_known && !validate) co_return schema;
  const auto type = co_await kube::read_schema(*host.client, target);
  if (!type) {
    if (!validate) co_return schema;
    Error error = type.error();
    error.hint = "leave --validate-template out";
    co_return Failure{std::move(error)};
  }
  schema.has_replicas = kube::has_replicas(*type);
  if (validate && !type->schema.is_null()) schema.template_schema = kube::template_schema(*type);
  co_return schema;
}

/// Objects of a federated type that are still in the host.
Task<Result<std::size_t>> count_objects(Host host, kube::Resource federated) {
  const kube::ListOptions options{.metadata_only = true};
  const auto list = co_await kube::list_if_served(*host.client, federated, options);
  if (!list) co_return Failure{list.error()};
  co_return list->items.size();
}

Task<Result<std::vector<Written>>> remove_all(Host host, std::vector<std::pair<kube::Resource, std::string>> objects, bool dry_run) {
  std::vector<Written> written;
  for (const auto& [resource, name] : objects) {
    const std::string name_space = resource.namespaced ? host.name_space : "";
    const auto live = co_await host.client->get(resource, name_space, name, true);
    if (!live && live.error().code == Code::not_found) continue;
    if (!live) co_return Failure{live.error()};
    Outcome outcome = Outcome::deleted;
    if (!dry_run) {
      const kube::DeleteOptions only_this{.uid = kube::uid_of(*live)};
      const auto removed = co_await host.client->remove(resource, name_space, name, only_this);
      if (!removed) co_return Failure{removed.error()};
      outcome = outcome_of(*removed);
    }
    written.push_back({host.client->cluster(), name_of(resource, name), name_space, outcome});
  }
  co_return written;
}

}  // namespace

Result<std::vector<TypeRequest>> read_directives(const std::vector<std::string>& paths) {
  const auto manifests = manifest::read(paths, false);
  if (!manifests) return Failure{manifests.error()};
  std::vector<TypeRequest> requests;
  for (const manifest::Manifest& manifest : manifests->items) {
    const std::string kind = kube::string_at(manifest.object, "kind");
    if (kind != "EnableTypeDirective") {
      return Failure{{Code::invalid_input, fmt::format("expected an EnableTypeDirective, found a {}", kind), manifest.place("/kind")}};
    }
    const json spec = kube::map_at(manifest.object, "spec");
    TypeRequest request{.word = kube::name_of(manifest.object), .version = kube::string_at(spec, "targetVersion")};
    if (const std::string group = kube::string_at(spec, "federatedGroup"); !group.empty()) request.federated_group = group;
    if (const std::string version = kube::string_at(spec, "federatedVersion"); !version.empty()) request.federated_version = version;
    requests.push_back(std::move(request));
  }
  return requests;
}

Task<Result<std::vector<EnabledType>>> resolve_types(Host host, std::vector<TypeRequest> requests, EnableOptions options) {
  const auto enabled = co_await read_types(host);
  if (!enabled) co_return Failure{enabled.error()};
  auto discovery = co_await kube::discover(*host.client, options.cache, false);
  std::vector<EnabledType> types;
  for (const TypeRequest& request : requests) {
    if (!discovery) co_return Failure{discovery.error()};
    auto preferred = discovery->match(request.word);
    if (!preferred && preferred.error().code == Code::unknown_kind) {
      discovery = co_await kube::discover(*host.client, options.cache, true);
      if (!discovery) co_return Failure{discovery.error()};
      preferred = discovery->match(request.word);
    }
    if (!preferred) co_return Failure{in_cluster(preferred.error(), host.client->cluster())};
    if (is_control_group(preferred->group)) {
      co_return Failure{{Code::usage, fmt::format("{} is a type of the federation itself", preferred->qualified_plural())}};
    }
    const auto target = choose_version(*discovery, *preferred, request.version);
    if (!target) co_return Failure{in_cluster(target.error(), host.client->cluster())};
    const kube::Resource federated = federated_resource(*target, request.federated_group, request.federated_version);
    if (auto free = check_free(*target, federated, *enabled); !free) co_return Failure{in_cluster(free.error(), host.client->cluster())};
    const auto schema = co_await schema_of(host, *target, options.validate_template);
    if (!schema) co_return Failure{schema.error()};
    types.push_back({*target, definition_of(*target, federated, *schema), config_of(*target, federated, host.name_space)});
  }
  co_return types;
}

Task<Result<std::vector<Written>>> enable(Host host, std::vector<EnabledType> types, EnableOptions options) {
  std::vector<Written> written;
  const auto note = [&](const kube::Resource& resource, const json& object, Outcome outcome) {
    written.push_back({host.client->cluster(), name_of(resource, kube::name_of(object)), kube::namespace_of(object), outcome});
  };
  const PutOptions how{.dry_run = options.dry_run, .made_by = "enable"};
  for (const EnabledType& type : types) {
    const auto definition = co_await put(*host.client, definitions(), type.definition, how);
    if (!definition) co_return Failure{definition.error()};
    note(definitions(), type.definition, definition->outcome);
    const auto config = co_await put(*host.client, type_configs(), type.config, how);
    if (!config) co_return Failure{config.error()};
    note(type_configs(), type.config, config->outcome);
    if (options.dry_run || has_condition(definition->object, "Established")) continue;
    const auto established = co_await wait_for(
        *host.client, definitions(), "", kube::name_of(type.definition), [](const json& one) { return has_condition(one, "Established"); },
        definition_patience, "the definition was not established");
    if (!established) co_return Failure{established.error()};
  }
  co_return written;
}

Task<Result<std::vector<TypeRequest>>> common_types(Host host, std::vector<kube::Client*> members, kube::DiscoveryCache cache) {
  const auto own = co_await kube::discover(*host.client, cache, true);
  if (!own) co_return Failure{own.error()};
  std::vector<kube::Discovery> others;
  for (kube::Client* member : members) {
    auto discovery = co_await kube::discover(*member, cache, true);
    if (!discovery) co_return Failure{in_cluster(discovery.error(), member->cluster())};
    others.push_back(std::move(*discovery));
  }
  std::vector<TypeRequest> requests;
  std::set<std::string> seen;
  for (const kube::Resource& type : own->resources()) {
    const bool everywhere =
        std::ranges::all_of(others, [&](const kube::Discovery& other) { return other.find_kind(type.kind, type.group) != nullptr; });
    if (!everywhere || !type.listable || is_internal(type) || !seen.insert(type.qualified_plural()).second) continue;
    requests.push_back({type.qualified_plural()});
  }
  co_return requests;
}

Task<Result<std::vector<Written>>> update_member_rights(Host host, ConnectContext connect, std::vector<std::string>& warnings) {
  const auto config = co_await read_config(host);
  if (!config) co_return Failure{config.error()};
  const auto clusters = co_await read_clusters(host);
  if (!clusters) co_return Failure{clusters.error()};
  const auto types = co_await read_types(host);
  if (!types) co_return Failure{types.error()};
  std::vector<Written> written;
  for (const json& cluster : *clusters) {
    if (kube::metadata_entry(cluster, "annotations", rights_annotation) != "minimal") continue;
    const std::string name = kube::name_of(cluster);
    const auto client = connect(name, kube::metadata_entry(cluster, "annotations", context_annotation));
    Result<Written> done = Failure{client ? Error{} : client.error()};
    if (client) done = co_await update_rights(host, **client, name, config->scope, *types);
    if (done) {
      written.push_back(std::move(*done));
    } else {
      warnings.push_back(
          fmt::format("the rights of {} could not be brought up to date: {}; run 'fedctl join {} --rbac minimal --error-on-existing=false'",
                      name, done.error().message, name));
    }
  }
  co_return written;
}

Task<Result<std::vector<Written>>> disable(Host host, std::string word, DisableOptions options) {
  const auto types = co_await read_types(host);
  if (!types) co_return Failure{types.error()};
  std::string name = word;
  if (word.find('.') == std::string::npos) {
    const auto discovery = co_await kube::discover(*host.client, options.cache, false);
    const auto match = discovery ? discovery->match(word) : Result<kube::Resource>{Failure{discovery.error()}};
    if (match) name = match->qualified_plural();
  }
  const auto found = std::ranges::find(*types, name, &FederatedType::name);
  if (found == types->end() && !options.delete_definition) {
    std::vector<std::string> names;
    for (const FederatedType& type : *types) names.push_back(type.name);
    co_return Failure{{.code = Code::not_found,
                       .message = fmt::format("{} is not enabled{}", name, text::did_you_mean(name, names)),
                       .cluster = host.client->cluster(),
                       .hint = names.empty() ? "no type is" : "enabled are " + text::join(names, ", ")}};
  }
  const std::string plural = "federated" + name.substr(0, name.find('.')) + "." + options.federated_group;
  const std::string definition = found == types->end() ? plural : found->federated.qualified_plural();
  std::vector<std::pair<kube::Resource, std::string>> objects;
  if (options.delete_definition) {
    if (found != types->end()) {
      const auto left = co_await count_objects(host, found->federated);
      if (!left) co_return Failure{left.error()};
      if (*left > 0) {
        co_return Failure{{.code = Code::conflict,
                           .message = fmt::format("{} would go with its definition", text::count(*left, found->federated.kind)),
                           .cluster = host.client->cluster(),
                           .hint = "delete them first ('fedctl delete'), or leave --delete-crd out"}};
      }
    }
    objects.emplace_back(definitions(), definition);
  }
  objects.emplace_back(type_configs(), name);
  auto done = co_await remove_all(host, objects, options.dry_run);
  if (!done) co_return Failure{done.error()};
  if (done->empty())
    co_return Failure{{.code = Code::not_found,
                       .message = fmt::format("{} is not enabled, and there is no {}", name, definition),
                       .cluster = host.client->cluster()}};
  // It comes last.
  Written& last = done->back();
  const bool is_held = last.outcome == Outcome::deleting && last.object == name_of(type_configs(), name) && found != types->end();
  if (!is_held) co_return done;
  // KubeFed's controller holds it by a finalizer; where none runs any more, nobody else would let go.
  const auto controller = co_await find_controller(host);
  if (!controller || controller->alive) co_return done;
  const std::string uid = kube::uid_of(found->config);
  const auto freed = co_await take_finalizer(*host.client, type_configs(), host.name_space, name, uid, type_config_finalizer);
  if (!freed) co_return Failure{freed.error()};
  const auto gone = co_await kube::wait_until_gone(*host.client, type_configs(), host.name_space, name, uid, departure_patience);
  if (gone) last.outcome = Outcome::deleted;
  co_return done;
}

}  // namespace fedctl::control
