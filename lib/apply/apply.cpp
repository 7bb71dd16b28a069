#include "apply/apply.hpp"

#include "apply/order.hpp"
#include "apply/rollback.hpp"
#include "apply/wait.hpp"
#include "apply/write.hpp"
#include "base/fence.hpp"
#include "base/gate.hpp"
#include "http/rest.hpp"
#include "kube/departure.hpp"
#include "kube/readiness.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <map>
#include <numeric>

namespace fedctl::apply {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;
using plan::Action;
using plan::Change;
using Outcome = ClusterResult::Outcome;

/// Carries out one cluster's plan.
class Runner {
 public:
  Runner(kube::Client& client, const plan::ClusterPlan& plan, const Options& options, const Listener& listener)
      : client_(client), plan_(plan), options_(options), listener_(listener), rollback_(client, listener) {
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
    steps_ = steps_of(plan_);
    nodes_ = std::vector<Node>(steps_.size());
    count_visible();
    const std::size_t early = may_go_back() ? first_delete() : steps_.size();
    co_await run_steps(0, early, deadline);
    if (options_.wait && may_begin()) co_await wait(to_wait_for(), deadline, true);
    if (may_go_back() && result_.outcome == Outcome::failed && !client_.loop().interrupted()) co_await go_back();
    // What this run did not touch is no reason to go back, so it is waited for later.
    if (options_.wait && may_go_back() && may_begin()) co_await wait(found(), deadline, true);
    co_await run_steps(early, steps_.size(), deadline);
    co_await wait_for_departures(deadline);
    if (!plan_.errors.empty()) {
      if (result_.outcome == Outcome::done) result_.outcome = Outcome::failed;
      result_.errors.insert(result_.errors.begin(), plan_.errors.begin(), plan_.errors.end());
    }
    if (result_.outcome == Outcome::done && plan::summary_of(plan_).unknown > 0) result_.outcome = Outcome::partial;
    const bool is_through = result_.skipped + result_.deleting == 0 && result_.ready >= result_.waited_for && result_.errors.empty();
    if (client_.loop().interrupted() && !is_through) result_.outcome = Outcome::interrupted;
    listener_({.type = Event::Type::ended, .cluster = plan_.name});
    co_return std::move(result_);
  }

 private:
  /// A step's place in the graph while it runs.
  struct Node {
    Gate done;
    bool succeeded = false;
  };

  /// What is being deleted, and what was last said to keep it.
  struct Departing {
    const Change* change = nullptr;
    std::string kept_by;
  };

  bool may_begin() const {
    const bool sound = result_.outcome == Outcome::done || options_.on_failure == OnFailure::go_on;
    return sound && !client_.loop().interrupted();
  }

  bool may_go_back() const { return options_.on_failure == OnFailure::roll_back; }

  /// Deletes come last in the order of the steps.
  std::size_t first_delete() const {
    const auto deletes = [](const Step& step) { return step.change != nullptr && step.change->action == Action::remove; };
    return static_cast<std::size_t>(std::ranges::find_if(steps_, deletes) - steps_.begin());
  }

  Task<Done> run_steps(std::size_t begin, std::size_t end, Clock::time_point deadline) {
    std::vector<Task<Done>> tasks;
    for (std::size_t i = begin; i < end; ++i) tasks.push_back(run_step(i, deadline));
    co_await when_all(std::move(tasks));
    co_return Done{};
  }

  Task<Done> go_back() {
    Rollback::Outcome outcome = co_await rollback_.go_back();
    result_.restored = outcome.restored;
    if (outcome.errors.empty()) result_.outcome = Outcome::rolled_back;
    std::ranges::move(outcome.errors, std::back_inserter(result_.errors));
    co_return Done{};
  }

  void count_visible() {
    const plan::Summary summary = plan::summary_of(plan_);
    result_.unchanged = summary.unchanged;
    const auto awaited = std::ranges::count_if(plan_.changes, [&](const Change& change) {
      const bool is_waited_for = options_.wait || is_definition(change.key);
      return is_waited_for && is_awaited(change) && kube::takes_time(change.key.group, change.key.kind);
    });
    listener_({.type = Event::Type::begun,
               .cluster = plan_.name,
               .total = summary.create + summary.update + summary.remove,
               .awaited = static_cast<std::size_t>(awaited)});
  }

  static bool is_visible(const Change& change) { return !change.refresh && change.action != Action::unchanged; }

  bool is_awaited(const Change& change) const {
    const bool is_written = change.action == Action::create || change.action == Action::update;
    const bool is_found = change.action == Action::unchanged && change.resource;
    return (is_found || (is_written && !change.release)) && !change.refresh;
  }

  /// What was written. Definitions were waited for at once.
  std::vector<ToWaitFor> written() const {
    std::vector<ToWaitFor> objects;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const Change* change = steps_[i].change;
      const bool counts = change != nullptr && nodes_[i].succeeded && change->action != Action::unchanged && is_awaited(*change);
      if (counts && !is_definition(change->key)) objects.push_back(as_written(*change));
    }
    return objects;
  }

