#include "control/federate.hpp"

#include "base/text.hpp"
#include "control/strip.hpp"
#include "federation/render.hpp"
#include "federation/type_table.hpp"
#include "http/rest.hpp"
#include "inspect/contents.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::control {
namespace {

using inspect::Found;
using inspect::Search;
using nlohmann::json;

bool is_namespace(const kube::Resource& resource) { return resource.group.empty() && resource.kind == "Namespace"; }

/// What of a namespace nobody would take along: made by the cluster, of the federation itself, or without life of its own.
bool is_taken_along(const Found& found) {
  const std::string& group = found.resource.group;
  const bool is_control = is_control_group(group) || group == "coordination.k8s.io";
  return !is_control && !inspect::is_made_by_cluster(found) && is_subdomain(kube::name_of(found.object));
}

bool is_skipped(const kube::Resource& resource, const std::vector<std::string>& skip) {
  return std::ranges::any_of(skip, [&](const std::string& typed) {
    const std::string word = text::lower(typed);
    const std::string kind = text::lower(resource.kind);
    const auto is_called = [&](const std::string& name) { return word == name || word == name + "." + resource.group; };
    return (!resource.group.empty() && word == resource.group) || is_called(resource.plural) || is_called(resource.singular) ||
           is_called(kind) || std::ranges::any_of(resource.short_names, is_called);
  });
}

/// Federates live objects of one host.
class Federator {
 public:
  Federator(Host host, FederateOptions options) : host_(std::move(host)), options_(std::move(options)) {}

  Task<Result<FederateReport>> run(std::string word, std::string name_space, std::string name) {
    auto discovery = co_await kube::discover(*host_.client, options_.cache, false);
    if (!discovery) co_return Failure{discovery.error()};
    const auto target = discovery->match(word);
    if (!target) co_return Failure{in_cluster(target.error(), host_.client->cluster())};
    if (options_.contents && !is_namespace(*target)) {
      co_return Failure{{Code::usage, "--contents goes with a namespace: fedctl federate namespace NAME --contents"}};
    }
    if (!target->namespaced) name_space.clear();
    auto object = co_await host_.client->get(*target, name_space, name);
    if (!object) co_return Failure{not_there(object.error(), name)};
    std::vector<Found> found{{*target, std::move(*object)}};
    if (options_.contents) {
      const auto more = co_await find_contents(*discovery, name, found);
      if (!more) co_return Failure{more.error()};
    }
    const auto checked = co_await check_placement();
    if (!checked) co_return Failure{checked.error()};
    const auto types = co_await types_of(found);
    if (!types) co_return Failure{types.error()};
    make_all(found, *types);
    if (options_.emit) co_return std::move(report_);
    co_return co_await create_all(found, *types);
  }

 private:
  /// Federated type by the target's qualified plural.
  using Types = std::map<std::string, kube::Resource>;

  /// A namespace is federated from the host's, which must be there first.
  Error not_there(Error error, const std::string& name) const {
    if (kube::is_missing_namespace(error))
      error.hint = fmt::format("create it first: kubectl --context {} create namespace {}", host_.client->cluster(), name);
    return error;
  }

  Task<Result<Done>> find_contents(const kube::Discovery& discovery, std::string name_space, std::vector<Found>& found) {
    std::vector<kube::Resource> types = inspect::object_types(discovery);
    std::erase_if(types, [&](const kube::Resource& type) {
      return !type.namespaced || is_skipped(type, options_.skip) || type.group.ends_with("kubefed.io");
    });
    const Search search{.name_space = name_space, .metadata_only = false};
    auto contents = co_await inspect::find_objects(*host_.client, types, search);
    if (!contents) {
      Error error = contents.error();
      error.hint = "--skip-api-resources leaves a type out";
      co_return Failure{std::move(error)};
    }
    for (Found& one : *contents) {
      if (is_taken_along(one)) found.push_back(std::move(one));
    }
    co_return Done{};
  }

  /// A cluster that does not exist is better said now than when nothing arrives.
  Task<Result<Done>> check_placement() {
    if (options_.placement.empty()) co_return Done{};
    const auto clusters = co_await read_clusters(host_);
    if (!clusters) co_return Failure{clusters.error()};
    std::vector<std::string> names;
    for (const json& cluster : *clusters) names.push_back(kube::name_of(cluster));
    for (const std::string& name : options_.placement) {
      if (std::ranges::find(names, name) != names.end()) continue;
      co_return Failure{{.code = Code::not_found,
                         .message = fmt::format("--placement {}: no such cluster is joined{}", name, text::did_you_mean(name, names)),
                         .cluster = host_.client->cluster(),
                         .hint = names.empty() ? "none is" : "joined are " + text::listed(names)}};
    }
    co_return Done{};
  }

