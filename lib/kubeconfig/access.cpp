#include "base/encoding.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "kubeconfig/credential.hpp"
#include "kubeconfig/kubeconfig.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cstdlib>

namespace fedctl::kubeconfig {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

tl::unexpected<Error> invalid(const Entry& entry, std::string message, std::string hint = {}) {
  return Failure{{.code = Code::invalid_input, .message = std::move(message), .place = entry.place(), .hint = std::move(hint)}};
}

/// `named_by` is the entry that names it, if any; its place is looked for only when it is needed, since that parses the file anew.
Result<const Entry*> find(const std::map<std::string, Entry>& entries, const std::string& name, std::string_view what,
                          const std::string& origin, const Entry* named_by) {
  const auto found = entries.find(name);
  if (found != entries.end()) return &found->second;
  std::vector<std::string> names;
  for (const auto& [known, entry] : entries) names.push_back(known);
  return Failure{{.code = Code::not_found,
                  .message = fmt::format("there is no {} '{}' in {}{}", what, name, origin, text::did_you_mean(name, names)),
                  .place = named_by == nullptr ? "" : named_by->place(),
                  .hint = names.empty() ? "" : fmt::format("it has: {}", text::listed(names))}};
}

/// The PEM text of `NAME-data` (base64, wins) or of the file that `NAME` names.
Result<std::string> pem(const Entry& entry, const std::string& name) {
  const std::string data = string_at(entry.value, name + "-data");
  if (!data.empty()) {
    auto decoded = encoding::from_base64(data);
    if (!decoded) return invalid(entry, fmt::format("{}-data is no base64", name));
    return *decoded;
  }
  const std::string path = string_at(entry.value, name);
  if (path.empty()) return std::string{};
  return file::read(entry.folder / path, file::small_and_regular).map_error([&](Error error) {
    return at_place(std::move(error), entry.place());
  });
}

/// As client-go; socks5h is libcurl's and curl's name for what Go does with socks5.
bool is_proxy(std::string_view url) {
  constexpr std::array<std::string_view, 4> schemes{"http://", "https://", "socks5://", "socks5h://"};
  return url.empty() || std::ranges::any_of(schemes, [&](std::string_view scheme) { return url.starts_with(scheme); });
}

Result<http::Endpoint> endpoint_of(const Entry& cluster) {
  http::Endpoint endpoint;
  endpoint.url = string_at(cluster.value, "server");
  if (endpoint.url.empty()) return invalid(cluster, "this cluster has no 'server'");
  while (endpoint.url.ends_with('/')) endpoint.url.pop_back();
  if (endpoint.url.find("://") == std::string::npos) endpoint.url = "https://" + endpoint.url;
  // Neither is said back, for they may hold a password.
  const bool ends_with_path = endpoint.url.find_first_of("?#") == std::string::npos;
  if (!ends_with_path) return invalid(cluster, "'server' is no address such as https://host:6443/prefix: it has a query or a fragment");
  if (!http::is_address(endpoint.url)) return invalid(cluster, "'server' is no address such as https://host:6443/prefix");
  endpoint.proxy_url = string_at(cluster.value, "proxy-url");
  if (!is_proxy(endpoint.proxy_url)) return invalid(cluster, "'proxy-url' must begin with http://, https:// or socks5://");
  auto authority = pem(cluster, "certificate-authority");
  if (!authority) return Failure{authority.error()};
  endpoint.tls.ca_pem = *authority;
  endpoint.tls.insecure = bool_at(cluster.value, "insecure-skip-tls-verify");
  if (endpoint.tls.insecure && !authority->empty()) {
    return invalid(cluster, "insecure-skip-tls-verify and a certificate authority exclude each other");
  }
  endpoint.tls.server_name = string_at(cluster.value, "tls-server-name");
  return endpoint;
}

json cluster_info(const Entry& cluster, const http::Endpoint& endpoint) {
  json info{{"server", endpoint.url}};
  if (!endpoint.tls.ca_pem.empty()) info["certificate-authority-data"] = encoding::to_base64(endpoint.tls.ca_pem);
  if (endpoint.tls.insecure) info["insecure-skip-tls-verify"] = true;
  if (!endpoint.tls.server_name.empty()) info["tls-server-name"] = endpoint.tls.server_name;
  if (!endpoint.proxy_url.empty()) info["proxy-url"] = endpoint.proxy_url;
  for (const json& extension : list_at(cluster.value, "extensions")) {
    if (string_at(extension, "name") == "client.authentication.k8s.io/exec") info["config"] = map_at(extension, "extension");
  }
  return info;
}

/// The strings of a list; null stands for an empty one, as in kubectl.
std::vector<std::string> texts_at(const json& object, const std::string& key) {
  std::vector<std::string> texts;
  for (const json& item : list_at(object, key)) texts.push_back(item.is_string() ? item.get<std::string>() : std::string{});
  return texts;
}

bool is_program_text(const ExecPlugin& plugin) {
  const auto is_fine = [](const std::string& text) { return text.find('\0') == std::string::npos; };
  return is_fine(plugin.command) && std::ranges::all_of(plugin.arguments, is_fine) &&
         std::ranges::all_of(plugin.environment, [&](const auto& one) { return is_fine(one.first) && is_fine(one.second); });
}

Result<ExecPlugin> plugin_of(const Entry& user, const Entry& cluster, const http::Endpoint& endpoint) {
  const json& exec = map_at(user.value, "exec");
  ExecPlugin plugin{.api_version = string_at(exec, "apiVersion"), .command = string_at(exec, "command")};
  if (plugin.api_version != "client.authentication.k8s.io/v1" && plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    return invalid(user, fmt::format("exec.apiVersion is '{}'", plugin.api_version),
                   "use client.authentication.k8s.io/v1 or v1beta1; newer versions of the plugin have them");
  }
  if (plugin.command.empty()) return invalid(user, "exec has no 'command'");
  plugin.arguments = texts_at(exec, "args");
  for (const json& variable : list_at(exec, "env")) {
    const std::string name = string_at(variable, "name");
    if (name.empty() || name.find('=') != std::string::npos) return invalid(user, "each of exec.env needs a name, without '='");
    plugin.environment[name] = string_at(variable, "value");
  }
  if (!is_program_text(plugin)) return invalid(user, "exec holds a NUL character, which no program can be given");
  plugin.install_hint = string_at(exec, "installHint");
  const std::string mode = string_at(exec, "interactiveMode");
  plugin.may_ask = mode != "Never";
  plugin.must_ask = mode == "Always";
  if (bool_at(exec, "provideClusterInfo")) plugin.cluster = cluster_info(cluster, endpoint);
  plugin.folder = user.folder;
  return plugin;
}

/// RFC 3986 percent-encoding, as client-go escapes the names of extra fields.
std::string escape_header_name(std::string_view key) {
  std::string escaped;
  for (const char c : key) {
    const bool token =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view{"-_.~!#$&'*+^`|"}.find(c) != std::string_view::npos;
    escaped += token ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return escaped;
}

Result<std::vector<std::string>> impersonation(const Entry& entry) {
  const json& user = entry.value;
  std::vector<std::string> headers;
  const std::string name = string_at(user, "as");
  if (name.empty()) {
    const bool half = !string_at(user, "as-uid").empty() || !list_at(user, "as-groups").empty() || !map_at(user, "as-user-extra").empty();
    if (half) return invalid(entry, "as-uid, as-groups and as-user-extra need 'as', the user to impersonate");
    return headers;
  }
  headers.push_back("Impersonate-User: " + name);
  if (const std::string uid = string_at(user, "as-uid"); !uid.empty()) headers.push_back("Impersonate-Uid: " + uid);
  for (const std::string& group : texts_at(user, "as-groups")) headers.push_back("Impersonate-Group: " + group);
  const json& extras = map_at(user, "as-user-extra");
  for (const auto& item : extras.items()) {
    for (const std::string& value : texts_at(extras, item.key())) {
      headers.push_back(fmt::format("Impersonate-Extra-{}: {}", escape_header_name(item.key()), value));
    }
  }
  if (!std::ranges::all_of(headers, http::is_header_value)) return invalid(entry, "impersonation holds a control character");
  return headers;
}

Result<Identity> identity_of(const Entry& user, const Entry& cluster, http::Endpoint& endpoint) {
  if (const json& provider = value_at(user.value, "auth-provider"); provider.is_object()) {
    return invalid(user, fmt::format("the auth-provider '{}' was removed from Kubernetes clients in 1.26", string_at(provider, "name")),
                   "use an exec plugin: gke-gcloud-auth-plugin, kubelogin, or 'kubectl oidc-login'");
  }
  const auto certificate = pem(user, "client-certificate");
  if (!certificate) return Failure{certificate.error()};
  const auto key = pem(user, "client-key");
  if (!key) return Failure{key.error()};
  if (certificate->empty() != key->empty()) return invalid(user, "client-certificate and client-key go together; one is missing");
  endpoint.tls.certificate_pem = *certificate;
  endpoint.tls.key_pem = *key;
  Identity identity;
  const auto token = token_of(string_at(user.value, "token"), "this user");
  if (!token) return Failure{at_place(token.error(), user.place())};
  identity.token = *token;
  if (const std::string path = string_at(user.value, "tokenFile"); !path.empty()) identity.token_file = user.folder / path;
  identity.username = string_at(user.value, "username");
  identity.password = string_at(user.value, "password");
  auto impersonated = impersonation(user);
  if (!impersonated) return Failure{impersonated.error()};
  identity.impersonation_headers = std::move(*impersonated);
  if (value_at(user.value, "exec").is_object()) {
    auto plugin = plugin_of(user, cluster, endpoint);
    if (!plugin) return Failure{plugin.error()};
    identity.plugin = std::move(*plugin);
  }
  return identity;
}

}  // namespace

Result<Access> access(const Config& config, const std::string& name) {
  if (name == "in-cluster" && !config.contexts.contains(name)) {
    if (auto inside = in_cluster()) return *inside;
  }
  const auto context = find(config.contexts, name, "context", config.origin.empty() ? "the kubeconfig" : config.origin, nullptr);
  if (!context) return Failure{context.error()};
  const Entry& found = **context;
  const auto cluster = find(config.clusters, string_at(found.value, "cluster"), "cluster", config.origin, &found);
  if (!cluster) return Failure{cluster.error()};
  Access access;
  auto endpoint = endpoint_of(**cluster);
  if (!endpoint) return Failure{endpoint.error()};
  access.endpoint = std::move(*endpoint);
  access.default_namespace = string_at(found.value, "namespace");
  const std::string user_name = string_at(found.value, "user");
  if (user_name.empty()) return access;
  const auto user = find(config.users, user_name, "user", config.origin, &found);
  if (!user) return Failure{user.error()};
  auto identity = identity_of(**user, **cluster, access.endpoint);
  if (!identity) return Failure{identity.error()};
  access.identity = std::move(*identity);
  return access;
}

std::optional<Access> in_cluster() {
  const fs::path folder = "/var/run/secrets/kubernetes.io/serviceaccount";
  const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
  const auto authority = file::read(folder / "ca.crt");
  if (host == nullptr || port == nullptr || !authority) return std::nullopt;
  const bool is_ipv6 = std::string_view{host}.find(':') != std::string_view::npos;
  Access access;
  access.endpoint.url = fmt::format(fmt::runtime(is_ipv6 ? "https://[{}]:{}" : "https://{}:{}"), host, port);
  access.endpoint.tls.ca_pem = *authority;
  access.identity.token_file = folder / "token";
  access.default_namespace = text::trim(file::read(folder / "namespace").value_or(""));
  return access;
}

}  // namespace fedctl::kubeconfig
