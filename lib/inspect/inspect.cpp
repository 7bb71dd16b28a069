#include "inspect/inspect.hpp"

#include "base/fence.hpp"
#include "base/gate.hpp"
#include "base/text.hpp"
#include "inspect/autoscaling.hpp"
#include "inspect/contents.hpp"
#include "inspect/creates.hpp"
#include "inspect/examine.hpp"
#include "inspect/listing.hpp"
#include "inspect/refused.hpp"
#include "inspect/set_parent.hpp"
#include "inspect/unsettled.hpp"
#include "kube/discovery.hpp"
#include "kube/managed_fields.hpp"
#include "plan/mark.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>

namespace fedctl::inspect {
namespace {

using federation::Absence;
using federation::ClusterObjects;
using federation::DesiredObject;
using nlohmann::json;
using plan::Action;
using plan::Change;

class Inspector {
 public:
  Inspector(kube::Client& client, const ClusterObjects& desired, Options options)
      : client_(client), desired_(desired), options_(std::move(options)) {
    plan_.name = desired.cluster;
    if (!options_.schemas) options_.schemas = std::make_shared<Schemas>();
  }

  Task<plan::ClusterPlan> run() {
    if (desired_.objects.empty() && desired_.absences.empty() && desired_.left_alone.empty() && !options_.prune) co_return std::move(plan_);
    if (options_.set) parent_.emplace(*options_.set);
    for (const bool fresh : {false, true}) {
      const auto discovery = co_await kube::discover(client_, options_.cache, fresh);
      if (!discovery) co_return unknown_plan(std::move(plan_), desired_, discovery.error());
      discovery_ = *discovery;
      if (parent_) {
        const auto read = co_await parent_->read(client_);
        if (!read) co_return unknown_plan(std::move(plan_), desired_, read.error());
      }
      map_types();
      if ((lacks_a_type_ || !hidden_.empty()) && !fresh) continue;
      if (!options_.host) co_await list_groups();
      const bool vanished = std::ranges::any_of(
          groups_, [](const auto& entry) { return !entry.second.list && entry.second.list.error().code == Code::not_found; });
      if (!vanished) break;
    }
    if (const auto problem = problem_of_lists(groups_)) co_return unknown_plan(std::move(plan_), desired_, *problem);
    for (Item& item : items_) {
      if (!item.change.resource) settle_unserved(item, discovery_, plan_);
    }
    match_lists();
    std::ranges::move(hidden_, std::back_inserter(deletes_));
    co_await see_to_unseen();
    co_await see_to_namespaces(client_, discovery_, deletes_);
    if (options_.trusts_creates && !options_.reads_all) co_await trust_creates();
    co_await examine_rest();
    co_await leave_to_autoscalers();
    if (options_.reads_removals) co_await read_removals(client_, deletes_);
    co_return finish();
  }

 private:
  const kube::Resource* find_resource(const kube::GroupVersionKind& type, bool any_version) const {
    const kube::Resource* exact = discovery_.find(type);
    return exact != nullptr || !any_version ? exact : discovery_.find_kind(type.kind, type.group);
  }

  void map_types() {
    items_.clear();
    groups_.clear();
    items_.reserve(desired_.objects.size());
    lacks_a_type_ = false;
    for (const DesiredObject& desired : desired_.objects) {
      Item item{.desired = &desired};
      item.change.key = desired.key;
      item.change.api_version = desired.api_version;
      item.change.hash = hash_of(desired);
      if (const kube::Resource* resource = find_resource(kube::gvk(desired.api_version, desired.key.kind), desired.version_is_ours)) {
        Group& group = group_of(*resource);
        item.change.resource = group.resource;
        group.items.push_back(items_.size());
        group.namespaces.insert(desired.key.name_space);
      } else {
        lacks_a_type_ = true;
        wait_for_definition(item, desired_.objects);
      }
      items_.push_back(std::move(item));
    }
    for (const Absence& absence : desired_.absences) {
      const kube::Resource* resource = find_resource(absence.type, true);
      if (resource == nullptr) continue;
      Group& group = group_of(*resource);
      group.absences.push_back(&absence);
      group.namespaces.insert(absence.key.name_space);
    }
    if (options_.prune) map_pruned_types(*options_.prune);
    const auto listed = parent_ ? parent_->group_kinds() : std::set<std::string>{};
    hidden_ = hidden_removals(plan_.name, discovery_, desired_.absences, options_.prune, listed);
  }