  ToWaitFor as_written(const Change& change) const {
    const auto found = awaited_.find(&change);
    return {&change, found == awaited_.end() ? Awaited{} : found->second};
  }

  /// What was there already, as wanted.
  std::vector<ToWaitFor> found() const {
    std::vector<ToWaitFor> objects;
    for (const Change& change : plan_.changes) {
      const bool counts = change.action == Action::unchanged && is_awaited(change) && !is_definition(change.key);
      if (counts) objects.push_back({&change});
    }
    return objects;
  }

  std::vector<ToWaitFor> to_wait_for() const {
    std::vector<ToWaitFor> objects = written();
    if (!may_go_back()) std::ranges::move(found(), std::back_inserter(objects));
    return objects;
  }

  Task<Done> run_step(std::size_t index, Clock::time_point deadline) {
    const Step& step = steps_[index];
    bool sound = true;
    for (const std::size_t before : step.after) {
      co_await nodes_[before].done.passage();
      sound = sound && nodes_[before].succeeded;
    }
    if (step.change == nullptr) {
      nodes_[index].succeeded = sound;
    } else if (!sound || !may_begin()) {
      if (is_visible(*step.change)) ++result_.skipped;
    } else {
      const auto failed = [&](const Error& error) {
        fail(*step.change, error);
        return false;
      };
      nodes_[index].succeeded = co_await fenced(carry_out(*step.change, deadline), failed);
    }
    nodes_[index].done.open();
    co_return Done{};
  }

  Task<bool> carry_out(const Change& change, Clock::time_point deadline) {
    const bool done = co_await apply_in_turn(change);
    const bool defines = done && is_definition(change.key) && is_awaited(change);
    if (!defines) co_return done;
    co_return co_await is_established(change, deadline);
  }

  Task<bool> apply_in_turn(const Change& change) {
    co_await turns_.turn();
    const Turnstile::Stay stay{turns_};
    co_return co_await apply_one(change);
  }

  Task<bool> is_established(const Change& definition, Clock::time_point deadline) {
    const std::size_t errors = result_.errors.size();
    std::vector<ToWaitFor> one(1, as_written(definition));
    co_await wait(std::move(one), deadline, false);
    co_return result_.errors.size() == errors;
  }

  Task<bool> apply_one(const Change& change) {
    if (client_.loop().interrupted()) {
      ++result_.skipped;
      co_return false;
    }
    if (may_go_back() && change.action != Action::remove) {
      const auto kept = co_await rollback_.keep(change);
      if (!kept) {
        fail(change, kept.error());
        co_return false;
      }
    }
    const auto written = co_await write(client_, change);
    if (written || written.error().uncertain) rollback_.wrote(change, written ? written->created : "");
    if (!written) {
      fail(change, written.error());
      co_return false;
    }
    if (change.action == Action::create) ++result_.created;
    if (change.action == Action::update) ++result_.updated;
    awaited_[&change] = written->awaited;
    // That it is gone is believed when it is looked for and not found.
    if (change.action == Action::remove && (options_.wait_until_gone || !written->removal.is_gone)) {
      begin_departure(change, written->removal);
      co_return true;
    }
    if (change.action == Action::remove) ++result_.deleted;
    if (is_visible(change)) listener_({.type = Event::Type::applied, .cluster = plan_.name, .key = change.key, .action = change.action});
    co_return true;
  }

  void begin_departure(const Change& change, const kube::Removal& removal) {
    ++result_.deleting;
    if (options_.wait_until_gone) departing_.push_back({&change, removal.kept_by});
    const auto type = options_.wait_until_gone ? Event::Type::waiting : Event::Type::applied;
    if (!removal.is_gone) tell_departure(type, change, removal.kept_by);
  }

  void tell_departure(Event::Type type, const Change& change, const std::string& kept_by) {
    const std::string message = kept_by.empty() ? "being deleted" : "being deleted, kept by " + kept_by;
    listener_({.type = type, .cluster = plan_.name, .key = change.key, .action = change.action, .message = message});
  }

  Task<Done> wait_for_departures(Clock::time_point deadline) {
    std::vector<Task<Done>> tasks;
    for (Departing& one : departing_) tasks.push_back(wait_for_departure(one, deadline));
    co_await when_all(std::move(tasks));
    co_return Done{};
  }

  Task<Done> wait_for_departure(Departing& departing, Clock::time_point deadline) {
    const Change& change = *departing.change;
    const kube::OnKept on_kept = [&](const std::string& what) {
      if (std::exchange(departing.kept_by, what) != what) tell_departure(Event::Type::waiting, change, what);
    };
    const auto left = std::chrono::duration_cast<time::Duration>(deadline - Clock::now());
    const auto gone =
        co_await kube::wait_until_gone(client_, *change.resource, change.key.name_space, change.key.name, change.uid, left, on_kept);
    if (!gone && gone.error().code == Code::cancelled) co_return Done{};
    if (!gone) {
      fail(change, gone.error());
      co_return Done{};
    }
    --result_.deleting;
    ++result_.deleted;
    listener_({.type = Event::Type::applied, .cluster = plan_.name, .key = change.key, .action = change.action});
    co_return Done{};
  }

