#include "kube/discovery.hpp"

#include "base/encoding.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "kube/status.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::kube {
namespace {

using nlohmann::json;

constexpr std::chrono::minutes cache_age{10};
constexpr const char* aggregated_accept =
    "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

bool has(const json& verbs, const char* verb) { return std::ranges::find(verbs, json(verb)) != verbs.end(); }

bool can_be_written(const json& verbs) { return has(verbs, "patch") || has(verbs, "create"); }

bool can_be_listed(const json& verbs) { return has(verbs, "list") && has(verbs, "delete"); }

std::vector<std::string> strings(const json& list) {
  std::vector<std::string> result;
  for (const json& item : list) {
    if (item.is_string()) result.push_back(item.get<std::string>());
  }
  return result;
}

/// What was kept of one document: `{"etag": ..., "body": ...}`.
json kept_document(const json& kept, const std::string& path) {
  return kept.is_object() && kept.contains(path) ? kept[path] : json::object();
}

/// GETs one document, saving it into `keep`; the kept one serves where the server says 304.
Task<Result<json>> fetch(Client& client, std::string path, json kept, json& keep) {
  http::Request request{.path = path, .headers = {aggregated_accept}};
  const std::string etag = string_at(kept, "etag");
  if (!etag.empty()) request.headers.push_back("If-None-Match: " + etag);
  const auto response = co_await client.send(std::move(request));
  if (!response) co_return Failure{response.error()};
  if (response->status == 304) {
    keep[path] = kept;
    co_return kept["body"];
  }
  if (response->status >= 400) co_return Failure{in_cluster(error_from(*response), client.cluster())};
  const json body = json::parse(response->body, nullptr, false);
  if (!body.is_object() || !body.contains("kind")) {
    co_return Failure{in_cluster({Code::not_kubernetes, "the server answered, but not as a Kubernetes API server does", "", "", "",
                                  "check the server address in the kubeconfig"},
                                 client.cluster())};
  }
  keep[path] = {{"etag", response->header("etag")}, {"body", body}};
  co_return body;
}

/// The paths of the group versions that an unaggregated answer names, preferred versions first.
std::vector<std::string> version_paths(const json& document) {
  std::vector<std::string> paths;
  if (string_at(document, "kind") == "APIVersions") {
    for (const std::string& version : strings(list_at(document, "versions"))) paths.push_back("/api/" + version);
  }
  for (const json& group : list_at(document, "groups")) {
    const std::string preferred = string_at(group.value("preferredVersion", json()), "groupVersion");
    if (!preferred.empty()) paths.push_back("/apis/" + preferred);
    for (const json& version : list_at(group, "versions")) {
      const std::string name = string_at(version, "groupVersion");
      if (name != preferred) paths.push_back("/apis/" + name);
    }
  }
  return paths;
}

Task<Result<std::vector<Resource>>> read_or_follow(Client& client, json document, const json& kept, json& keep) {
  std::vector<Resource> resources;
  if (string_at(document, "kind") == "APIGroupDiscoveryList") {
    read_aggregated(document, resources);
    co_return resources;
  }
  std::vector<Task<Result<json>>> requests;
  for (const std::string& path : version_paths(document)) requests.push_back(fetch(client, path, kept_document(kept, path), keep));
  const std::vector<Result<json>> answers = co_await when_all(std::move(requests));
  for (const Result<json>& answer : answers) {
    // A group whose own server is down (an APIService) must not hide the others.
    if (!answer && answer.error().code != Code::unreachable && answer.error().code != Code::not_found) co_return Failure{answer.error()};
    if (answer) read_resource_list(*answer, resources);
  }
  co_return resources;
}

Task<Result<Discovery>> ask(Client& client, json kept, json& keep) {
  std::vector<Task<Result<json>>> requests;
  for (const char* path : {"/api", "/apis"}) requests.push_back(fetch(client, path, kept_document(kept, path), keep));
  const std::vector<Result<json>> documents = co_await when_all(std::move(requests));
  std::vector<Resource> all;
  for (const Result<json>& document : documents) {
    if (!document) co_return Failure{document.error()};
    const auto resources = co_await read_or_follow(client, *document, kept, keep);
    if (!resources) co_return Failure{resources.error()};
    all.insert(all.end(), resources->begin(), resources->end());
  }
  co_return Discovery{std::move(all)};
}

/// From a cache alone, as if the server had just said it.
Discovery from_documents(const json& documents) {
  std::vector<Resource> resources;
  for (const auto& [path, document] : documents.items()) {
    const json& body = document.value("body", json());
    if (!body.is_object()) continue;
    if (string_at(body, "kind") == "APIGroupDiscoveryList") read_aggregated(body, resources);
    if (string_at(body, "kind") == "APIResourceList") read_resource_list(body, resources);
  }
  return Discovery{std::move(resources)};
}

bool is_young(const json& cache) {
  const auto written = time::parse_instant(string_at(cache, "written"));
  if (!written) return false;
  const auto age = std::chrono::system_clock::now() - *written;
  return age >= std::chrono::seconds{-1} && age < cache_age;
}

std::filesystem::path cache_file(const std::filesystem::path& folder, const http::Endpoint& endpoint) {
  return folder / "discovery" / (encoding::sha256(endpoint.url + "\n" + endpoint.tls.ca_pem).substr(0, 32) + ".json");
}

}  // namespace

