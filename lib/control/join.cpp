#include "control/join.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "control/preflight.hpp"
#include "kube/departure.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::control {
namespace {

using nlohmann::json;

constexpr std::string_view token_secret_type = "kubernetes.io/service-account-token";
constexpr std::string_view account_of_secret = "kubernetes.io/service-account.name";

json metadata(const std::string& name_space, const std::string& name) {
  json result{{"name", name}};
  if (!name_space.empty()) result["namespace"] = name_space;
  return result;
}

/// Joins one cluster, remembering each object it set out to make.
class Joiner {
 public:
  Joiner(Host host, Member member, JoinOptions options)
      : host_(std::move(host)),
        member_(std::move(member)),
        options_(std::move(options)),
        run_("join-" + random_suffix() + random_suffix()) {
    account_.name = options_.cluster + "-" + host_.name;
    account_.name_space = host_.name_space;
  }

  Task<Result<JoinReport>> run() {
    auto found = co_await preflight(host_, member_, options_, account_.name);
    if (!found) co_return Failure{found.error()};
    found_ = std::move(*found);
    account_.scope = found_.config.scope;
    const auto done = co_await write_all();
    if (!done) co_return Failure{co_await undo(done.error())};
    if (!options_.dry_run) co_await look();
    co_return std::move(report_);
  }

 private:
  struct Attempt {
    kube::Client* client;
    kube::Resource resource;
    std::string name_space;
    std::string name;
  };

  Task<Result<Done>> write_all() {
    if (!options_.rotate) {
      const auto prepared = co_await write_member();
      if (!prepared) co_return Failure{prepared.error()};
    }
    auto token = co_await make_token();
    if (!token) co_return Failure{token.error()};
    const auto kept = co_await write_host(*token);
    if (!kept) co_return Failure{kept.error()};
    if (replaces_ && !options_.dry_run) co_return co_await revoke_old();
    co_return Done{};
  }

  /// Writes one object and notes it, before and after.
  Task<Result<json>> write(kube::Client& client, kube::Resource resource, json object) {
    const std::string name = kube::name_of(object);
    const std::string name_space = kube::namespace_of(object);
    if (options_.dry_run) {
      const auto live = co_await client.get(resource, name_space, name, true);
      note(client, resource, name_space, name, live ? Outcome::updated : Outcome::created);
      co_return object;
    }
    attempts_.push_back({&client, resource, name_space, name});
    const PutOptions how{.made_by = run_};
    auto done = co_await put(client, resource, std::move(object), how);
    if (!done) co_return Failure{done.error()};
    note(client, resource, name_space, name, done->outcome);
    co_return std::move(done->object);
  }

  void note(const kube::Client& client, const kube::Resource& resource, const std::string& name_space, const std::string& name,
            Outcome outcome) {
    report_.objects.push_back({client.cluster(), name_of(resource, name), name_space, outcome});
  }

