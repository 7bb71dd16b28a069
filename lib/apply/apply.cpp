#include "apply/apply.hpp"

#include "apply/order.hpp"
#include "apply/wait.hpp"
#include "kube/takeover.hpp"
#include "plan/mark.hpp"
#include "plan/release.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::apply {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;
using plan::Action;
using plan::Change;
using Outcome = ClusterResult::Outcome;

/// How long a type whose definition was just established may take until its requests are served.
constexpr std::chrono::seconds type_patience{15};

/// Carries out one cluster's plan.
class Runner {
 public:
  Runner(kube::Client& client, const plan::ClusterPlan& plan, const Options& options, const Listener& listener)
      : client_(client), plan_(plan), options_(options), listener_(listener) {
    result_.cluster = plan.name;
  }

  Task<ClusterResult> run() {
    if (plan_.status != plan::ClusterStatus::ok) {
      result_.outcome = Outcome::untouched;
      if (plan_.problem) result_.errors.push_back(*plan_.problem);
      result_.errors.insert(result_.errors.end(), plan_.errors.begin(), plan_.errors.end());
      co_return std::move(result_);
    }
    const auto deadline = Clock::now() + options_.timeout;
    const auto stages = stages_of(plan_);
    count_visible();
    std::vector<const Change*> applied;
    for (const auto& stage : stages) {
      co_await apply_stage(stage, applied);
      const bool defines = stage_of(stage.front()->key) == Stage::definitions && stage.front()->action != Action::remove;
      if (defines && may_go_on()) co_await wait(stage, deadline, false);
    }
    if (options_.wait && may_go_on()) co_await wait(without_definitions(applied), deadline, true);
    if (!plan_.errors.empty()) {
      result_.outcome = Outcome::failed;
      result_.errors.insert(result_.errors.begin(), plan_.errors.begin(), plan_.errors.end());
    }
    if (client_.loop().interrupted() && (result_.skipped > 0 || result_.ready < result_.waited_for)) result_.outcome = Outcome::interrupted;
    listener_({.type = Event::Type::ended, .cluster = plan_.name});
    co_return std::move(result_);
  }

 private:
  bool may_go_on() const { return result_.outcome == Outcome::done && !client_.loop().interrupted(); }

  void count_visible() {
    const plan::Summary summary = plan::summary_of(plan_);
    result_.unchanged = summary.unchanged;
    listener_({.type = Event::Type::begun, .cluster = plan_.name, .total = summary.create + summary.update + summary.remove});
  }

  static bool is_visible(const Change& change) { return !change.refresh && change.action != Action::unchanged; }

  static std::vector<const Change*> without_definitions(std::vector<const Change*> changes) {
    std::erase_if(changes, [](const Change* change) { return stage_of(change->key) == Stage::definitions; });
    return changes;
  }

  Task<Done> apply_stage(const std::vector<const Change*>& stage, std::vector<const Change*>& applied) {
    if (!may_go_on()) {
      result_.skipped += static_cast<std::size_t>(std::ranges::count_if(stage, [](const Change* change) { return is_visible(*change); }));
      co_return Done{};
    }
    std::vector<Task<bool>> tasks;
    for (const Change* change : stage) tasks.push_back(apply_one(*change));
    const std::vector<bool> outcomes = co_await when_all(std::move(tasks));
    for (std::size_t i = 0; i < stage.size(); ++i) {
      if (outcomes[i] && stage[i]->action != Action::remove && !stage[i]->release && is_visible(*stage[i])) applied.push_back(stage[i]);
    }
    co_return Done{};
  }

  Task<bool> apply_one(const Change& change) {
    if (client_.loop().interrupted()) {
      ++result_.skipped;
      co_return false;
    }
    Task<Result<Done>> task = change.action == Action::remove ? remove(change) : change.release ? release(change) : write(change);
    const Result<Done> done = co_await task;
    if (!done) {
      fail(change, done.error());
      co_return false;
    }
    if (change.action == Action::create) ++result_.created;
    if (change.action == Action::update) ++result_.updated;
    if (change.action == Action::remove) ++result_.deleted;
    if (is_visible(change)) listener_({.type = Event::Type::applied, .cluster = plan_.name, .key = change.key, .action = change.action});
    co_return true;
  }

  Task<Result<Done>> remove(const Change& change) {
    const kube::DeleteOptions options{.propagation = kube::Propagation::background, .uid = change.uid};
    co_return co_await client_.remove(change.resource, change.key.name_space, change.key.name, options);
  }