void read_aggregated(const json& document, std::vector<Resource>& resources) {
  for (const json& group : list_at(document, "items")) {
    const std::string name = string_at(group.value("metadata", json()), "name");
    for (const json& version : list_at(group, "versions")) {
      for (const json& item : list_at(version, "resources")) {
        if (!can_be_written(list_at(item, "verbs"))) continue;
        resources.push_back({name, string_at(version, "version"), string_at(item.value("responseKind", json()), "kind"),
                             string_at(item, "resource"), string_at(item, "singularResource"), strings(list_at(item, "shortNames")),
                             string_at(item, "scope") == "Namespaced", can_be_listed(list_at(item, "verbs"))});
      }
    }
  }
}

void read_resource_list(const json& document, std::vector<Resource>& resources) {
  const GroupVersionKind list = gvk(string_at(document, "groupVersion"), "");
  for (const json& item : list_at(document, "resources")) {
    const std::string plural = string_at(item, "name");
    if (plural.find('/') != std::string::npos || !can_be_written(list_at(item, "verbs"))) continue;
    resources.push_back({list.group, list.version, string_at(item, "kind"), plural, string_at(item, "singularName"),
                         strings(list_at(item, "shortNames")), item.value("namespaced", false), can_be_listed(list_at(item, "verbs"))});
  }
}

const Resource* Discovery::find(const GroupVersionKind& type) const {
  const auto found = std::ranges::find_if(resources_, [&](const Resource& resource) { return resource.type() == type; });
  return found == resources_.end() ? nullptr : &*found;
}

const Resource* Discovery::find_kind(std::string_view kind, const std::optional<std::string>& group) const {
  const auto found = std::ranges::find_if(
      resources_, [&](const Resource& resource) { return resource.kind == kind && (!group || resource.group == *group); });
  return found == resources_.end() ? nullptr : &*found;
}

Result<Resource> Discovery::match(std::string_view typed) const {
  const std::string word = text::lower(typed);
  std::vector<const Resource*> matches;
  for (const Resource& resource : resources_) {
    if (!is_called(resource, word)) continue;
    if (resource.group.empty()) return resource;
    const bool other_version = std::ranges::any_of(
        matches, [&](const Resource* match) { return match->group == resource.group && match->plural == resource.plural; });
    if (!other_version) matches.push_back(&resource);
  }
  if (matches.size() == 1) return *matches.front();
  std::vector<std::string> names;
  if (matches.empty()) {
    for (const Resource& resource : resources_) names.push_back(resource.plural);
    return Failure{{Code::unknown_kind, fmt::format("no API serves '{}'{}", typed, text::did_you_mean(word, names))}};
  }
  for (const Resource* match : matches) names.push_back(match->qualified_plural());
  return Failure{{Code::usage, fmt::format("'{}' may mean {}", typed, text::join(names, " or ")), "", "", "", "name one of them"}};
}

Task<Result<Discovery>> discover(Client& client, const std::filesystem::path& cache, bool fresh) {
  const auto path = cache_file(cache, client.endpoint());
  const json kept = json::parse(file::read(path).value_or(""), nullptr, false);
  const json documents = kept.is_object() ? kept.value("documents", json::object()) : json::object();
  if (!fresh && kept.is_object() && is_young(kept)) co_return from_documents(documents);
  json keep = json::object();
  auto discovery = co_await ask(client, documents, keep);
  if (discovery) {
    const json written{{"written", time::format_instant(std::chrono::system_clock::now())}, {"documents", std::move(keep)}};
    // A cache that cannot be written only costs time.
    static_cast<void>(file::write_atomically(path, written.dump(), 0600));
  }
  co_return discovery;
}

}  // namespace fedctl::kube
