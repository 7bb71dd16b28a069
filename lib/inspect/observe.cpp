#include "inspect/observe.hpp"

#include "base/encoding.hpp"
#include "base/fence.hpp"
#include "base/file.hpp"
#include "base/gate.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "federation/capacity.hpp"
#include "http/rest.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>

namespace fedctl::inspect {
namespace {

using federation::Condition;
using federation::Running;
using nlohmann::json;

/// What a preference speaks of.
struct Target {
  std::string name_in_observation;
  kube::Resource resource;
  std::string name_space;
  std::string name;
  json pod_spec;  ///< Of the federated object's template, where the input holds it.
};

std::vector<Target> targets_of(std::span<const manifest::Manifest> manifests, const std::string& default_namespace) {
  const federation::TypeTable types;
  std::vector<Target> targets;
  for (const manifest::Manifest& manifest : manifests) {
    if (!federation::is_preference(kube::gvk_of(manifest.object)) || manifest.removed) continue;
    // What is wrong with it, rendering tells.
    const auto preference = federation::read_preference(manifest, default_namespace);
    if (!preference) continue;
    const auto type = types.target_of(preference->target_kind);
    if (!type) continue;
    Target target{federation::target_name(preference->target_kind, preference->name_space, preference->name),
                  types.resource_of(type->type),
                  preference->name_space,
                  preference->name,
                  {}};
    for (const manifest::Manifest& other : manifests) {
      if (kube::string_at(other.object, "kind") != preference->target_kind || kube::name_of(other.object) != preference->name) continue;
      const json spec = kube::map_at(kube::map_at(kube::map_at(other.object, "spec"), "template"), "spec");
      target.pod_spec = kube::map_at(kube::map_at(spec, "template"), "spec");
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

/// Looks at one cluster.
class Observer {
 public:
  Observer(kube::Client& client, const std::vector<Target>& targets, const ObserveOptions& options)
      : client_(client), targets_(targets), options_(options), now_(std::chrono::system_clock::now()) {}

  struct Seen {
    Condition condition;
    std::vector<Running> running;  ///< Of the targets, in their order.
  };

  Task<Seen> run() {
    Seen seen;
    seen.running.resize(targets_.size());
    seen.condition = co_await condition();
    if (!seen.condition.ready) {
      for (Running& one : seen.running) one.problem = seen.condition.reason;
      co_return seen;
    }
    if (options_.capacity_by_nodes) co_await read_nodes();
    std::vector<Task<Running>> tasks;
    for (const Target& target : targets_) tasks.push_back(running(target));
    seen.running = co_await when_all(std::move(tasks));
    co_return seen;
  }

  /// A cluster whose answers could not be worked on counts as not ready.
  Seen not_understood(const Error& error) const {
    Seen seen{.condition = {false, time::Duration{0}, error.code, error.message}, .running = {}};
    seen.running.resize(targets_.size());
    for (Running& one : seen.running) one.problem = error.message;
    return seen;
  }

 private:
  Task<Condition> condition() {
    std::optional<time::Instant> since = known_since();
    const bool was_ready = !since.has_value();
    const int wanted = std::max(1, was_ready ? options_.health.failure_threshold : options_.health.success_threshold);
    std::optional<Error> problem;
    for (int count = 1;; ++count) {
      const fleet::Answer answer = co_await fleet::ask_health(client_, options_.health.timeout);
      if (answer.date) now_ = *answer.date;
      problem = answer.problem;
      const bool flips = problem.has_value() == was_ready;
      if (!flips || count >= wanted || client_.has_given_up()) break;
      const http::Rest rest = co_await http::rest(client_.loop(), std::min(options_.health.period, time::Duration{1000}));
      if (rest == http::Rest::interrupted) break;
    }
    if (!problem) {
      forget();
      co_return Condition{};
    }
    const time::Instant now = std::chrono::system_clock::now();
    if (!since) since = now;
    remember(*since);
    const auto elapsed = std::chrono::duration_cast<time::Duration>(now - *since);
    co_return Condition{false, std::max(elapsed, time::Duration{0}), problem->code,
                        fmt::format("{}: {}", to_string(problem->code), problem->message)};
  }

  std::filesystem::path record() const {
    return options_.cache / "unready" / encoding::sha256(client_.cluster() + " " + client_.endpoint().url).substr(0, 16);
  }

  /// Since when the cluster is known to be not ready; nothing where it was ready when somebody last looked.
  std::optional<time::Instant> known_since() const {
    std::optional<time::Instant> since;
    if (const auto told = options_.unready_since.find(client_.cluster()); told != options_.unready_since.end()) since = told->second;
    if (options_.cache.empty()) return since;
    const auto kept = file::read(record(), file::small_and_regular);
    const std::vector<std::string> lines = kept ? text::split(*kept, '\n') : std::vector<std::string>{};
    if (lines.size() < 2) return since;
    const auto first = time::parse_instant(lines[0]);
    const auto last = time::parse_instant(lines[1]);
    const auto now = std::chrono::system_clock::now();
    // What was written by a clock that was ahead of ours, or is damaged, counts for nothing.
    const bool counts = first && last && *first <= *last && *last <= now + std::chrono::seconds{1} && now - *last <= longest_gap;
    if (counts && (!since || *first < *since)) since = first;
    return since;
  }

  /// A record that cannot be kept makes the next run count from then: later, never too soon.
  void remember(time::Instant since) const {
    const std::string now = time::format_instant(std::chrono::system_clock::now());
    if (!options_.cache.empty())
      static_cast<void>(file::write_atomically(record(), time::format_instant(since) + "\n" + now + "\n", file::cached));
  }

  void forget() const {
    std::error_code ignored;
    if (!options_.cache.empty()) std::filesystem::remove(record(), ignored);
  }

  Task<Done> read_nodes() {
    const kube::Resource nodes{.version = "v1", .kind = "Node", .plural = "nodes", .namespaced = false};
    kube::ListOptions options;
    std::vector<Task<Result<kube::List>>> tasks;
    tasks.push_back(client_.list(nodes, options));
    options.field_selector = "status.phase!=Succeeded,status.phase!=Failed";
    tasks.push_back(client_.list(pods(), options));
    auto lists = co_await when_all(std::move(tasks));
    for (const auto& list : lists) {
      if (!list) nodes_problem_ = list.error().message;
    }
    if (!nodes_problem_.empty()) co_return Done{};
    nodes_ = std::move(lists[0]->items);
    pods_ = std::move(lists[1]->items);
    co_return Done{};
  }

  Task<Running> running(const Target& target) {
    Running running;
    auto live = co_await client_.get(target.resource, target.name_space, target.name);
    if (!live && live.error().code != Code::not_found) {
      running.problem = live.error().message;
      co_return running;
    }
    if (live) {
      running.replicas = kube::integer_in(*live, "/spec/replicas", 1);
      running.ready = kube::integer_in(*live, "/status/readyReplicas", 0);
      running.current = running.replicas;
      if (running.ready != running.replicas) co_await count_pods(target, *live, running);
    }
    if (options_.capacity_by_nodes && running.problem.empty()) measure(target, live ? *live : json(), running);
    co_return running;
  }

  /// KubeFed's count: Pods that run and have a Ready condition, whatever it says; and those that found no node for a minute cap the
  /// cluster.
  Task<Done> count_pods(const Target& target, json live, Running& running) {
    kube::ListOptions options;
    options.name_space = target.name_space;
    options.label_selector = federation::to_text(kube::map_at(kube::map_at(live, "spec"), "selector"));
    const auto list = co_await client_.list(pods(), options);
    if (!list) {
      running.problem = "its Pods: " + list.error().message;
      co_return Done{};
    }
    running.current = 0;
    std::int64_t stuck = 0;
    for (const json& pod : list->items) {
      const json status = kube::map_at(pod, "status");
      for (const json& condition : kube::list_at(status, "conditions")) {
        const std::string type = kube::string_at(condition, "type");
        if (type == "Ready" && kube::string_at(status, "phase") == "Running") ++running.current;
        if (type == "PodScheduled" && is_stuck(condition)) ++stuck;
      }
    }
    if (stuck > 0) running.capacity = std::max<std::int64_t>(0, running.replicas - stuck);
    co_return Done{};
  }

  bool is_stuck(const json& condition) const {
    if (kube::string_at(condition, "status") != "False" || kube::string_at(condition, "reason") != "Unschedulable") return false;
    const auto since = time::parse_instant(kube::string_at(condition, "lastTransitionTime"));
    return since && now_ - *since > std::chrono::minutes{1};
  }

  void measure(const Target& target, const json& live, Running& running) const {
    if (!nodes_problem_.empty()) {
      running.problem = "its nodes: " + nodes_problem_;
      return;
    }
    const json live_spec = kube::map_at(live, "spec");
    const json pod_spec = target.pod_spec.empty() ? kube::map_at(kube::map_at(live_spec, "template"), "spec") : target.pod_spec;
    // Nothing runs yet where there is no live object, and then no Pod is its own.
    json selector = kube::map_at(live_spec, "selector");
    if (selector.empty()) selector = parse_json(R"({"matchExpressions": [{"key": "fedctl.io/none", "operator": "Exists"}]})");
    const std::int64_t fits = federation::capacity_of(nodes_, pods_, {pod_spec, selector, target.name_space});
    running.capacity = running.capacity ? std::min(*running.capacity, fits) : fits;
  }

  static kube::Resource pods() { return {.version = "v1", .kind = "Pod", .plural = "pods"}; }

  kube::Client& client_;
  const std::vector<Target>& targets_;
  const ObserveOptions& options_;
  time::Instant now_;  ///< By the cluster's clock.
  std::vector<json> nodes_;
  std::vector<json> pods_;
  std::string nodes_problem_;
};

Task<std::vector<Observer::Seen>> look_at_all(std::vector<Observer>& observers) {
  Turnstile turnstile{clusters_at_once};
  std::vector<Task<Observer::Seen>> tasks;
  for (Observer& observer : observers) {
    auto seen = fenced(observer.run(), [&observer](const Error& error) { return observer.not_understood(error); });
    tasks.push_back(in_turn(turnstile, std::move(seen)));
  }
  co_return co_await when_all(std::move(tasks));
}

}  // namespace

federation::Observation observe(http::Loop& loop, const std::vector<kube::Client*>& clients, std::span<const manifest::Manifest> manifests,
                                const std::string& default_namespace, const ObserveOptions& options) {
  const std::vector<Target> targets = targets_of(manifests, default_namespace);
  federation::Observation result;
  if (targets.empty()) return result;
  std::vector<Observer> observers;
  observers.reserve(clients.size());
  for (kube::Client* client : clients) observers.emplace_back(*client, targets, options);
  std::vector<Observer::Seen> seen = loop.run(look_at_all(observers));
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const std::string& cluster = clients[i]->cluster();
    result.clusters[cluster] = std::move(seen[i].condition);
    for (std::size_t k = 0; k < targets.size(); ++k)
      result.targets[targets[k].name_in_observation][cluster] = std::move(seen[i].running[k]);
  }
  return result;
}

}  // namespace fedctl::inspect
