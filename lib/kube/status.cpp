#include "kube/status.hpp"

#include "base/text.hpp"
#include "kube/object.hpp"

#include <fmt/format.h>

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

/// "spec.replicas: Invalid value: -1: must be ..." of each cause, or the message itself.
std::string words_of(const json& status) {
  const json causes = list_at(map_at(status, "details"), "causes");
  std::vector<std::string> parts;
  for (const json& cause : causes) {
    const std::string field = string_at(cause, "field");
    parts.push_back(field.empty() ? string_at(cause, "message") : field + ": " + string_at(cause, "message"));
  }
  const std::string message = string_at(status, "message");
  return string_at(status, "reason") == "Invalid" && !parts.empty() ? text::join(parts, "; ") : message;
}

}  // namespace

Error error_from(const http::Response& response) {
  const json body = json::parse(response.body, nullptr, false);
  if (!body.is_object() || string_at(body, "kind") != "Status") {
    // API servers behind proxies say 401, 403, 429 and 5xx in plain text; anything else is not ours to talk to.
    const Code code = code_for(response.status);
    const bool may_be_a_proxy = code == Code::unauthorized || code == Code::forbidden || code == Code::unreachable || code == Code::timeout;
    if (may_be_a_proxy)
      return {code, fmt::format("the server answered {} without a reason", response.status), "", "", "", hint_for(code, response.status)};
    return {Code::not_kubernetes,
            fmt::format("the server answered {}, but not as a Kubernetes API server does", response.status),
            "",
            "",
            "",
            "check the server address in the kubeconfig"};
  }
  Code code = code_for(response.status);
  std::string message = words_of(body);
  // The API server answers 500 where the object does not fit its type; asking again would not help.
  if (response.status == 500 && message.find("failed to create typed patch object") != std::string::npos) code = Code::rejected;
  if (message.empty()) message = fmt::format("the server answered {}", response.status);
  if (code == Code::unauthorized) message = "the server does not accept our credentials";
  return {code, message, "", "", "", hint_for(code, response.status)};
}

bool is_missing_namespace(const http::Response& response) {
  if (response.status != 404) return false;
  const json body = json::parse(response.body, nullptr, false);
  return body.is_object() && string_at(map_at(body, "details"), "kind") == "namespaces";
}

}  // namespace fedctl::kube
