#include "control/preflight.hpp"

#include "base/text.hpp"
#include "base/url.hpp"
#include "fleet/connect.hpp"
#include "kube/cluster_uid.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::control {
namespace {

using nlohmann::json;

/// A right that a step needs.
struct Right {
  std::string verb;
  std::string group;
  std::string plural;
  std::string name_space = {};

  std::string words() const {
    const std::string what = group.empty() ? plural : plural + "." + group;
    return fmt::format("{} {}{}", verb, what, name_space.empty() ? "" : " in " + name_space);
  }
};

Task<Result<bool>> may(kube::Client& client, Right right) {
  const json attributes{{"verb", right.verb}, {"group", right.group}, {"resource", right.plural}, {"namespace", right.name_space}};
  const json review{{"apiVersion", "authorization.k8s.io/v1"},
                    {"kind", "SelfSubjectAccessReview"},
                    {"metadata", json::object()},
                    {"spec", {{"resourceAttributes", attributes}}}};
  const auto answer = co_await client.create(access_reviews(), review);
  if (!answer) co_return Failure{answer.error()};
  co_return kube::bool_at(kube::map_at(*answer, "status"), "allowed");
}

/// The words of the rights that are lacking.
Task<Result<std::vector<std::string>>> lacking(kube::Client& client, std::vector<Right> rights) {
  std::vector<Task<Result<bool>>> tasks;
  for (const Right& right : rights) tasks.push_back(may(client, right));
  const auto answers = co_await when_all(std::move(tasks));
  std::vector<std::string> words;
  for (std::size_t i = 0; i < rights.size(); ++i) {
    if (!answers[i]) co_return Failure{answers[i].error()};
    if (!*answers[i]) words.push_back(rights[i].words());
  }
  co_return words;
}

std::vector<Right> member_rights(const JoinOptions& options, const std::string& name_space, bool has_namespace) {
  const std::string rbac = "rbac.authorization.k8s.io";
  // Only who may do everything can hand that on.
  if (options.rights.value_or(Rights::full) == Rights::full && !options.rotate) return {{"*", "*", "*"}};
  if (options.rotate) return {{"create", "", "secrets", name_space}, {"delete", "", "secrets", name_space}};
  std::vector<Right> rights{{"create", "", "serviceaccounts", name_space},
                            {"create", "", "secrets", name_space},
                            {"create", rbac, "clusterroles"},
                            {"create", rbac, "clusterrolebindings"}};
  if (!has_namespace) rights.push_back({"create", "", "namespaces"});
  return rights;
}

Task<Result<Done>> check_rights(kube::Client& client, std::vector<Right> rights, std::string hint) {
  const auto words = co_await lacking(client, std::move(rights));
  if (!words) co_return Failure{words.error()};
  if (words->empty()) co_return Done{};
  const bool all = words->size() == 1 && words->front().starts_with("* ");
  const std::string what = all ? "hand on all rights, as KubeFed's account has them" : text::join(*words, ", ");
  co_return Failure{
      {.code = Code::forbidden, .message = fmt::format("your user may not {}", what), .cluster = client.cluster(), .hint = hint}};
}

Task<Result<json>> get_or_null(kube::Client& client, kube::Resource resource, std::string name_space, std::string name) {
  auto object = co_await client.get(resource, name_space, name);
  if (!object && object.error().code == Code::not_found) co_return json();
  co_return object;
}

/// The UID a KubeFedCluster was joined with; of those that KubeFed joined, what the cluster itself says, or "".
Task<std::string> uid_of_joined(Host host, json cluster) {
  const std::string noted = kube::metadata_entry(cluster, "annotations", cluster_uid_annotation);
  if (!noted.empty()) co_return noted;
  fleet::ConnectOptions patience;
  patience.connect_timeout = patience.request_timeout = time::Duration{2000};
  const auto client = co_await connect_member(host, cluster, patience);
  if (!client) co_return "";
  const auto uid = co_await kube::uid_of_cluster(**client);
  co_return uid.value_or("");
}

Task<Result<Done>> check_twins(Host host, std::vector<json> clusters, std::string name, std::string uid) {
  std::erase_if(clusters, [&](const json& cluster) { return kube::name_of(cluster) == name; });
  std::vector<Task<std::string>> tasks;
  for (const json& cluster : clusters) tasks.push_back(uid_of_joined(host, cluster));
  const std::vector<std::string> uids = co_await when_all(std::move(tasks));
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    if (uids[i].empty() || uids[i] != uid) continue;
    const std::string other = kube::name_of(clusters[i]);
    co_return Failure{{.code = Code::conflict,
                       .message = fmt::format("this cluster is joined already, under the name {}", other),
                       .cluster = name,
                       .hint = fmt::format("it would get everything twice; unjoin {} first, or check --cluster-context", other)}};
  }
  co_return Done{};
}