  Task<Result<Types>> types_of(const std::vector<Found>& found) {
    Types types;
    std::vector<TypeRequest> missing;
    const auto enabled = co_await read_types(host_);
    if (!enabled && !options_.emit) co_return Failure{enabled.error()};
    for (const Found& one : found) {
      const std::string plural = one.resource.qualified_plural();
      if (types.contains(plural)) continue;
      types[plural] = federated_resource(one.resource, std::string{default_federated_group}, std::string{default_federated_version});
      const auto known = enabled ? std::ranges::find(*enabled, plural, &FederatedType::name) : std::vector<FederatedType>::const_iterator{};
      if (enabled && known != enabled->end()) {
        types[plural] = known->federated;
      } else if (!options_.emit) {
        missing.push_back({plural});
      }
    }
    if (missing.empty()) co_return types;
    if (!options_.enable_type) {
      std::vector<std::string> words;
      for (const TypeRequest& request : missing) words.push_back(request.word);
      co_return Failure{{.code = Code::not_found,
                         .message = fmt::format("{} {} not enabled", text::join(words, ", "), words.size() == 1 ? "is" : "are"),
                         .cluster = host_.client->cluster(),
                         .hint = fmt::format("run 'fedctl enable {}', or use --enable-type", text::join(words, " "))}};
    }
    const EnableOptions how{.dry_run = options_.dry_run, .cache = options_.cache};
    const auto resolved = co_await resolve_types(host_, missing, how);
    if (!resolved) co_return Failure{resolved.error()};
    const auto written = co_await enable(host_, *resolved, how);
    if (!written) co_return Failure{written.error()};
    std::ranges::copy(*written, std::back_inserter(report_.written));
    co_return types;
  }

  void make_all(const std::vector<Found>& found, const Types& types) {
    for (const Found& one : found) {
      report_.objects.push_back(federated_object_of(one.object, types.at(one.resource.qualified_plural()), options_, report_.warnings));
    }
  }

  /// All that exist are found out before one is made.
  Task<Result<FederateReport>> create_all(const std::vector<Found>& found, const Types& types) {
    std::vector<Task<Result<json>>> looks;
    for (std::size_t i = 0; i < found.size(); ++i) {
      const kube::Resource& federated = types.at(found[i].resource.qualified_plural());
      looks.push_back(host_.client->get(federated, kube::namespace_of(report_.objects[i]), kube::name_of(report_.objects[i]), true));
    }
    const auto live = co_await when_all(std::move(looks));
    std::vector<Task<Result<Done>>> creations;
    for (std::size_t i = 0; i < found.size(); ++i) {
      const kube::Resource& federated = types.at(found[i].resource.qualified_plural());
      const bool exists = live[i].has_value();
      if (!exists && live[i].error().code != Code::not_found) co_return Failure{live[i].error()};
      if (exists && !options_.contents) {
        co_return Failure{{.code = Code::conflict,
                           .message = "it is federated already",
                           .cluster = host_.client->cluster(),
                           .object = kube::to_string(kube::key_of(report_.objects[i])),
                           .hint = "change it with kubectl, or with 'fedctl apply -f'"}};
      }
      report_.written.push_back({host_.client->cluster(), name_of(federated, kube::name_of(report_.objects[i])),
                                 kube::namespace_of(report_.objects[i]), exists ? Outcome::unchanged : Outcome::created});
      if (!exists && !options_.dry_run) creations.push_back(create(federated, report_.objects[i]));
    }
    const auto done = co_await when_all(std::move(creations));
    for (const auto& one : done) {
      if (!one) co_return Failure{one.error()};
    }
    co_return std::move(report_);
  }

  /// A type that was enabled a moment ago is not served at once.
  Task<Result<Done>> create(kube::Resource federated, json object) {
    for (int attempt = 0;; ++attempt) {
      const auto made = co_await host_.client->create(federated, object);
      if (made) co_return Done{};
      const bool is_new_type = made.error().code == Code::not_found && !kube::is_missing_namespace(made.error());
      if (!is_new_type || attempt == 100) co_return Failure{made.error()};
      const http::Rest rest = co_await http::rest(host_.client->loop(), time::Duration{100});
      if (rest == http::Rest::interrupted) co_return Failure{made.error()};
    }
  }

  Host host_;
  FederateOptions options_;
  FederateReport report_;
};

json placement_of(const FederateOptions& options) {
  if (options.placement.empty()) return {{"clusterSelector", options.selector}};
  json clusters = json::array();
  for (const std::string& name : options.placement) clusters.push_back({{"name", name}});
  return {{"clusters", std::move(clusters)}};
}

}  // namespace

