#include "failover/role_compare.hpp"

#include "base/pointer.hpp"
#include "base/text.hpp"
#include "failover/assess.hpp"
#include "federation/role_mark.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::failover {
namespace {

using nlohmann::json;

void add_difference(std::vector<std::string>& parts, const std::string& what, const json& live, const json& wanted) {
  if (live != wanted) parts.push_back(fmt::format("{} is {}, not {}", what, to_text(live), to_text(wanted)));
}

/// What the manifests, or the host's federated objects, say.
void compare_manifests(const Site& site, const ActiveSide& active, std::vector<RoleDifference>& differences) {
  for (const manifest::Manifest& manifest : site.manifests) {
    const auto turned = with_roles(manifest.object, site.policy, active);
    if (!turned || *turned == manifest.object) continue;
    const std::string says = active_of(manifest.object, site.policy);
    const std::string where = site.host ? "in the host" : manifest.place();
    const std::string who = says == active.cluster ? fmt::format("does not carry the failover's token {}", active.token)
                            : says.empty()         ? "gives no cluster of the policy the active role alone"
                                                   : fmt::format("says that {} is active", says);
    differences.push_back({"", kube::to_string(kube::key_of(manifest.object)), fmt::format("{} {}", where, who),
                           site.host
                               ? "the next failover writes it; or apply a manifest from 'fedctl failover roles POLICY -f FILES --write'"
                               : "'fedctl failover roles POLICY -f FILES --write' writes the roles into it"});
  }
}

void compare_live(const Policy& policy, const ActiveSide& active, const plan::ClusterPlan& cluster,
                  std::vector<RoleDifference>& differences) {
  const bool is_standby = cluster.name != active.cluster;
  const auto& settings = is_standby ? policy.standby : policy.active;
  if (cluster.problem) differences.push_back({cluster.name, "", "its roles could not be compared: " + cluster.problem->message, ""});
  for (const Error& error : cluster.errors)
    differences.push_back({cluster.name, error.object, "its roles could not be compared: " + error.message, error.hint});
  for (const plan::Change& change : cluster.changes) {
    const std::string object = kube::to_string(change.key);
    std::string text;
    if (change.action == plan::Action::create) text = "is not there";
    if (change.action == plan::Action::unknown) text = "its role could not be compared: " + change.note;
    if (change.before && change.after) text = role_difference(*change.before, *change.after, settings, is_standby);
    if (text.empty()) continue;
    differences.push_back(
        {cluster.name, object, text,
         "make the manifests say the roles ('fedctl failover roles POLICY -f FILES --write') and apply them, or 'fedctl failover "
         "switchover' if another cluster is to be active"});
  }
}

}  // namespace

std::string role_difference(const json& live, const json& wanted, const std::vector<Setting>& settings, bool is_standby) {
  std::vector<std::string> parts;
  const auto mark = [](const json& object) { return json(kube::metadata_entry(object, "annotations", federation::failover_annotation)); };
  add_difference(parts, std::string{federation::failover_annotation}, mark(live), mark(wanted));
  for (const Setting& setting : settings) {
    if (!setting.path.empty()) {
      const json* is = pointer::find(live, setting.path);
      const json* should = pointer::find(wanted, setting.path);
      const json found = is == nullptr ? json() : *is;
      const bool is_fenced = is_standby && setting.path == federation::replicas_path && found == json(0);
      if (!is_fenced) add_difference(parts, setting.path, found, should == nullptr ? json() : *should);
      continue;
    }
    const auto now = variables_in(live, setting.container);
    const auto wants = variables_in(wanted, setting.container);
    for (const auto& [name, unused] : setting.variables) {
      const auto is = now.find(name);
      const auto should = wants.find(name);
      add_difference(parts, name, is == now.end() ? json() : is->second, should == wants.end() ? json() : should->second);
    }
  }
  return text::join(parts, "; ");
}

std::vector<RoleDifference> compare_roles(Site& site, const State& state, const Survey& survey) {
  std::vector<RoleDifference> differences;
  const ActiveSide active = active_side(site.policy, state);
  if (active.token == 0 || state.has_unfinished_run()) return differences;
  compare_manifests(site, active, differences);
  std::vector<std::string> clusters;
  for (const SideSurvey& side : survey.sides) {
    if (!side.api_problem) clusters.push_back(side.cluster);
  }
  if (clusters.empty()) return differences;
  const auto plan = plan_roles(site, active, clusters, {});
  if (!plan) {
    differences.push_back({"", "", "the roles could not be compared: " + plan.error().message, plan.error().hint});
    return differences;
  }
  for (const plan::ClusterPlan& cluster : plan->plan.clusters) compare_live(site.policy, active, cluster, differences);
  return differences;
}

}  // namespace fedctl::failover
