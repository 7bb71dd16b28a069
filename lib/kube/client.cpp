#include "kube/client.hpp"

#include "base/encoding.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "http/certificate.hpp"
#include "http/client.hpp"
#include "kube/answer.hpp"
#include "kube/departure.hpp"
#include "kube/discovery.hpp"
#include "kube/managed_fields.hpp"
#include "kube/secret_refusal.hpp"
#include "kube/status.hpp"
#include "kube/stream.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <chrono>

namespace fedctl::kube {
namespace {

using nlohmann::json;

constexpr std::string_view missing_namespace_hint = "create the namespace first";

std::string escape(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view{"-._~"}.find(c) != std::string_view::npos;
    result += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

std::string accept(bool metadata_only, bool is_list) {
  if (!metadata_only) return "Accept: application/json";
  return fmt::format("Accept: application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1,application/json", is_list ? "List" : "");
}

std::string query(const ListOptions& options) {
  std::string result;
  if (!options.label_selector.empty()) result += "&labelSelector=" + escape(options.label_selector);
  if (!options.field_selector.empty()) result += "&fieldSelector=" + escape(options.field_selector);
  return result;
}

/// A write, which is waited for even when the user interrupts.
http::Request json_request(std::string method, std::string path, std::string_view content_type, const json& body) {
  http::Request request{.method = std::move(method), .path = std::move(path)};
  request.headers = {fmt::format("Content-Type: {}", content_type), "Accept: application/json"};
  request.body = to_text(body);
  request.writes = true;
  return request;
}

const char* spelling(Propagation propagation) {
  switch (propagation) {
    case Propagation::foreground: return "Foreground";
    case Propagation::orphan: return "Orphan";
    case Propagation::background: break;
  }
  return "Background";
}

bool is_expired_list(const Error& error) {
  return error.code == Code::rejected && error.message.find("continue parameter is too old") != std::string::npos;
}

/// What nobody may read of a credential: its token, or its name with its password, as they are and as they are sent.
std::vector<std::string> secrets_of(const kubeconfig::Credential& credential) {
  constexpr std::size_t shortest = 4;
  std::vector<std::string> secrets;
  const auto add = [&](std::string secret) {
    if (secret.size() >= shortest) secrets.push_back(std::move(secret));
  };
  for (const std::string& header : credential.headers) {
    if (!header.starts_with("Authorization: ")) continue;
    const std::string value = header.substr(header.rfind(' ') + 1);
    const auto pair = header.starts_with("Authorization: Basic ") ? encoding::from_base64(value) : std::nullopt;
    if (pair) add(*pair);
    if (pair) add(pair->substr(pair->find(':') + 1));
    add(value);
  }
  return secrets;
}

void hide(const std::vector<std::string>& secrets, std::string& message) {
  for (const std::string& secret : secrets) text::replace_all(message, secret, "(hidden)");
}

/// Proxies that quote a request in their answer quote our credentials too, with some characters written out perhaps.
void hide_in_answer(const std::vector<std::string>& secrets, std::string& body) {
  if (secrets.empty()) return;
  const json answer = body.find('\\') == std::string::npos ? json(nullptr) : parse_json(body);
  if (answer.is_object()) body = to_text(answer);
  hide(secrets, body);
}

}  // namespace

bool is_missing_namespace(const Error& error) { return error.code == Code::not_found && error.hint == missing_namespace_hint; }

Client::Client(http::Loop& loop, std::string cluster, kubeconfig::Access access)
    : cluster_(std::move(cluster)),
      transport_(std::make_unique<http::Client>(loop, std::move(access.endpoint))),
      credentials_(loop, std::move(access.identity)) {}

Client::Client(http::Loop& loop, std::string cluster, Error problem)
    : cluster_(std::move(cluster)),
      problem_(in_cluster(std::move(problem), cluster_)),
      transport_(std::make_unique<http::Client>(loop, http::Endpoint{})),
      credentials_(loop, {}) {}

Client::Client(std::string cluster, std::unique_ptr<http::Transport> transport)
    : cluster_(std::move(cluster)), transport_(std::move(transport)), credentials_(transport_->loop(), {}) {}

void Client::give_up(Error problem) { problem_ = in_cluster(std::move(problem), cluster_); }

Error Client::explain(Error error) const {
  hide(secrets_, error.message);
  if (error.code == Code::unauthorized) {
    const auto until = http::valid_until(transport_->endpoint().tls.certificate_pem);
    if (until && *until < std::chrono::system_clock::now()) {
      error.code = Code::expired;
      error.message = fmt::format("the client certificate in the kubeconfig expired on {}", time::format_instant(*until));
      error.hint = "renew it";
    }
  }
  return in_cluster(std::move(error), cluster_);
}

/// Whoever gives an answer of 2xx that is not understood may have done what it was asked for.
Error Client::not_understood_after(bool writes, Error problem) const {
  problem.uncertain = writes;
  return explain(std::move(problem));
}

void Client::warn_of_open_credential() {
  if (has_warned_ || !transport_->endpoint().url.starts_with("http://")) return;
  has_warned_ = true;
  transport_->loop().log().say(
      0, fmt::format("warning: cluster {}: its server is asked by http://, so whoever listens on the way reads our credentials", cluster_));
}

Task<Result<http::Response>> Client::send(http::Request request) {
  if (problem_) co_return Failure{*problem_};
  const std::size_t own_headers = request.headers.size();
  for (bool again = false;; again = true) {
    const auto credential = co_await credentials_.get();
    if (!credential) co_return Failure{explain(credential.error())};
    if (!credential->headers.empty()) warn_of_open_credential();
    secrets_ = secrets_of(*credential);
    request.headers.resize(own_headers);
    request.headers.insert(request.headers.end(), credential->headers.begin(), credential->headers.end());
    const auto& presented = transport_->endpoint().tls.certificate_pem;
    if (!credential->certificate_pem.empty() && credential->certificate_pem != presented) {
      transport_->present(credential->certificate_pem, credential->key_pem);
    }
    auto response = co_await transport_->send(request);
    if (!response) co_return Failure{explain(response.error())};
    if (response->status == 401 && !again && credentials_.refresh()) continue;
    if (response->status >= 300) hide_in_answer(secrets_, response->body);
    co_return response;
  }
}

Task<Result<http::Response>> Client::good_answer(http::Request request) {
  const bool names_group = request.path.starts_with("/apis/");
  const bool writes = request.writes;
  auto response = co_await send(std::move(request));
  if (!response) co_return response;
  // An API server answers so for a group that it does not serve at all.
  if (response->status == 404 && names_group && response->body.starts_with("404 page not found")) {
    co_return Failure{explain({Code::not_found, "the server does not serve this API group"})};
  }
  if (response->status < 200 || response->status >= 300) {
    Error error = explain(error_from(*response));
    if (kube::is_missing_namespace(*response)) error.hint = missing_namespace_hint;
    // Whoever answered, it was not the API server, which may have done it all the same.
    if (error.code == Code::not_kubernetes) error.uncertain = writes;
    co_return Failure{std::move(error)};
  }
  co_return response;
}

Task<Result<Client::Answer>> Client::json_answer(http::Request request) {
  const bool writes = request.writes;
  const auto response = co_await good_answer(std::move(request));
  if (!response) co_return Failure{response.error()};
  json body = parse_json(response->body);
  if (!body.is_object())
    co_return Failure{
        not_understood_after(writes, not_understood("no JSON object, or one that names a key twice, is too deep or too large"))};
  co_return Answer{std::move(body), response->status, response->uncertain};
}

Task<Result<Client::Answer>> Client::object_answer(http::Request request, Resource resource, Target target) {
  const bool writes = request.writes;
  auto answer = co_await json_answer(std::move(request));
  if (!answer) co_return answer;
  const Wanted wanted{target.name, target.name_space, target.uid, target.metadata_only};
  if (const auto problem = problem_of_object(answer->body, resource, wanted)) co_return Failure{not_understood_after(writes, *problem)};
  co_return answer;
}

Task<Result<Client::Answer>> Client::write(http::Request request, Resource resource, Target target, json sent) {
  Task<Result<Answer>> task = target.answers_itself ? object_answer(std::move(request), resource, target) : json_answer(std::move(request));
  auto answer = co_await task;
  if (answer) co_return answer;
  co_return Failure{co_await without_values(*this, answer.error(), resource, target.name_space, target.name, std::move(sent))};
}

Task<Result<Removal>> Client::look_after(Resource resource, std::string name_space, std::string name, std::string uid, std::string said) {
  const auto live = co_await get(resource, name_space, name, true);
  if (!live && live.error().code == Code::not_found) {
    const auto absent = co_await confirm_absent(*this, resource, name, live.error());
    if (!absent) co_return Failure{not_understood_after(true, absent.error())};
    co_return Removal{};
  }
  if (!live) co_return Failure{not_understood_after(true, live.error())};
  const std::string found = uid_of(*live);
  if (!uid.empty() && !found.empty() && found != uid) co_return Removal{};
  if (is_going(*live)) co_return Removal{.is_gone = false, .kept_by = kept_by(*live)};
  co_return Failure{explain(not_understood(said + " to the deletion of an object that is there"))};
}

Task<Result<json>> Client::get(Resource resource, std::string name_space, std::string name, bool metadata_only, time::Duration timeout) {
  http::Request request{.path = resource.path(name_space, name)};
  if (timeout.count() > 0) request.timeout = std::min(timeout, endpoint().request_timeout);
  request.headers.push_back(accept(metadata_only, false));
  Target target{.name_space = std::move(name_space), .name = std::move(name), .metadata_only = metadata_only};
  auto answer = co_await object_answer(std::move(request), resource, std::move(target));
  if (!answer) co_return Failure{without_values(answer.error(), resource)};
  co_return std::move(answer->body);
}

Task<Result<List>> Client::list_pages(Resource resource, ListOptions options, Keep keep) {
  List all;
  Pages pages;
  std::string next;
  const Wanted wanted{.name = {}, .name_space = options.name_space, .metadata_only = options.metadata_only};
  const auto begun = std::chrono::steady_clock::now();
  do {
    const auto taken = std::chrono::duration_cast<time::Duration>(std::chrono::steady_clock::now() - begun);
    const time::Duration left = options.timeout.count() > 0 ? std::min(options.timeout - taken, endpoint().request_timeout)
                                                            : endpoint().request_timeout * static_cast<int>(pages.full() + 1) - taken;
    if (left.count() <= 0) co_return Failure{explain({Code::timeout, "a list did not end in time"})};
    http::Request request{.path = fmt::format("{}?limit={}{}", resource.path(options.name_space), options.page_size, query(options))};
    request.timeout = left;
    if (!next.empty()) request.path += "&continue=" + escape(next);
    request.headers.push_back(accept(options.metadata_only, true));
    const auto response = co_await good_answer(std::move(request));
    if (!response) co_return Failure{without_values(response.error(), resource)};
    Page page = parse_page(response->body, keep);
    if (const auto problem = problem_of_list(page.body, resource, wanted)) co_return Failure{explain(*problem)};
    const json& metadata = map_at(page.body, "metadata");
    all.resource_version = string_at(metadata, "resourceVersion");
    next = string_at(metadata, "continue");
    const auto endless = pages.add(page.items, static_cast<std::size_t>(options.page_size), next);
    if (endless) co_return Failure{explain(*endless)};
    std::ranges::move(page.body["items"], std::back_inserter(all.items));
  } while (!next.empty());
  co_return all;
}

Task<Result<List>> Client::list(Resource resource, ListOptions options, Keep keep) {
  for (int attempt = 1;; ++attempt) {
    auto all = co_await list_pages(resource, options, keep);
    if (all || attempt == 3 || !is_expired_list(all.error())) co_return all;
  }
}

Task<Result<Done>> Client::watch(Resource resource, ListOptions options, std::string resource_version, time::Duration timeout,
                                 OnEvent on_event) {
  http::Request request{.path = fmt::format("{}?watch=1&allowWatchBookmarks=true&resourceVersion={}{}", resource.path(options.name_space),
                                            resource_version, query(options))};
  request.headers.push_back(accept(options.metadata_only, false));
  // None left is not the same as none set.
  request.timeout = std::max(timeout, time::Duration{1});
  std::optional<Error> problem;
  const Wanted wanted{.name = {}, .name_space = options.name_space, .metadata_only = options.metadata_only};
  const auto check = [&](const json& object) { return problem_of_object(object, resource, wanted); };
  request.on_data = EventReader{std::move(on_event), check, problem};
  const auto begun = std::chrono::steady_clock::now();
  const auto response = co_await send(std::move(request));
  if (problem) co_return Failure{explain(*problem)};
  // Its time is over: that is how most watches end.
  const bool is_over = std::chrono::steady_clock::now() - begun >= timeout - time::Duration{20};
  if (!response && is_over && !loop().interrupted()) co_return Done{};
  if (!response) co_return Failure{response.error()};
  if (response->status != 200) co_return Failure{explain(error_from(*response))};
  co_return Done{};
}

Task<Result<Applied>> Client::apply(Resource resource, json object, ApplyOptions options) {
  const std::string name = name_of(object);
  http::Request request{.method = "PATCH",
                        .path = fmt::format("{}?fieldManager={}&fieldValidation=Strict{}{}", resource.path(namespace_of(object), name),
                                            field_manager, options.force ? "&force=true" : "", options.dry_run ? "&dryRun=All" : "")};
  request.headers = {"Content-Type: application/apply-patch+yaml", "Accept: application/json"};
  // The server reads it as YAML, which takes DEL and C1 control characters only where they are written out.
  request.body = text::printable(to_text(object));
  request.writes = !options.dry_run;
  Target target{namespace_of(object), name, true, uid_of(object)};
  auto answer = co_await write(std::move(request), resource, std::move(target), object);
  if (!answer) co_return Failure{answer.error()};
  co_return Applied{std::move(answer->body), answer->status == 201, answer->is_repeated};
}

Task<Result<json>> Client::create(Resource resource, json object, std::string name, std::string subresource) {
  std::string path = resource.path(namespace_of(object), name);
  if (!subresource.empty()) path += "/" + subresource;
  http::Request request = json_request("POST", fmt::format("{}?fieldManager={}", path, field_manager), "application/json", object);
  request.repeatable = false;
  // A review of rights asks, in the shape of a write.
  request.writes = resource.group != "authorization.k8s.io";
  Target target{namespace_of(object), subresource.empty() ? name_of(object) : name, subresource.empty()};
  co_return (co_await write(std::move(request), resource, std::move(target), object)).map(body_of);
}

Task<Result<json>> Client::replace(Resource resource, json object) {
  const std::string path = resource.path(namespace_of(object), name_of(object));
  http::Request request = json_request("PUT", fmt::format("{}?fieldManager={}", path, field_manager), "application/json", object);
  request.repeatable = false;
  Target target{namespace_of(object), name_of(object)};
  co_return (co_await write(std::move(request), resource, std::move(target), object)).map(body_of);
}

Task<Result<json>> Client::replace_within(Resource resource, json object, time::Duration timeout) {
  const std::string path = resource.path(namespace_of(object), name_of(object));
  http::Request request = json_request("PUT", fmt::format("{}?fieldManager={}", path, field_manager), "application/json", object);
  request.repeatable = false;
  request.writes = false;
  request.timeout = std::min(timeout, endpoint().request_timeout);
  Target target{namespace_of(object), name_of(object)};
  co_return (co_await write(std::move(request), resource, std::move(target), object)).map(body_of);
}

Task<Result<json>> Client::merge(Resource resource, std::string name_space, std::string name, json changes, std::string subresource) {
  std::string path = resource.path(name_space, name);
  if (!subresource.empty()) path += "/" + subresource;
  http::Request request =
      json_request("PATCH", fmt::format("{}?fieldManager={}", path, field_manager), "application/merge-patch+json", changes);
  Target target{std::move(name_space), std::move(name), subresource.empty() || subresource == "status"};
  co_return (co_await write(std::move(request), resource, std::move(target), changes)).map(body_of);
}

Task<Result<json>> Client::document(std::string path) {
  http::Request request{.path = std::move(path), .headers = {"Accept: application/json"}};
  co_return (co_await json_answer(std::move(request))).map(body_of);
}

Task<Result<json>> Client::patch(Resource resource, std::string name_space, std::string name, json operations) {
  const std::string path = fmt::format("{}?fieldManager={}", resource.path(name_space, name), field_manager);
  http::Request request = json_request("PATCH", path, "application/json-patch+json", operations);
  request.repeatable = false;
  Target target{std::move(name_space), std::move(name)};
  co_return (co_await write(std::move(request), resource, std::move(target), operations)).map(body_of);
}

Task<Result<Removal>> Client::remove(Resource resource, std::string name_space, std::string name, DeleteOptions options) {
  json body{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", spelling(options.propagation)}};
  if (!options.uid.empty()) body["preconditions"]["uid"] = options.uid;
  if (!options.resource_version.empty()) body["preconditions"]["resourceVersion"] = options.resource_version;
  if (options.dry_run) body["dryRun"] = {"All"};
  http::Request request{.method = "DELETE", .path = resource.path(name_space, name)};
  request.headers = {"Content-Type: application/json", "Accept: application/json"};
  request.body = to_text(body);
  request.writes = !options.dry_run;
  const bool writes = request.writes;
  Target target{name_space, name, false};
  const auto answer = co_await write(std::move(request), resource, std::move(target), nullptr);
  if (!answer && answer.error().code == Code::not_found)
    co_return co_await look_after(resource, name_space, name, options.uid, "'not found'");
  if (!answer) co_return Failure{answer.error()};
  const Wanted wanted{name, name_space, options.uid};
  if (const auto problem = problem_of_removal(answer->body, resource, wanted)) co_return Failure{not_understood_after(writes, *problem)};
  // 202 is the promise of a deletion.
  if (is_going(answer->body) || answer->status == 202) co_return Removal{.is_gone = false, .kept_by = kept_by(answer->body)};
  // Some types answer with what was deleted, which says nothing of its deletion.
  const bool is_settled = options.dry_run || string_at(answer->body, "kind") == "Status";
  if (is_settled) co_return Removal{};
  co_return co_await look_after(resource, name_space, name, options.uid, "200");
}

}  // namespace fedctl::kube