  void map_pruned_types(const Prune& prune) {
    for (const kube::Resource& resource : object_types(discovery_)) {
      const std::string kind = federation::group_kind(resource.group, resource.kind);
      const bool federated =
          std::ranges::any_of(prune.types, [&](const auto& type) { return type.group == resource.group && type.kind == resource.kind; });
      const bool of_set = prune.set && parent_ && parent_->group_kinds().contains(kind);
      const bool near = prune.host_uid.empty() && !prune.set && resource.namespaced;
      if (!federated && !of_set && !near) continue;
      Group& group = group_of(*find_resource(resource.type(), true));
      group.prunes = true;
      group.everywhere = !near;
      if (near) group.namespaces.insert(prune.namespaces.begin(), prune.namespaces.end());
    }
  }

  Group& group_of(const kube::Resource& resource) {
    Group& group = groups_[resource.path()];
    if (!group.resource) group.resource = std::make_shared<const kube::Resource>(resource);
    return group;
  }

  Task<Done> list_groups() {
    std::vector<Task<Done>> tasks;
    for (auto& [type, group] : groups_) {
      std::ranges::sort(group.items, {}, [this](std::size_t index) { return place_at(index); });
      tasks.push_back(list_group(client_, group, [this, &group = group](const json& listed) { return is_worth_keeping(group, listed); }));
    }
    if (options_.identify && plan_.identity.empty()) tasks.push_back(identify(client_, plan_.identity));
    co_await when_all(std::move(tasks));
    co_return Done{};
  }

  std::tuple<const std::string&, const std::string&> place_at(std::size_t index) const {
    const kube::ObjectKey& key = items_[index].change.key;
    return {key.name_space, key.name};
  }

  using Listed = std::map<Place, json*>;

  /// Settles what is unchanged while the list still comes in, so that nothing of it is kept.
  bool is_worth_keeping(const Group& group, const json& listed) {
    const std::string name_space = kube::namespace_of(listed);
    const std::string name = kube::name_of(listed);
    const auto wanted = std::tie(name_space, name);
    const auto found = std::ranges::lower_bound(group.items, wanted, {}, [this](std::size_t index) { return place_at(index); });
    if (found == group.items.end() || place_at(*found) != wanted) return group.prunes || !group.absences.empty();
    Item& item = items_[*found];
    item.settled = !options_.reads_all &&
                   plan::is_as_applied(listed, *item.desired->content->shape(), item.change.hash, item.desired->retain_replicas);
    return !item.settled;
  }

  void match_lists() {
    for (auto& [type, group] : groups_) {
      if (!group.list) {
        settle_unlisted(group);
        continue;
      }
      Listed found;
      for (json& object : group.list->items) found[{kube::namespace_of(object), kube::name_of(object)}] = &object;
      for (const std::size_t index : group.items) {
        Item& item = items_[index];
        const auto listed = found.find(place_of(item.change.key));
        if (listed != found.end()) item.listed = std::move(*listed->second);
      }
      for (const Absence* absence : group.absences) {
        const auto listed = found.find({absence->key.name_space, absence->key.name});
        if (listed == found.end()) continue;
        plan_delete(*absence, group.resource, *listed->second);
        found.erase(listed);
      }
      if (group.prunes) plan_prune(group, found);
    }
  }

  void plan_prune(const Group& group, Listed& found) {
    for (const std::size_t index : group.items) found.erase(place_of(items_[index].change.key));
    for (const auto& [name, object] : found) {
      const kube::ObjectKey key{group.resource->group, group.resource->kind, name.first, name.second};
      if (!is_prunable(*options_.prune, *group.resource, *object) || is_left_alone(desired_, key)) continue;
      const Absence absence{
          .type = group.resource->type(),
          .key = key,
          .reason = options_.prune->host_uid.empty() ? "the input does not hold it any more" : "its federated object is gone"};
      plan_delete(absence, group.resource, *object);
    }
  }

  void settle_unlisted(const Group& group) {
    for (const std::size_t index : group.items) {
      make_unknown(items_[index].change, group.list.error().code, group.list.error().message);
      items_[index].settled = true;
    }
    for (const Absence* absence : group.absences) add_unknown(group, absence->key);
    if (group.prunes) add_unknown(group, {group.resource->group, group.resource->kind, "", "*"});
  }