  /// What is gone already need not be let go.
  Task<Result<Done>> release(const Change& change) {
    const auto live = co_await client_.get(change.resource, change.key.name_space, change.key.name, true);
    if (!live && live.error().code == Code::not_found) co_return Done{};
    if (!live) co_return Failure{live.error()};
    const json operations = plan::release_operations(*live);
    const auto released = co_await client_.patch(change.resource, change.key.name_space, change.key.name, operations);
    if (!released) co_return Failure{released.error()};
    co_return Done{};
  }

  /// Somebody may write it meanwhile; then it is read again.
  Task<Result<Done>> take_over(const Change& change) {
    for (int tries = 0;; ++tries) {
      const auto live = co_await client_.get(change.resource, change.key.name_space, change.key.name, true);
      if (!live) co_return Failure{live.error()};
      if (!kube::has_predecessor(*live)) co_return Done{};
      const json operations = kube::takeover_operations(*live);
      const auto taken = co_await client_.patch(change.resource, change.key.name_space, change.key.name, operations);
      if (taken) co_return Done{};
      if (taken.error().code != Code::conflict || tries == 5) co_return Failure{taken.error()};
    }
  }

  Task<Result<Done>> write(const Change& change) {
    if (change.takes_over) {
      const auto taken = co_await take_over(change);
      if (!taken) co_return taken;
    }
    json object = *change.desired;
    // With its UID in it the server refuses to touch an object that was deleted and made again since.
    if (!change.uid.empty()) object["metadata"]["uid"] = change.uid;
    const auto until = Clock::now() + type_patience;
    while (true) {
      const auto applied = co_await client_.apply(change.resource, object, {});
      if (applied) co_return Done{};
      const bool is_new_type = !change.checked && applied.error().code == Code::not_found && !kube::is_missing_namespace(applied.error());
      if (!is_new_type || Clock::now() > until || client_.loop().interrupted()) co_return Failure{applied.error()};
      co_await client_.loop().sleep(time::Duration{200});
    }
  }

  void fail(const Change& change, Error error) {
    if (error.code == Code::cancelled) {
      ++result_.skipped;
      return;
    }
    error = in_cluster(std::move(error), plan_.name);
    error.object = kube::to_string(change.key);
    if (error.code == Code::conflict && error.hint.empty()) error.hint = "it changed since it was planned; plan again";
    listener_({.type = Event::Type::failed, .cluster = plan_.name, .key = change.key, .action = change.action, .message = error.message});
    result_.errors.push_back(std::move(error));
    result_.outcome = Outcome::failed;
  }

  Task<Done> wait(std::vector<const Change*> changes, Clock::time_point deadline, bool counts) {
    std::erase_if(changes, [](const Change* change) { return change->refresh; });
    Waited waited = co_await wait_until_ready(client_, std::move(changes), deadline, listener_);
    if (counts) {
      result_.ready = waited.ready;
      result_.waited_for = waited.total;
    }
    if (!waited.errors.empty()) result_.outcome = Outcome::failed;
    std::ranges::move(waited.errors, std::back_inserter(result_.errors));
    co_return Done{};
  }

  kube::Client& client_;
  const plan::ClusterPlan& plan_;
  const Options& options_;
  const Listener& listener_;
  ClusterResult result_;
};

Task<ClusterResult> run_one(kube::Client& client, const plan::ClusterPlan& plan, const Options& options, const Listener& listener) {
  Runner runner{client, plan, options, listener};
  co_return co_await runner.run();
}

Task<std::vector<ClusterResult>> run_all(const fleet::Clients& clients, const plan::Plan& plan, const Options& options,
                                         const Listener& listener) {
  std::vector<Task<ClusterResult>> tasks;
  for (std::size_t i = 0; i < clients.size(); ++i) tasks.push_back(run_one(*clients[i], plan.clusters[i], options, listener));
  co_return co_await when_all(std::move(tasks));
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::done: return "done";
    case Outcome::untouched: return "untouched";
    case Outcome::failed: return "failed";
    case Outcome::interrupted: break;
  }
  return "interrupted";
}

std::vector<ClusterResult> run(http::Loop& loop, const fleet::Clients& clients, const plan::Plan& plan, const Options& options,
                               const Listener& listener) {
  return loop.run(run_all(clients, plan, options, listener));
}

ClusterResult run(http::Loop& loop, kube::Client& client, const plan::ClusterPlan& plan, const Options& options, const Listener& listener) {
  return loop.run(run_one(client, plan, options, listener));
}

}  // namespace fedctl::apply
