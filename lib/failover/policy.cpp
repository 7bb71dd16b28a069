#include "failover/policy.hpp"

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/pointer.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "failover/policy_parts.hpp"
#include "failover/step.hpp"
#include "kube/object.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>

namespace fedctl::failover {
namespace {

using nlohmann::json;

std::vector<Target> read_targets(const Fields& spec, const std::string& name_space) {
  std::vector<Target> targets;
  for (Fields& item : spec.items("targets")) {
    item.only({"apiVersion", "kind", "name", "namespace"}).need("kind").need("name");
    targets.push_back({item.text("kind"), item.text("name"), item.text("namespace", name_space)});
    if (!targets.back().kind.empty() && !targets.back().kind.starts_with("Federated"))
      item.fail("kind", fmt::format("'{}' is no federated kind", targets.back().kind),
                "roles are overrides, so name a FederatedDeployment, say");
  }
  return targets;
}

std::vector<Setting> read_role(const Fields& roles, const std::string& role) {
  std::vector<Setting> settings;
  for (Fields& item : roles.items(role)) {
    item.only({"path", "value", "env"});
    Setting setting;
    if (item.has("path") == item.has("env")) item.fail("", "each of these needs either path and value, or env");
    setting.path = item.text("path");
    setting.value = item.raw("value");
    if (item.has("path") && (setting.path.empty() || !pointer::parse(setting.path)))
      item.fail("path", "the path " + pointer::why_refused(setting.path));
    if (item.has("path") && !item.has("value")) item.fail("", "'value' is missing");
    if (item.has("env")) {
      Fields env = item.child("env");
      env.only({"container", "set"}).need("container").need("set");
      setting.container = env.text("container");
      setting.variables = env.table("set");
    }
    settings.push_back(std::move(setting));
  }
  return settings;
}

/// Both roles must speak of the same things, or a cluster that changes its role would keep some of the other's.
void check_roles(const Fields& roles, const Policy& policy) {
  const auto named = [](const std::vector<Setting>& settings) {
    std::set<std::string> names;
    for (const Setting& one : settings) {
      if (!one.path.empty()) names.insert(one.path);
      for (const auto& [name, value] : one.variables) names.insert(fmt::format("the variable {} of container {}", name, one.container));
    }
    return names;
  };
  const auto active = named(policy.active);
  const auto standby = named(policy.standby);
  for (const std::string& name : active) {
    if (!standby.contains(name)) roles.fail("standby", fmt::format("the role standby does not set {}, which the role active does", name));
  }
  for (const std::string& name : standby) {
    if (!active.contains(name)) roles.fail("active", fmt::format("the role active does not set {}, which the role standby does", name));
  }
}

void read_promises(const Fields& spec, Policy& policy) {
  policy.rto = spec.duration("rto");
  const json rpo = spec.raw("rpo");
  const bool is_time = rpo.is_string() && rpo.get<std::string>().find_first_of("smh") != std::string::npos;
  if (is_time) {
    policy.rpo = spec.duration("rpo");
  } else {
    policy.rpo_bytes = spec.bytes("rpo");
  }
}

std::vector<Hook> read_hooks(const Fields& spec) {
  std::vector<Hook> hooks;
  const std::vector<std::string> steps = step_names();
  for (Fields& item : spec.items("hooks")) {
    item.only({"name", "before", "after", "command", "url", "timeout", "onFailure"});
    if (item.has("before") == item.has("after")) item.fail("", "a hook runs either before or after a step");
    if (item.has("command") == item.has("url")) item.fail("", "a hook is either a command or a url");
    Hook hook{.before = item.has("before"), .exec = read_action(item), .url = item.text("url")};
    if (item.has("url") && !url::is_http(hook.url)) item.fail("url", "a hook's url begins with http:// or https://");
    const char* when = hook.before ? "before" : "after";
    hook.step = item.text(when);
    if (std::ranges::find(steps, hook.step) == steps.end())
      item.fail(when, fmt::format("there is no step '{}'{}", hook.step, text::did_you_mean(hook.step, steps)),
                "steps are " + text::join(steps, ", "));
    const std::string on_failure = item.text("onFailure", "stop");
    if (on_failure != "stop" && on_failure != "continue") item.fail("onFailure", "onFailure is stop or continue");
    hook.may_fail = on_failure == "continue";
    hook.name = item.text("name", std::to_string(hooks.size()));
    hook.hash = encoding::sha256(to_text(item.whole())).substr(0, 16);
    const bool is_taken = std::ranges::find(hooks, hook.name, &Hook::name) != hooks.end();
    if (is_taken) item.fail("name", fmt::format("two hooks are named '{}'", hook.name));
    hooks.push_back(std::move(hook));
  }
  return hooks;
}

}  // namespace

bool is_policy(const json& object) {
  const kube::GroupVersionKind type = kube::gvk_of(object);
  return type.group == policy_group && type.kind == policy_kind;
}

Result<Policy> read_policy(const manifest::Manifest& manifest, const std::string& default_namespace) {
  Fields root{manifest};
  root.only({"apiVersion", "kind", "metadata", "spec", "status"}).need("spec");
  Policy policy{.name = kube::name_of(manifest.object), .name_space = kube::namespace_of(manifest.object), .place = manifest.place()};
  if (policy.name_space.empty()) policy.name_space = default_namespace;
  if (root.text("apiVersion") != "fedctl.io/v1alpha1") root.fail("apiVersion", "a FailoverPolicy has apiVersion fedctl.io/v1alpha1");
  Fields spec = root.child("spec");
  spec.only({"clusters", "targets", "roles", "health", "fencing", "database", "dns", "hooks", "coordination", "rto", "rpo", "readyTimeout"})
      .need("clusters")
      .need("targets");
  policy.spec = root.raw("spec");
  policy.hash = encoding::sha256(to_text(policy.spec)).substr(0, 16);
  policy.clusters = spec.texts("clusters");
  const std::set<std::string> distinct{policy.clusters.begin(), policy.clusters.end()};
  if (policy.clusters.size() < 2) spec.fail("clusters", "a policy needs at least two clusters: the primary first, then its standbys");
  if (distinct.size() != policy.clusters.size()) spec.fail("clusters", "a cluster stands twice in the policy");
  policy.targets = read_targets(spec, policy.name_space);
  if (policy.targets.empty()) spec.fail("targets", "a policy needs at least one target");
  Fields roles = spec.child("roles");
  roles.only({"active", "standby"});
  policy.active = read_role(roles, "active");
  policy.standby = read_role(roles, "standby");
  check_roles(roles, policy);
  policy.ready_timeout = spec.duration("readyTimeout", policy.ready_timeout);
  if (spec.has("database")) policy.postgres = read_database(spec.child("database"), policy.clusters, policy.name_space);
  if (spec.has("dns")) policy.dns = read_dns(spec.child("dns"), policy.clusters, policy.name_space);
  policy.coordination = read_coordination(spec, policy.clusters);
  policy.health = read_health(spec.child("health"), policy);
  policy.fencing = read_fencing(spec.child("fencing"), policy.name_space);
  const bool needs_guard = policy.postgres && policy.postgres->replication.mode == Replication::Mode::sync_while_close;
  if (needs_guard && !policy.fencing.guard_ttl)
    spec.fail("database", "the mode syncWhileClose needs guards, which switch it", "set fencing.guard.ttl, or use the mode sync");
  policy.hooks = read_hooks(spec);
  read_promises(spec, policy);
  if (root.problem()) {
    Error error = *root.problem();
    error.object = fmt::format("FailoverPolicy {}", policy.full_name());
    return Failure{std::move(error)};
  }
  return policy;
}

}  // namespace fedctl::failover