  void add_unknown(const Group& group, kube::ObjectKey key) {
    deletes_.push_back({.key = std::move(key), .api_version = group.resource->type().api_version()});
    make_unknown(deletes_.back(), group.list.error().code, group.list.error().message);
  }

  /// Only what we applied ourselves is ours to delete; KubeFed's label alone is enough only where a host vouches for it.
  void plan_delete(const Absence& absence, const std::shared_ptr<const kube::Resource>& resource, const json& listed) {
    if (!options_.label_owns && kube::applied_fields(listed, kube::field_manager).is_null()) return;
    deletes_.push_back(removal_of(absence, resource, listed));
  }

  /// Below this many new objects of a type in a namespace, dry runs cost no more than the list.
  static constexpr std::size_t many = 5;

  Task<Done> trust_creates() {
    std::vector<Task<Done>> tasks;
    for (auto& [path, group] : groups_) {
      std::map<std::string, std::vector<Item*>> by_namespace;
      for (const std::size_t index : group.items) {
        Item& item = items_[index];
        if (!item.settled && item.listed.is_null()) by_namespace[item.change.key.name_space].push_back(&item);
      }
      for (auto& [name_space, items] : by_namespace) {
        if (items.size() >= many) tasks.push_back(trust_new(client_, *group.resource, name_space, std::move(items)));
      }
    }
    co_await when_all(std::move(tasks));
    co_return Done{};
  }

  Task<plan::Evidence> evidence_of(Item& item, Examination how) {
    co_await turns_.turn();
    const Turnstile::Stay stay{turns_};
    co_return co_await examine(client_, item, how);
  }

  Task<Done> examine_one(Item& item) {
    plan::JudgeOptions how = options_.judge;
    how.adopt = how.adopt || item.desired->adopt;
    how.all_ours = options_.host;
    const Examination examination{.adopts = how.adopt, .takes_over = !how.all_ours};
    plan::Evidence evidence = co_await evidence_of(item, examination);
    item.settled = true;
    if (evidence.refusal && kube::is_missing_namespace(*evidence.refusal)) {
      judge_without_namespace(item, *evidence.refusal);
      co_return Done{};
    }
    item.change.place = evidence.refusal ? item.desired->manifest->place() : "";
    auto judged = plan::judge(item.change, evidence, how);
    if (judged) {
      item.change = std::move(*judged);
    } else {
      const std::vector<Error> errors = co_await refused_fields(client_, *options_.schemas, judged.error(), item.change, *item.desired);
      make_unknown(item.change, errors.front().code, errors.front().message);
      plan_.errors.insert(plan_.errors.end(), errors.begin(), errors.end());
    }
    co_return Done{};
  }

  /// What nobody looks at, since its definition must come first, may lack its namespace too.
  Task<Done> see_to_unseen() {
    std::map<std::string, std::vector<Item*>> by_namespace;
    for (Item& item : items_) {
      const bool is_unseen = item.settled && item.change.action == Action::create;
      if (is_unseen && item.change.resource->namespaced) by_namespace[item.change.key.name_space].push_back(&item);
    }
    for (const auto& [name, items] : by_namespace) {
      const auto missing = co_await missing_namespace(client_, name);
      if (!missing) continue;
      for (Item* item : items) judge_without_namespace(*item, *missing);
    }
    co_return Done{};
  }

  void judge_without_namespace(Item& item, Error error) {
    const std::string& name = item.change.key.name_space;
    const bool is_planned = std::ranges::any_of(desired_.objects, [&](const DesiredObject& other) {
      return other.key == kube::ObjectKey{"", "Namespace", "", name};
    });
    if (is_planned || options_.create_namespaces) {
      if (!is_planned) new_namespaces_.insert(name);
      item.change = plan::as_new(std::move(item.change), "not checked: its namespace must come first");
      return;
    }
    plan_.errors.push_back(without_namespace(std::move(error), *item.desired));
    make_unknown(item.change, Code::not_found, "its namespace does not exist");
  }

  Task<Done> examine_rest() {
    std::vector<Task<Done>> tasks;
    for (Item& item : items_) {
      if (!item.settled) tasks.push_back(examine_one(item));
    }
    co_await when_all(std::move(tasks));
    co_return Done{};
  }