  void fail(const Change& change, Error error) {
    if (error.code == Code::cancelled) {
      ++result_.skipped;
      return;
    }
    error = in_cluster(std::move(error), plan_.name);
    error.object = kube::to_string(change.key);
    if (error.code == Code::conflict && error.hint.empty()) error.hint = "it changed since it was planned; plan again";
    if (error.uncertain) {
      ++result_.uncertain;
      error.message += "; it may have been done all the same";
    }
    listener_({.type = Event::Type::failed, .cluster = plan_.name, .key = change.key, .action = change.action, .message = error.message});
    result_.errors.push_back(std::move(error));
    result_.outcome = Outcome::failed;
  }

  Task<Done> wait(std::vector<ToWaitFor> objects, Clock::time_point deadline, bool counts) {
    Waited waited = co_await wait_until_ready(client_, std::move(objects), deadline, listener_);
    if (counts) {
      result_.ready += waited.ready;
      result_.waited_for += waited.total;
    }
    if (!waited.errors.empty()) result_.outcome = Outcome::failed;
    std::ranges::move(waited.errors, std::back_inserter(result_.errors));
    co_return Done{};
  }

  kube::Client& client_;
  const plan::ClusterPlan& plan_;
  const Options& options_;
  const Listener& listener_;
  Rollback rollback_;
  ClusterResult result_;
  std::vector<Step> steps_;
  std::vector<Node> nodes_;
  std::vector<Departing> departing_;
  std::map<const Change*, Awaited> awaited_;  ///< By what was written.
  Turnstile turns_{requests_in_hand};
};

ClusterResult held_back(const plan::ClusterPlan& plan) {
  const plan::Summary summary = summary_of(plan);
  ClusterResult result{.cluster = plan.name, .outcome = Outcome::held};
  result.skipped = summary.create + summary.update + summary.remove;
  result.unchanged = summary.unchanged;
  return result;
}

Task<ClusterResult> run_one(kube::Client& client, const plan::ClusterPlan& plan, const Options& options, const Listener& listener) {
  Runner runner{client, plan, options, listener};
  const auto failed = [&](const Error& error) {
    ClusterResult result = held_back(plan);
    result.outcome = Outcome::failed;
    result.errors.push_back(in_cluster(error, client.cluster()));
    return result;
  };
  co_return co_await fenced(runner.run(), failed);
}

std::vector<std::vector<std::size_t>> waves_or_all(const Options& options, std::size_t clusters) {
  if (!options.waves.empty()) return options.waves;
  std::vector<std::size_t> all(clusters);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return {all};
}

Task<std::vector<ClusterResult>> run_all(http::Loop& loop, const fleet::Clients& clients, const plan::Plan& plan, const Options& options,
                                         const Listener& listener) {
  std::vector<ClusterResult> results;
  for (const plan::ClusterPlan& cluster : plan.clusters) results.push_back(held_back(cluster));
  const auto waves = waves_or_all(options, clients.size());
  for (std::size_t number = 0; number < waves.size(); ++number) {
    if (waves.size() > 1) {
      listener(
          {.type = Event::Type::wave, .message = fmt::format("wave {} of {}", number + 1, waves.size()), .total = waves[number].size()});
    }
    std::vector<Task<ClusterResult>> tasks;
    for (const std::size_t i : waves[number]) tasks.push_back(run_one(*clients[i], plan.clusters[i], options, listener));
    std::vector<ClusterResult> done = co_await when_all(std::move(tasks));
    const auto failing = static_cast<std::size_t>(std::ranges::count_if(done, is_failing));
    const bool changed =
        std::ranges::any_of(done, [](const auto& one) { return one.created + one.updated + one.deleted + one.deleting > 0; });
    for (std::size_t k = 0; k < done.size(); ++k) results[waves[number][k]] = std::move(done[k]);
    const bool is_last = number + 1 == waves.size();
    if (loop.interrupted() || (failing > options.max_failing && !is_last)) break;
    if (!changed || is_last || options.pause.count() == 0) continue;
    const http::Rest rest = co_await http::rest(loop, options.pause);
    if (rest == http::Rest::interrupted) break;
  }
  co_return results;
}

}  // namespace

std::vector<ClusterResult> run(http::Loop& loop, const fleet::Clients& clients, const plan::Plan& plan, const Options& options,
                               const Listener& listener) {
  return loop.run(run_all(loop, clients, plan, options, listener));
}

ClusterResult run(http::Loop& loop, kube::Client& client, const plan::ClusterPlan& plan, const Options& options, const Listener& listener) {
  return loop.run(run_one(client, plan, options, listener));
}

}  // namespace fedctl::apply
