#include "control/rights.hpp"

#include "control/names.hpp"

#include <map>
#include <set>

namespace fedctl::control {
namespace {

using nlohmann::json;

json everything() { return {{"apiGroups", {"*"}}, {"resources", {"*"}}, {"verbs", {"*"}}}; }

json rules_for(std::span<const FederatedType> types) {
  std::map<std::string, std::set<std::string>> by_group;
  bool gives_rights = false;
  for (const FederatedType& type : types) {
    if (!type.enabled) continue;
    by_group[type.target.group].insert(type.target.plural);
    gives_rights = gives_rights || type.target.group == "rbac.authorization.k8s.io";
  }
  json rules = json::array();
  for (const auto& [group, plurals] : by_group) {
    rules.push_back(
        {{"apiGroups", {group}}, {"resources", plurals}, {"verbs", {"get", "list", "watch", "create", "update", "patch", "delete"}}});
  }
  // Which replicas run, and why a rollout does not get ready, only the Pods tell.
  if (by_group.contains("apps")) rules.push_back({{"apiGroups", {""}}, {"resources", {"pods"}}, {"verbs", {"get", "list", "watch"}}});
  // Who hands roles on must be allowed to hand on rights that he lacks himself.
  if (gives_rights) {
    rules.push_back(
        {{"apiGroups", {"rbac.authorization.k8s.io"}}, {"resources", {"roles", "clusterroles"}}, {"verbs", {"bind", "escalate"}}});
  }
  return rules;
}

json cluster_rules(Rights rights, std::span<const FederatedType> types) {
  if (rights == Rights::full) return json::array({everything(), {{"nonResourceURLs", {"*"}}, {"verbs", {"get"}}}});
  json rules = rules_for(types);
  rules.push_back({{"apiGroups", {""}}, {"resources", {"nodes"}}, {"verbs", {"list"}}});
  rules.push_back({{"apiGroups", {""}}, {"resources", {"namespaces"}}, {"verbs", {"get", "list", "watch"}}});
  rules.push_back({{"nonResourceURLs", {"/healthz", "/version", "/openapi/*"}}, {"verbs", {"get"}}});
  return rules;
}

Grant grant(const Account& account, const std::string& name, bool cluster_wide, json rules) {
  const std::string kind = cluster_wide ? "ClusterRole" : "Role";
  json metadata{{"name", name}};
  if (!cluster_wide) metadata["namespace"] = account.name_space;
  const std::string api = "rbac.authorization.k8s.io/v1";
  return {.role_type = cluster_wide ? cluster_roles() : roles(),
          .role = {{"apiVersion", api}, {"kind", kind}, {"metadata", metadata}, {"rules", std::move(rules)}},
          .binding_type = cluster_wide ? cluster_role_bindings() : role_bindings(),
          .binding = {{"apiVersion", api},
                      {"kind", kind + "Binding"},
                      {"metadata", metadata},
                      {"roleRef", {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", kind}, {"name", name}}},
                      {"subjects", {{{"kind", "ServiceAccount"}, {"name", account.name}, {"namespace", account.name_space}}}}}};
}

}  // namespace

std::vector<Grant> grants_of(const Account& account, Rights rights, std::span<const FederatedType> types) {
  if (account.scope == Scope::cluster) return {grant(account, account.role_name(), true, cluster_rules(rights, types))};
  const json own = rights == Rights::full ? json::array({everything()}) : rules_for(types);
  const json health = json::array({{{"nonResourceURLs", {"/healthz", "/version"}}, {"verbs", {"get"}}},
                                   {{"apiGroups", {""}}, {"resources", {"nodes"}}, {"verbs", {"list"}}},
                                   {{"apiGroups", {""}}, {"resources", {"namespaces"}}, {"verbs", {"get"}}}});
  return {grant(account, account.role_name(), false, own), grant(account, account.health_role_name(), true, health)};
}

}  // namespace fedctl::control