  /// What an autoscaler scales keeps its replicas: judged again without them.
  Task<Done> leave_to_autoscalers() {
    std::vector<Item*> scaled;
    std::set<std::string> namespaces;
    for (Item& item : items_) {
      const bool scales = std::ranges::any_of(item.change.fields, [](const auto& field) { return field.path == "spec.replicas"; });
      const bool exists = item.change.action == Action::update || item.change.action == Action::conflict;
      if (!scales || !exists || item.desired->retain_replicas) continue;
      scaled.push_back(&item);
      namespaces.insert(item.change.key.name_space);
    }
    if (scaled.empty()) co_return Done{};
    Autoscalers autoscalers;
    autoscalers.add(desired_.objects);
    const auto read = co_await autoscalers.read(client_, std::move(namespaces));
    std::vector<Task<Done>> tasks;
    for (Item* item : scaled) {
      if (!read) item->change.note += "whether an autoscaler scales it could not be found out: " + read.error().message;
      const std::string name = autoscalers.scaling(item->change.key);
      if (!name.empty()) tasks.push_back(examine_without_replicas(*item, name));
    }
    co_await when_all(std::move(tasks));
    co_return Done{};
  }

  Task<Done> examine_without_replicas(Item& item, std::string autoscaler) {
    autoscaled_.push_back(*item.desired);
    autoscaled_.back().retain_replicas = true;
    item.desired = &autoscaled_.back();
    item.change = Change{.key = item.change.key, .api_version = item.change.api_version, .resource = item.change.resource};
    item.change.hash = hash_of(*item.desired);
    co_await examine_one(item);
    if (!item.change.note.empty()) item.change.note += "; ";
    item.change.note += fmt::format("spec.replicas is left to {}", autoscaler);
    co_return Done{};
  }

  /// A list that failed hides what may be left, so the set goes on listing what it did.
  void keep_set() {
    std::set<std::string> kinds;
    std::set<std::string> namespaces;
    const auto count = [&](const kube::ObjectKey& key) {
      kinds.insert(federation::group_kind(key.group, key.kind));
      namespaces.insert(key.name_space);
    };
    for (const Item& item : items_) count(item.change.key);
    for (const federation::LeftAlone& one : desired_.left_alone) count(one.key);
    const bool pruned =
        options_.prune && std::ranges::none_of(deletes_, [](const Change& change) { return change.action == Action::unknown; });
    parent_->add_changes(plan_, kinds, namespaces, pruned, options_.judge.adopt);
  }

  plan::ClusterPlan finish() {
    for (const std::string& name : new_namespaces_) plan_.changes.push_back(new_namespace(name));
    if (parent_) keep_set();
    for (Item& item : items_) {
      give_reason(item.change, *item.desired);
      plan_.changes.push_back(std::move(item.change));
    }
    add_left_alone(plan_, desired_);
    std::ranges::move(deletes_, std::back_inserter(plan_.changes));
    if (!plan_.errors.empty() && !options_.isolate) plan_.status = plan::ClusterStatus::error;
    return std::move(plan_);
  }

  kube::Client& client_;
  const ClusterObjects& desired_;
  Options options_;
  plan::ClusterPlan plan_;
  kube::Discovery discovery_;
  std::vector<Item> items_;
  std::map<std::string, Group> groups_;
  std::vector<Change> deletes_;
  std::vector<Change> hidden_;  ///< What is to go, and is of a type that discovery does not show.
  Turnstile turns_{requests_in_hand};
  std::set<std::string> new_namespaces_;
  std::optional<SetParent> parent_;
  std::deque<DesiredObject> autoscaled_;  ///< Copies, with replicas that are the cluster's.
  bool lacks_a_type_ = false;             ///< Discovery, perhaps a kept one, lacks a type of the input.
};

}  // namespace

Task<plan::ClusterPlan> inspect(kube::Client& client, const ClusterObjects& desired, Options options) {
  Inspector inspector{client, desired, std::move(options)};
  const auto unknown = [&](const Error& error) { return unknown_plan(desired, in_cluster(error, client.cluster())); };
  co_return co_await fenced(inspector.run(), unknown);
}

}  // namespace fedctl::inspect
