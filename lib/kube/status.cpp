#include "kube/status.hpp"

#include "kube/object.hpp"
#include "kube/refusal_words.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace fedctl::kube {
namespace {

using nlohmann::json;

Code code_for(long status) {
  switch (status) {
    case 401: return Code::unauthorized;
    case 403: return Code::forbidden;
    case 404: return Code::not_found;
    case 409: return Code::conflict;
    case 408:
    case 504: return Code::timeout;
    case 400:
    case 405:
    case 406:
    case 413:
    case 415:
    case 422: return Code::rejected;
    default: return status >= 500 || status == 429 ? Code::unreachable : Code::rejected;
  }
}

std::string hint_for(Code code, long status) {
  switch (code) {
    case Code::unauthorized: return "log in again, or check this context's user in the kubeconfig";
    case Code::forbidden: return "ask for these rights, or use another user";
    case Code::unreachable: return status == 429 ? "the server is busy; try again later" : "see the API server's log, or try again later";
    default: return "";
  }
}

/// What some refusals really are about, whatever their status: a webhook that does not answer says nothing about the server, and where
/// a namespace is being deleted no right helps.
std::optional<Error> known_trouble(const json& status, const std::string& message) {
  if (message.find("failed calling webhook") != std::string::npos) {
    return Error{.code = Code::rejected,
                 .message = "a webhook of the cluster does not answer: " + message,
                 .hint = "mend the webhook, or its configuration"};
  }
  for (const json& cause : list_at(map_at(status, "details"), "causes")) {
    if (string_at(cause, "reason") != "NamespaceTerminating") continue;
    return Error{
        .code = Code::rejected, .message = string_at(cause, "message"), .hint = "wait until the namespace is gone, and plan again"};
  }
  return std::nullopt;
}

/// Where an object does not fit its type the API server answers 500; asking again would not help.
bool is_misfit(const json& status) {
  constexpr std::array<std::string_view, 2> words{"failed to create typed patch object", "failed to convert new object"};
  const std::string message = string_at(status, "message");
  return std::ranges::any_of(words, [&](std::string_view one) { return message.find(one) != std::string::npos; });
}

Error refusal_from(const http::Response& response) {
  const json body = parse_json(response.body);
  if (!body.is_object() || string_at(body, "kind") != "Status") {
    // API servers behind proxies say 401, 403, 429 and 5xx in plain text; anything else is not ours to talk to.
    const Code code = code_for(response.status);
    const bool may_be_a_proxy = code == Code::unauthorized || code == Code::forbidden || code == Code::unreachable || code == Code::timeout;
    if (may_be_a_proxy)
      return {code, fmt::format("the server answered {} without a reason", response.status), "", "", "", hint_for(code, response.status)};
    return {.code = Code::not_kubernetes,
            .message = fmt::format("the server answered {}, but not as a Kubernetes API server does", response.status),
            .hint = "check the server address in the kubeconfig"};
  }
  Code code = code_for(response.status);
  std::string message = refusal_words(body);
  if (auto trouble = known_trouble(body, message)) return *std::move(trouble);
  if (response.status == 500 && is_misfit(body)) code = Code::rejected;
  if (message.empty()) message = fmt::format("the server answered {}", response.status);
  if (code == Code::unauthorized) message = "the server does not accept our credentials";
  return {code, message, "", "", "", hint_for(code, response.status)};
}

}  // namespace

Error error_from(const http::Response& response) {
  Error error = refusal_from(response);
  // A 500 with one of the known reasons refuses before anything is done.
  const bool is_known_refusal = response.status == 500 && error.code == Code::rejected;
  error.uncertain = response.uncertain && !is_known_refusal;
  return error;
}

bool is_missing_namespace(const http::Response& response) {
  if (response.status != 404) return false;
  const json body = parse_json(response.body);
  return body.is_object() && string_at(map_at(body, "details"), "kind") == "namespaces";
}

}  // namespace fedctl::kube