Result<void> check_existing(const Preflight& found, const Host& host, const JoinOptions& options, const std::string& account_name) {
  if (options.rotate) {
    if (!found.cluster.is_null() && !found.account.is_null()) return {};
    return Failure{{.code = Code::not_found,
                    .message = fmt::format("the cluster {} is not joined, so it has no token to rotate", options.cluster),
                    .cluster = host.client->cluster(),
                    .hint = "join it without --rotate"}};
  }
  if (!options.error_on_existing) return {};
  const std::string hint = "--error-on-existing=false joins it again, --rotate gives it a fresh token, 'fedctl unjoin' takes it out";
  if (!found.cluster.is_null()) {
    return Failure{{.code = Code::conflict,
                    .message = fmt::format("the cluster {} is joined already", options.cluster),
                    .cluster = host.client->cluster(),
                    .hint = hint}};
  }
  if (!found.account.is_null()) {
    return Failure{
        {.code = Code::conflict,
         .message = fmt::format("the service account {}/{} exists already", host.name_space, account_name),
         .cluster = options.cluster,
         .hint =
             "a join that was ended half way left it: --error-on-existing=false goes on with it, 'fedctl unjoin --force' takes it out"}};
  }
  return {};
}

/// A KubeFedCluster holds both addresses, and many may read it who may read no Secret.
Result<void> check_addresses(const Member& member, const std::string& cluster) {
  const http::Endpoint& endpoint = member.access.endpoint;
  for (const auto& [what, address] : {std::pair{"server", endpoint.url}, std::pair{"proxy-url", endpoint.proxy_url}}) {
    if (url::without_password(address) == address) continue;
    return Failure{
        {.code = Code::invalid_input,
         .message = fmt::format("the {} of the context {} holds a password, which would stand in the host", what, member.context),
         .cluster = cluster,
         .hint = "join with an address without one; credentials belong to the kubeconfig's user"}};
  }
  return {};
}

}  // namespace

Task<Result<Preflight>> preflight(Host host, Member member, JoinOptions options, std::string account_name) {
  if (auto plain = check_addresses(member, options.cluster); !plain) co_return Failure{plain.error()};
  std::vector<Task<Result<json>>> reads;
  reads.push_back(get_or_null(*member.client, service_accounts(), host.name_space, account_name));
  reads.push_back(get_or_null(*member.client, namespaces(), "", host.name_space));
  if (!options.secret_name.empty()) reads.push_back(get_or_null(*host.client, secrets(), host.name_space, options.secret_name));
  // The member is asked first of all: most joins that fail, fail there.
  const auto uid = co_await kube::uid_of_cluster(*member.client);
  if (!uid) co_return Failure{uid.error()};
  auto config = co_await read_config(host);
  if (!config) co_return Failure{config.error()};
  auto clusters = co_await read_clusters(host);
  if (!clusters) co_return Failure{clusters.error()};
  auto types = co_await read_types(host);
  if (!types) co_return Failure{types.error()};
  auto objects = co_await when_all(std::move(reads));
  for (const auto& object : objects) {
    if (!object) co_return Failure{object.error()};
  }
  Preflight found{.config = std::move(*config), .types = std::move(*types), .account = *objects[0], .cluster_uid = *uid};
  for (const json& cluster : *clusters) {
    if (kube::name_of(cluster) == options.cluster) found.cluster = cluster;
  }
  if (auto free = check_existing(found, host, options, account_name); !free) co_return Failure{free.error()};
  if (objects.size() > 2 && !objects[2]->is_null() && options.error_on_existing && !options.rotate) {
    co_return Failure{{.code = Code::conflict,
                       .message = fmt::format("the Secret {}/{} exists already", host.name_space, options.secret_name),
                       .cluster = host.client->cluster(),
                       .hint = "choose another --secret-name, or use --error-on-existing=false"}};
  }
  const auto twins = co_await check_twins(host, std::move(*clusters), options.cluster, *uid);
  if (!twins) co_return Failure{twins.error()};
  std::vector<Right> there = member_rights(options, host.name_space, !objects[1]->is_null());
  const auto may_there = co_await check_rights(*member.client, std::move(there), "use a context of an administrator, or --rbac minimal");
  if (!may_there) co_return Failure{may_there.error()};
  std::vector<Right> here{{"create", "", "secrets", host.name_space}, {"create", "core.kubefed.io", "kubefedclusters", host.name_space}};
  const auto may_here = co_await check_rights(*host.client, std::move(here), "use a context of an administrator of the host");
  if (!may_here) co_return Failure{may_here.error()};
  co_return found;
}

}  // namespace fedctl::control