json federated_object_of(const json& object, const kube::Resource& federated, const FederateOptions& options,
                         std::vector<std::string>& warnings) {
  json metadata{{"name", kube::name_of(object)}};
  const bool is_of_namespace = federated.kind == "FederatedNamespace";
  const std::string name_space = is_of_namespace ? kube::name_of(object) : kube::namespace_of(object);
  if (!name_space.empty()) metadata["namespace"] = name_space;
  if (options.adopt) metadata["annotations"][std::string{federation::adopt_annotation}] = "true";
  if (!kube::list_at(kube::map_at(object, "metadata"), "finalizers").empty()) {
    warnings.push_back(fmt::format("{}: its finalizers are not taken along", kube::to_string(kube::key_of(object))));
  }
  return {{"apiVersion", federated.type().api_version()},
          {"kind", federated.kind},
          {"metadata", std::move(metadata)},
          {"spec", {{"template", template_of(object)}, {"placement", placement_of(options)}}}};
}

Task<Result<FederateReport>> federate(Host host, std::string word, std::string name_space, std::string name, FederateOptions options) {
  Federator federator{std::move(host), std::move(options)};
  co_return co_await federator.run(std::move(word), std::move(name_space), std::move(name));
}

Result<FederateReport> federate_files(std::span<const manifest::Manifest> manifests, const FederateOptions& options) {
  FederateReport report;
  for (const manifest::Manifest& manifest : manifests) {
    const kube::GroupVersionKind type = kube::gvk_of(manifest.object);
    if (federation::is_federated(type)) {
      return Failure{{.code = Code::invalid_input,
                      .message = "it is federated already",
                      .place = manifest.place(),
                      .object = kube::to_string(kube::key_of(manifest.object))}};
    }
    const kube::Resource target{.group = type.group, .version = type.version, .kind = type.kind};
    const kube::Resource federated =
        federated_resource(target, std::string{default_federated_group}, std::string{default_federated_version});
    report.objects.push_back(federated_object_of(manifest.whole(), federated, options, report.warnings));
  }
  return report;
}

Result<json> selector_of(const std::string& text) {
  json labels = json::object();
  for (const std::string& part : text::split(text, ',')) {
    const auto equals = part.find('=');
    if (text::trim(part).empty() && text.empty()) continue;
    const bool is_plain =
        equals != std::string::npos && equals > 0 && part[equals - 1] != '!' && part.find_first_of(" ()") == std::string::npos;
    if (!is_plain) {
      return Failure{{.code = Code::usage,
                      .message = fmt::format("--cluster-selector '{}' is not of the form region=asia,tier=web", text),
                      .hint = "other selectors can be written into the federated object: -o yaml"}};
    }
    const bool twice = part.size() > equals + 1 && part[equals + 1] == '=';
    labels[part.substr(0, equals)] = part.substr(equals + (twice ? 2 : 1));
  }
  return json{{"matchLabels", std::move(labels)}};
}

Task<Result<bool>> orphaning(Host host, Orphaning action, std::string word, std::string name_space, std::string name,
                             kube::DiscoveryCache cache) {
  const auto discovery = co_await kube::discover(*host.client, cache, false);
  if (!discovery) co_return Failure{discovery.error()};
  auto type = discovery->match(word);
  if (!type) co_return Failure{in_cluster(type.error(), host.client->cluster())};
  if (!type->group.ends_with("kubefed.io")) {
    const auto types = co_await read_types(host);
    if (!types) co_return Failure{types.error()};
    const auto enabled = std::ranges::find(*types, type->qualified_plural(), &FederatedType::name);
    if (enabled == types->end()) {
      co_return Failure{{.code = Code::not_found,
                         .message = fmt::format("{} is not a federated type, nor enabled as one", type->qualified_plural()),
                         .cluster = host.client->cluster()}};
    }
    *type = enabled->federated;
  }
  const auto object = co_await host.client->get(*type, name_space, name, true);
  if (!object) co_return Failure{object.error()};
  const bool is_on = kube::metadata_entry(*object, "annotations", federation::orphan_annotation) == "true";
  const bool wanted = action == Orphaning::status ? is_on : action == Orphaning::enable;
  if (wanted == is_on) co_return is_on;
  json changes;
  changes["metadata"]["annotations"][std::string{federation::orphan_annotation}] = wanted ? json("true") : json(nullptr);
  const auto written = co_await host.client->merge(*type, name_space, name, changes);
  if (!written) co_return Failure{written.error()};
  co_return wanted;
}

}  // namespace fedctl::control
