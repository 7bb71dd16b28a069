#include "kube/client.hpp"

#include "http/certificate.hpp"
#include "kube/status.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <chrono>

namespace fedctl::kube {
namespace {

using nlohmann::json;

constexpr std::string_view missing_namespace_hint = "put the Namespace into the input, or use --create-namespaces";

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

/// Cuts a watch's stream into lines and events.
class EventReader {
 public:
  explicit EventReader(Client::OnEvent on_event) : on_event_(std::move(on_event)) {}

  bool operator()(std::string_view piece) {
    buffer_ += piece;
    for (auto end = buffer_.find('\n'); end != std::string::npos; end = buffer_.find('\n')) {
      const json event = json::parse(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
      buffer_.erase(0, end + 1);
      if (!event.is_object() || !event.contains("object")) continue;
      if (!on_event_(string_at(event, "type"), event["object"])) return false;
    }
    return true;
  }

 private:
  Client::OnEvent on_event_;
  std::string buffer_;
};

/// A write, which is waited for even when the user interrupts.
http::Request json_request(std::string method, std::string path, std::string_view content_type, const json& body) {
  http::Request request{.method = std::move(method), .path = std::move(path)};
  request.headers = {fmt::format("Content-Type: {}", content_type), "Accept: application/json"};
  request.body = body.dump();
  request.survives_interrupt = true;
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

/// Items of a list that are not worth keeping are gone before the next is read, so that a page is in memory as text only.
json parse_list(const std::string& text, const Client::Keep& keep) {
  bool in_items = false;
  const json::parser_callback_t worth_keeping = [&](int depth, json::parse_event_t event, const json& parsed) {
    if (depth == 1 && event == json::parse_event_t::key) in_items = parsed == "items";
    return depth != 2 || event != json::parse_event_t::object_end || !in_items || keep(parsed);
  };
  return json::parse(text, worth_keeping, false);
}

}  // namespace

bool is_missing_namespace(const Error& error) { return error.code == Code::not_found && error.hint == missing_namespace_hint; }

Client::Client(http::Loop& loop, std::string cluster, kubeconfig::Access access)
    : cluster_(std::move(cluster)), http_(loop, std::move(access.endpoint)), credentials_(loop, std::move(access.identity)) {}

Client::Client(http::Loop& loop, std::string cluster, Error problem)
    : cluster_(std::move(cluster)), problem_(in_cluster(std::move(problem), cluster_)), http_(loop, {}), credentials_(loop, {}) {}

void Client::give_up(Error problem) { problem_ = in_cluster(std::move(problem), cluster_); }

Error Client::explain(Error error) const {
  if (error.code == Code::unauthorized) {
    const auto until = http::valid_until(http_.endpoint().tls.certificate_pem);
    if (until && *until < std::chrono::system_clock::now()) {
      error.code = Code::expired;
      error.message = fmt::format("the client certificate in the kubeconfig expired on {}", time::format_instant(*until));
      error.hint = "renew it";
    }
  }
  return in_cluster(std::move(error), cluster_);
}

Task<Result<http::Response>> Client::send(http::Request request) {
  if (problem_) co_return Failure{*problem_};
  const std::size_t own_headers = request.headers.size();
  for (bool again = false;; again = true) {
    const auto credential = co_await credentials_.get();
    if (!credential) co_return Failure{explain(credential.error())};
    request.headers.resize(own_headers);
    request.headers.insert(request.headers.end(), credential->headers.begin(), credential->headers.end());
    const auto& presented = http_.endpoint().tls.certificate_pem;
    if (!credential->certificate_pem.empty() && credential->certificate_pem != presented) {
      http_.present(credential->certificate_pem, credential->key_pem);
    }
    auto response = co_await http_.send(request);
    if (!response) co_return Failure{explain(response.error())};
    if (response->status == 401 && !again && credentials_.refresh()) continue;
    co_return response;
  }
}

Task<Result<Client::Answer>> Client::json_answer(http::Request request, Keep keep) {
  const bool names_group = request.path.starts_with("/apis/");
  const auto response = co_await send(std::move(request));
  if (!response) co_return Failure{response.error()};
  // An API server answers so for a group that it does not serve at all.
  if (response->status == 404 && names_group && response->body.starts_with("404 page not found")) {
    co_return Failure{explain({Code::not_found, "the server does not serve this API group"})};
  }
  if (response->status >= 400) {
    Error error = explain(error_from(*response));
    if (kube::is_missing_namespace(*response)) error.hint = missing_namespace_hint;
    co_return Failure{std::move(error)};
  }
  json body = keep ? parse_list(response->body, keep) : json::parse(response->body, nullptr, false);
  if (!body.is_object()) {
    co_return Failure{explain({Code::not_kubernetes, "the server answered, but not as a Kubernetes API server does", "", "", "",
                               "check the server address in the kubeconfig"})};
  }
  co_return Answer{std::move(body), response->status};
}

Task<Result<json>> Client::get(Resource resource, std::string name_space, std::string name, bool metadata_only) {
  http::Request request{.path = resource.path(name_space, name)};
  request.headers.push_back(accept(metadata_only, false));
  co_return (co_await json_answer(std::move(request))).map([](Answer&& answer) { return std::move(answer.body); });
}

Task<Result<List>> Client::list_pages(Resource resource, ListOptions options, Keep keep) {
  List all;
  std::string next;
  do {
    http::Request request{.path = fmt::format("{}?limit={}{}", resource.path(options.name_space), options.page_size, query(options))};
    if (!next.empty()) request.path += "&continue=" + escape(next);
    request.headers.push_back(accept(options.metadata_only, true));
    auto page = co_await json_answer(std::move(request), keep);
    if (!page) co_return Failure{page.error()};
    json& body = page->body;
    const json metadata = body.value("metadata", json::object());
    all.resource_version = string_at(metadata, "resourceVersion");
    next = string_at(metadata, "continue");
    if (body.contains("items") && body["items"].is_array()) {
      std::ranges::move(body["items"], std::back_inserter(all.items));
    }
  } while (!next.empty());
  co_return all;
}

Task<Result<List>> Client::list(Resource resource, ListOptions options, Keep keep) {
  for (int attempt = 1;; ++attempt) {
    auto all = co_await list_pages(resource, options, keep);
    const bool expired = !all && all.error().message.find("continue parameter is too old") != std::string::npos;
    if (!expired || attempt == 3) co_return all;
  }
}

Task<Result<Done>> Client::watch(Resource resource, ListOptions options, std::string resource_version, time::Duration timeout,
                                 OnEvent on_event) {
  http::Request request{.path = fmt::format("{}?watch=1&allowWatchBookmarks=true&resourceVersion={}{}", resource.path(options.name_space),
                                            resource_version, query(options))};
  request.headers.push_back(accept(options.metadata_only, false));
  // None left is not the same as none set.
  request.timeout = std::max(timeout, time::Duration{1});
  request.on_data = EventReader{std::move(on_event)};
  const auto begun = std::chrono::steady_clock::now();
  const auto response = co_await send(std::move(request));
  // Its time is over: that is how most watches end.
  const bool is_over = std::chrono::steady_clock::now() - begun >= timeout - time::Duration{20};
  if (!response && is_over && !loop().interrupted()) co_return Done{};
  if (!response) co_return Failure{response.error()};
  if (response->status >= 400) co_return Failure{explain(error_from(*response))};
  co_return Done{};
}

Task<Result<Applied>> Client::apply(Resource resource, json object, ApplyOptions options) {
  const std::string name = name_of(object);
  http::Request request{.method = "PATCH",
                        .path = fmt::format("{}?fieldManager={}&fieldValidation=Strict{}{}", resource.path(namespace_of(object), name),
                                            field_manager, options.force ? "&force=true" : "", options.dry_run ? "&dryRun=All" : "")};
  request.headers = {"Content-Type: application/apply-patch+yaml", "Accept: application/json"};
  request.body = object.dump();
  request.survives_interrupt = !options.dry_run;
  auto answer = co_await json_answer(std::move(request));
  if (!answer) co_return Failure{answer.error()};
  co_return Applied{std::move(answer->body), answer->status == 201};
}

Task<Result<json>> Client::create(Resource resource, json object, std::string name, std::string subresource) {
  std::string path = resource.path(namespace_of(object), name);
  if (!subresource.empty()) path += "/" + subresource;
  http::Request request = json_request("POST", fmt::format("{}?fieldManager={}", path, field_manager), "application/json", object);
  request.repeatable = false;
  co_return (co_await json_answer(std::move(request))).map([](Answer&& answer) { return std::move(answer.body); });
}

Task<Result<json>> Client::replace(Resource resource, json object) {
  const std::string path = resource.path(namespace_of(object), name_of(object));
  http::Request request = json_request("PUT", fmt::format("{}?fieldManager={}", path, field_manager), "application/json", object);
  request.repeatable = false;
  co_return (co_await json_answer(std::move(request))).map([](Answer&& answer) { return std::move(answer.body); });
}

Task<Result<json>> Client::merge(Resource resource, std::string name_space, std::string name, json changes, std::string subresource) {
  std::string path = resource.path(name_space, name);
  if (!subresource.empty()) path += "/" + subresource;
  http::Request request =
      json_request("PATCH", fmt::format("{}?fieldManager={}", path, field_manager), "application/merge-patch+json", changes);
  co_return (co_await json_answer(std::move(request))).map([](Answer&& answer) { return std::move(answer.body); });
}

Task<Result<json>> Client::document(std::string path) {
  http::Request request{.path = std::move(path), .headers = {"Accept: application/json"}};
  co_return (co_await json_answer(std::move(request))).map([](Answer&& answer) { return std::move(answer.body); });
}

Task<Result<json>> Client::patch(Resource resource, std::string name_space, std::string name, json operations) {
  const std::string path = fmt::format("{}?fieldManager={}", resource.path(name_space, name), field_manager);
  http::Request request = json_request("PATCH", path, "application/json-patch+json", operations);
  request.repeatable = false;
  co_return (co_await json_answer(std::move(request))).map([](Answer&& answer) { return std::move(answer.body); });
}

Task<Result<Done>> Client::remove(Resource resource, std::string name_space, std::string name, DeleteOptions options) {
  json body{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", spelling(options.propagation)}};
  if (!options.uid.empty()) body["preconditions"]["uid"] = options.uid;
  if (!options.resource_version.empty()) body["preconditions"]["resourceVersion"] = options.resource_version;
  if (options.dry_run) body["dryRun"] = {"All"};
  http::Request request{.method = "DELETE", .path = resource.path(name_space, name)};
  request.headers = {"Content-Type: application/json", "Accept: application/json"};
  request.body = body.dump();
  request.survives_interrupt = true;
  const auto answer = co_await json_answer(std::move(request));
  if (!answer && answer.error().code != Code::not_found) co_return Failure{answer.error()};
  co_return Done{};
}

}  // namespace fedctl::kube
