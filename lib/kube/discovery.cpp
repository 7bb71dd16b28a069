#include "kube/discovery.hpp"

#include "kube/answer.hpp"
#include "kube/status.hpp"

#include <fmt/format.h>
#include <chrono>

namespace fedctl::kube {
namespace {

using Kept = DiscoveryCache::Kept;
using Server = DiscoveryCache::Server;

constexpr std::chrono::minutes cache_age{10};
constexpr const char* aggregated_accept =
    "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// GETs one document; the kept one serves where the server says 304.
Task<Result<Kept>> fetch(Client& client, DiscoveryCache cache, std::string path, Kept kept) {
  http::Request request{.path = path, .headers = {aggregated_accept}};
  const bool is_kept = !kept.etag.empty() && cache.document(kept.digest) != nullptr;
  if (is_kept) request.headers.push_back("If-None-Match: " + kept.etag);
  const auto response = co_await client.send(std::move(request));
  if (!response) co_return Failure{response.error()};
  if (response->status == 304 && is_kept) co_return kept;
  if (response->status == 304) co_return Failure{in_cluster(not_understood("304, though nothing of it was kept"), client.cluster())};
  if (response->status != 200) co_return Failure{in_cluster(error_from(*response), client.cluster())};
  const auto digest = cache.keep(response->body);
  if (!digest) co_return Failure{in_cluster(not_understood("something else than the list of its APIs"), client.cluster())};
  co_return Kept{response->header("etag"), *digest};
}

Kept kept_of(const Server& server, const std::string& path) {
  const auto found = server.documents.find(path);
  return found == server.documents.end() ? Kept{} : found->second;
}

Task<std::vector<Result<Kept>>> fetch_all(Client& client, DiscoveryCache cache, std::vector<std::string> paths, Server kept) {
  std::vector<Task<Result<Kept>>> requests;
  for (const std::string& path : paths) requests.push_back(fetch(client, cache, path, kept_of(kept, path)));
  co_return co_await when_all(std::move(requests));
}

/// All documents of a server. Those of a group whose own server is down (an APIService) are missing, so that it does not hide the others.
Task<Result<Server>> ask(Client& client, DiscoveryCache cache, Server kept) {
  Server server;
  const std::vector<std::string> roots{"/api", "/apis"};
  const auto answers = co_await fetch_all(client, cache, roots, kept);
  std::vector<std::string> versions;
  for (std::size_t i = 0; i < roots.size(); ++i) {
    if (!answers[i]) co_return Failure{answers[i].error()};
    server.documents[roots[i]] = *answers[i];
    for (std::string& path : version_paths(*cache.document(answers[i]->digest))) versions.push_back(std::move(path));
  }
  const auto resources = co_await fetch_all(client, cache, versions, kept);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const bool is_silent =
        !resources[i] && (resources[i].error().code == Code::unreachable || resources[i].error().code == Code::not_found);
    if (!resources[i] && !is_silent) co_return Failure{resources[i].error()};
    if (resources[i]) server.documents[versions[i]] = *resources[i];
  }
  server.asked = std::chrono::system_clock::now();
  co_return server;
}

bool is_young(const Server& server) {
  if (!server.asked) return false;
  const auto age = std::chrono::system_clock::now() - *server.asked;
  return age >= std::chrono::seconds{-1} && age < cache_age;
}

}  // namespace

Task<Result<Discovery>> discover(Client& client, DiscoveryCache cache, bool fresh) {
  Server kept = cache.load(client.endpoint());
  if (!fresh && is_young(kept)) {
    // What a silent group has may be known any moment.
    auto known = cache.discovery(kept);
    if (known && known->silent_groups().empty()) co_return *known;
  }
  const auto server = co_await ask(client, cache, std::move(kept));
  if (!server) co_return Failure{server.error()};
  cache.store(client.endpoint(), *server);
  auto discovery = cache.discovery(*server);
  if (!discovery) co_return Failure{in_cluster(not_understood("no list of its APIs"), client.cluster())};
  co_return *discovery;
}

Task<Result<Done>> confirm_unserved(Client& client, Resource resource) {
  const auto discovery = co_await discover(client, DiscoveryCache{}, true);
  if (!discovery) co_return Failure{discovery.error()};
  const bool is_served = discovery->find(resource.type()) != nullptr || discovery->silent_groups().contains(resource.group);
  if (!is_served) co_return Done{};
  Error error{Code::not_kubernetes, fmt::format("the server answered 404 to a list of {}, which it says it serves", resource.plural)};
  co_return Failure{in_cluster(std::move(error), client.cluster())};
}

Task<Result<Done>> confirm_absent(Client& client, Resource resource, std::string name, Error error) {
  if (error.message.find(fmt::format("\"{}\"", name)) != std::string::npos) co_return Done{};
  const auto confirmed = co_await confirm_unserved(client, resource);
  if (confirmed) co_return confirmed;
  Error problem = confirmed.error();
  if (problem.code == Code::not_kubernetes)
    problem.message = fmt::format("the server answered 404 without naming {}, and says that it serves {}", name, resource.plural);
  co_return Failure{std::move(problem)};
}

Task<Result<List>> list_if_served(Client& client, Resource resource, ListOptions options) {
  auto list = co_await client.list(resource, std::move(options));
  if (list || list.error().code != Code::not_found) co_return list;
  const auto confirmed = co_await confirm_unserved(client, resource);
  if (!confirmed) co_return Failure{confirmed.error()};
  co_return List{};
}

}  // namespace fedctl::kube