  Task<Result<Done>> write_member() {
    auto name_space = co_await member_.client->get(namespaces(), "", host_.name_space, true);
    if (!name_space && name_space.error().code != Code::not_found) co_return Failure{name_space.error()};
    // Left a moment ago: it is still on its way out.
    const bool is_going = name_space && kube::is_going(*name_space);
    if (is_going && !options_.dry_run) {
      const auto gone = co_await kube::wait_until_gone(*member_.client, namespaces(), "", host_.name_space, kube::uid_of(*name_space),
                                                       options_.token_patience);
      if (!gone) co_return Failure{gone.error()};
    }
    if (!name_space || is_going) {
      const json object{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", metadata("", host_.name_space)}};
      const auto made = co_await write(*member_.client, namespaces(), object);
      if (!made) co_return Failure{made.error()};
    }
    json account{{"apiVersion", "v1"},
                 {"kind", "ServiceAccount"},
                 {"metadata", metadata(host_.name_space, account_.name)},
                 {"automountServiceAccountToken", false}};
    account["metadata"]["annotations"]["kubernetes.io/enforce-mountable-secrets"] = "true";
    const auto made = co_await write(*member_.client, service_accounts(), account);
    if (!made) co_return Failure{made.error()};
    co_return co_await write_rights();
  }

  Rights rights() const {
    const bool was_minimal = kube::metadata_entry(found_.cluster, "annotations", rights_annotation) == "minimal";
    return options_.rights.value_or(was_minimal ? Rights::minimal : Rights::full);
  }

  Task<Result<Done>> write_rights() {
    const std::vector<Grant> grants = grants_of(account_, rights(), found_.types);
    for (const Grant& grant : grants) {
      const auto role = co_await write(*member_.client, grant.role_type, grant.role);
      if (!role) co_return Failure{role.error()};
      const auto bound = co_await bind(grant);
      if (!bound) co_return Failure{bound.error()};
    }
    co_return Done{};
  }

  /// A binding to another role cannot be changed, only made anew.
  Task<Result<Done>> bind(Grant grant) {
    const std::string name = kube::name_of(grant.binding);
    const std::string name_space = kube::namespace_of(grant.binding);
    const auto live = co_await member_.client->get(grant.binding_type, name_space, name);
    if (live && kube::map_at(*live, "roleRef") != grant.binding["roleRef"] && !options_.dry_run) {
      const kube::DeleteOptions whichever;
      const auto gone = co_await member_.client->remove(grant.binding_type, name_space, name, whichever);
      if (!gone) co_return Failure{gone.error()};
    }
    const auto bound = co_await write(*member_.client, grant.binding_type, grant.binding);
    if (!bound) co_return Failure{bound.error()};
    co_return Done{};
  }

  struct Token {
    std::string value;
    std::string authority;  ///< PEM; may be empty.
    std::string expires;    ///< RFC 3339; empty: never.
  };

  /// The first token hangs on a Secret named like the account, as kubefedctl has it; each later one on a Secret of its own.
  Task<Result<Token>> make_token() {
    const std::string type = options_.token_duration ? "Opaque" : std::string{token_secret_type};
    const auto before = co_await member_.client->get(secrets(), host_.name_space, account_.name);
    if (!before && before.error().code != Code::not_found) co_return Failure{before.error()};
    // A Secret's type cannot be changed, so a token of another kind gets a Secret of its own and replaces the old.
    replaces_ = options_.rotate || (before && kube::string_at(*before, "type") != type);
    secret_ = replaces_ ? account_.name + "-" + random_suffix() : account_.name;
    if (options_.dry_run) {
      note(*member_.client, secrets(), host_.name_space, secret_, Outcome::created);
      co_return Token{};
    }
    if (options_.token_duration) co_return co_await request_token();
    json secret{{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", metadata(host_.name_space, secret_)}, {"type", type}};
    secret["metadata"]["annotations"][std::string{account_of_secret}] = account_.name;
    auto put = co_await write(*member_.client, secrets(), secret);
    if (!put) co_return Failure{put.error()};
    const auto has_token = [](const json& object) { return !kube::string_at(kube::map_at(object, "data"), "token").empty(); };
    Result<json> filled = std::move(*put);
    if (!has_token(*filled)) filled = co_await wait_token(has_token);
    if (!filled) co_return Failure{filled.error()};
    const json data = kube::map_at(*filled, "data");
    co_return Token{encoding::from_base64(kube::string_at(data, "token")).value_or(""),
                    encoding::from_base64(kube::string_at(data, "ca.crt")).value_or(""), ""};
  }

  Task<Result<json>> wait_token(Condition has_token) {
    auto filled = co_await wait_for(*member_.client, secrets(), host_.name_space, secret_, has_token, options_.token_patience,
                                    "the cluster's token controller put no token into the Secret");
    if (!filled && filled.error().hint.empty()) {
      Error error = filled.error();
      error.hint = "is its kube-controller-manager running? --token-duration does without it";
      co_return Failure{std::move(error)};
    }
    co_return filled;
  }

  /// A token with an end, bound to a Secret, so that deleting that takes it back before.
  Task<Result<Token>> request_token() {
    json holder{{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", metadata(host_.name_space, secret_)}, {"type", "Opaque"}};
    holder["metadata"]["annotations"]["fedctl.io/token-of"] = account_.name;
    const auto made = co_await write(*member_.client, secrets(), holder);
    if (!made) co_return Failure{made.error()};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*options_.token_duration).count();
    const json bound{{"kind", "Secret"}, {"apiVersion", "v1"}, {"name", secret_}, {"uid", kube::uid_of(*made)}};
    const json request{{"apiVersion", "authentication.k8s.io/v1"},
                       {"kind", "TokenRequest"},
                       {"metadata", {{"namespace", host_.name_space}}},
                       {"spec", {{"audiences", json::array()}, {"expirationSeconds", seconds}, {"boundObjectRef", bound}}}};
    const auto answer = co_await member_.client->create(service_accounts(), request, account_.name, "token");
    if (!answer) co_return Failure{answer.error()};
    const json status = kube::map_at(*answer, "status");
    co_return Token{kube::string_at(status, "token"), "", kube::string_at(status, "expirationTimestamp")};
  }

  std::string host_secret_name() const {
    const std::string known = kube::string_at(kube::map_at(kube::map_at(found_.cluster, "spec"), "secretRef"), "name");
    if (!options_.secret_name.empty()) return options_.secret_name;
    return known.empty() ? options_.cluster + "-" + random_suffix() : known;
  }

  Task<Result<Done>> write_host(Token token) {
    const std::string name = host_secret_name();
    json secret{{"apiVersion", "v1"},
                {"kind", "Secret"},
                {"metadata", metadata(host_.name_space, name)},
                {"data", {{"token", encoding::to_base64(token.value)}}}};
    if (!token.expires.empty()) secret["metadata"]["annotations"][std::string{expiry_annotation}] = token.expires;
    const auto kept = co_await write(*host_.client, secrets(), secret);
    if (!kept) co_return Failure{kept.error()};
    if (options_.rotate) co_return Done{};
    const auto registered = co_await write(*host_.client, kubefed_clusters(), cluster_object(name, token.authority));
    if (!registered) co_return Failure{registered.error()};
    co_return Done{};
  }

  json cluster_object(const std::string& secret, const std::string& authority) const {
    const http::Endpoint& endpoint = member_.access.endpoint;
    json spec{{"apiEndpoint", endpoint.url}, {"secretRef", {{"name", secret}}}};
    const std::string& pem = endpoint.tls.ca_pem.empty() ? authority : endpoint.tls.ca_pem;
    if (!pem.empty() && !endpoint.tls.insecure) spec["caBundle"] = encoding::to_base64(pem);
    if (endpoint.tls.insecure) spec["disabledTLSValidations"] = {"*"};
    if (!endpoint.proxy_url.empty()) spec["proxyURL"] = endpoint.proxy_url;
    json object{{"apiVersion", "core.kubefed.io/v1beta1"},
                {"kind", "KubeFedCluster"},
                {"metadata", metadata(host_.name_space, options_.cluster)},
                {"spec", std::move(spec)}};
    json& annotations = object["metadata"]["annotations"];
    annotations[std::string{cluster_uid_annotation}] = found_.cluster_uid;
    annotations[std::string{context_annotation}] = member_.context;
    if (rights() == Rights::minimal) annotations[std::string{rights_annotation}] = "minimal";
    if (!endpoint.tls.server_name.empty()) annotations[std::string{server_name_annotation}] = endpoint.tls.server_name;
    // A re-join without --label keeps the labels it was given before.
    const json before = kube::map_at(kube::map_at(found_.cluster, "metadata"), "labels");
    if (!before.empty()) object["metadata"]["labels"] = before;
    for (const auto& [key, value] : options_.labels) object["metadata"]["labels"][key] = value;
    return object;
  }

  /// The new token is in the host, and works; the ones before are taken back.
  Task<Result<Done>> revoke_old() {
    fleet::ConnectOptions connect = options_.connect;
    const auto cluster = co_await host_.client->get(kubefed_clusters(), host_.name_space, options_.cluster);
    if (!cluster) co_return Failure{cluster.error()};
    const auto client = co_await connect_member(host_, *cluster, connect);
    if (!client) co_return Failure{client.error()};
    const fleet::Health health = co_await fleet::probe(**client, "");
    if (!health.ready) {
      report_.leftovers.push_back(
          fmt::format("the new token does not work yet ({}), so the old one was left alone", health.problem->message));
      co_return Done{};
    }
    const kube::ListOptions options{.name_space = host_.name_space, .metadata_only = true};
    const auto all = co_await member_.client->list(secrets(), options);
    if (!all) co_return Failure{all.error()};
    for (const json& secret : all->items) {
      const bool is_token = kube::metadata_entry(secret, "annotations", account_of_secret) == account_.name ||
                            kube::metadata_entry(secret, "annotations", "fedctl.io/token-of") == account_.name;
      const std::string name = kube::name_of(secret);
      if (!is_token || name == secret_) continue;
      const kube::DeleteOptions whichever;
      const auto removed = co_await member_.client->remove(secrets(), host_.name_space, name, whichever);
      if (!removed) {
        report_.leftovers.push_back(fmt::format("the old token in Secret {} could not be taken back: {}", name, removed.error().message));
      } else {
        note(*member_.client, secrets(), host_.name_space, name, Outcome::deleted);
      }
    }
    co_return Done{};
  }

  /// Takes away what this run made. An answer that never came may still have been a write, so everything that was
  /// tried is looked for, and known by this run's mark.
  Task<Error> undo(Error cause) {
    if (attempts_.empty()) co_return cause;
    host_.client->loop().clear_interrupt();
    std::vector<std::string> left;
    for (auto attempt = attempts_.rbegin(); attempt != attempts_.rend(); ++attempt) {
      const auto live = co_await attempt->client->get(attempt->resource, attempt->name_space, attempt->name, true);
      if (!live && live.error().code == Code::not_found) continue;
      if (live && maker_of(*live) != run_) continue;
      if (live) {
        const kube::DeleteOptions options{.uid = kube::uid_of(*live)};
        if (co_await attempt->client->remove(attempt->resource, attempt->name_space, attempt->name, options)) continue;
      }
      left.push_back(fmt::format("{} in {}", name_of(attempt->resource, attempt->name), attempt->client->cluster()));
    }
    report_.objects.clear();
    cause.uncertain = !left.empty();
    cause.hint += fmt::format(
        "{}{}", cause.hint.empty() ? "" : "; ",
        left.empty() ? "nothing was left behind" : fmt::format("it could not be undone, so look for {}", text::join(left, ", ")));
    co_return cause;
  }

  /// How the host will see the member from now on; its status says so at once.
  Task<Done> look() {
    const auto cluster = co_await host_.client->get(kubefed_clusters(), host_.name_space, options_.cluster);
    if (!cluster) {
      report_.health.problem = cluster.error();
      co_return Done{};
    }
    const auto client = co_await connect_member(host_, *cluster, options_.connect);
    if (!client) {
      report_.health.problem = client.error();
    } else {
      report_.health = co_await fleet::probe(**client, "");
    }
    const json status =
        cluster_status(report_.health, !client, kube::map_at(*cluster, "status"), time::format_instant(std::chrono::system_clock::now()));
    const auto written = co_await write_status(host_, options_.cluster, status);
    if (!written) report_.leftovers.push_back("its status could not be written: " + written.error().message);
    co_return Done{};
  }

  Host host_;
  Member member_;
  JoinOptions options_;
  std::string run_;
  Account account_;
  Preflight found_;
  bool replaces_ = false;  ///< There are older tokens, which are taken back in the end.
  std::string secret_;     ///< The member's Secret that the token hangs on.
  std::vector<Attempt> attempts_;
  JoinReport report_;
};

}  // namespace

Task<Result<JoinReport>> join(Host host, Member member, JoinOptions options) {
  if (!is_subdomain(options.cluster)) {
    co_return Failure{{.code = Code::usage,
                       .message = fmt::format("'{}' cannot be the name of a cluster", options.cluster),
                       .hint = "names are of lower-case letters, digits, '-' and '.'; give the context with --cluster-context"}};
  }
  if (auto valid = check_host_name(host.name); !valid) co_return Failure{valid.error()};
  if (options.token_duration && *options.token_duration < std::chrono::minutes{10}) {
    co_return Failure{{Code::usage, "--token-duration is less than 10m, the least that Kubernetes grants"}};
  }
  Joiner joiner{std::move(host), std::move(member), std::move(options)};
  co_return co_await joiner.run();
}

Task<Result<Written>> update_rights(Host host, kube::Client& member, std::string cluster, Scope scope, std::vector<FederatedType> types) {
  const Account account{cluster + "-" + host.name, host.name_space, scope};
  const Grant grant = grants_of(account, Rights::minimal, types).front();
  const PutOptions how;
  const auto done = co_await put(member, grant.role_type, grant.role, how);
  if (!done) co_return Failure{done.error()};
  co_return Written{cluster, name_of(grant.role_type, kube::name_of(grant.role)), kube::namespace_of(grant.role), done->outcome};
}

}  // namespace fedctl::control
