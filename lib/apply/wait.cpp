#include "apply/wait.hpp"

#include "apply/diagnosis.hpp"
#include "federation/render.hpp"
#include "http/rest.hpp"
#include "kube/readiness.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>

namespace fedctl::apply {
namespace {

using Clock = std::chrono::steady_clock;
using kube::Readiness;
using nlohmann::json;
using plan::Change;

constexpr time::Duration shortest_pace{100};
constexpr time::Duration longest_pace{5'000};
/// A watch that lasted at least this long counts as one that works.
constexpr std::chrono::seconds settled{10};

/// The objects of one type in one namespace, watched together.
class Watcher {
 public:
  Watcher(kube::Client& client, kube::Resource resource, std::string name_space, Clock::time_point deadline, const Listener& listener)
      : client_(client), resource_(std::move(resource)), name_space_(std::move(name_space)), deadline_(deadline), listener_(listener) {}

  void add(const ToWaitFor& one) { pending_[one.change->key.name] = {one.change->key, one.awaited, "not seen yet"}; }

  Task<Waited> run() {
    result_.total = pending_.size();
    kube::ListOptions options{.name_space = name_space_, .label_selector = std::string{federation::managed_label} + "=true"};
    while (!pending_.empty() && time_left().count() > 0 && !client_.loop().interrupted()) {
      options.timeout = time_left();
      const auto listed = co_await client_.list(resource_, options);
      if (!listed) {
        if (!is_worth_retrying(listed.error())) break;
        if (co_await is_interrupted_between()) break;
        continue;
      }
      last_error_.reset();
      take_all(*listed);
      if (pending_.empty()) break;
      const auto began = Clock::now();
      const auto watched = co_await client_.watch(resource_, options, listed->resource_version, time_left(),
                                                  [this](const std::string& type, const json& object) { return take(type, object); });
      if (Clock::now() - began > settled) pace_ = shortest_pace;
      if (pending_.empty()) break;
      if (!watched && !is_worth_retrying(watched.error())) break;
      if (co_await is_interrupted_between()) break;
    }
    end();
    if (!result_.interrupted) co_await explain_failures();
    co_return std::move(result_);
  }

 private:
  struct Pending {
    kube::ObjectKey key;
    Awaited awaited;
    std::string message;
  };

  time::Duration time_left() const { return std::chrono::duration_cast<time::Duration>(deadline_ - Clock::now()); }

  /// A server that is away for a moment is asked again; one that says no is not.
  bool is_worth_retrying(const Error& error) {
    if (client_.loop().interrupted() || time_left().count() <= 0) return false;
    last_error_ = error;
    return error.code == Code::unreachable || error.code == Code::timeout || error.code == Code::rejected;
  }

  /// However quickly its answers end, a server is asked again by and by only.
  Task<bool> is_interrupted_between() {
    const auto pause = std::clamp(time_left(), time::Duration{0}, pace_);
    pace_ = std::min(pace_ * 2, longest_pace);
    const http::Rest rest = co_await http::rest(client_.loop(), pause);
    co_return rest == http::Rest::interrupted;
  }

  void take_all(const kube::List& list) {
    for (json object : list.items) {
      // Items of a list carry no type of their own.
      object["kind"] = resource_.kind;
      object["apiVersion"] = resource_.type().api_version();
      judge(object);
    }
  }

  bool take(const std::string& type, const json& object) {
    if (type == "ERROR") return false;
    if (type == "BOOKMARK") return true;
    const auto found = pending_.find(kube::name_of(object));
    if (type == "DELETED" && found != pending_.end()) {
      fail(found->second.key, "somebody deleted it");
      pending_.erase(found);
    } else {
      judge(object);
    }
    return !pending_.empty();
  }

  void judge(const json& object) {
    const auto found = pending_.find(kube::name_of(object));
    if (found == pending_.end()) return;
    const Readiness readiness = readiness_of(object, found->second.awaited);
    if (readiness.state == Readiness::State::waiting) {
      if (std::exchange(found->second.message, readiness.message) != readiness.message)
        tell(Event::Type::waiting, found->second.key, readiness.message);
      return;
    }
    if (readiness.state == Readiness::State::ready) {
      ++result_.ready;
      tell(Event::Type::ready, found->second.key, readiness.message);
    } else {
      fail(found->second.key, readiness.message);
    }
    pending_.erase(found);
  }

  static Readiness readiness_of(const json& object, const Awaited& awaited) {
    const std::string uid = kube::uid_of(object);
    if (!awaited.uid.empty() && uid != awaited.uid) return {Readiness::State::failed, "somebody deleted it and made it again"};
    if (kube::is_going(object)) return {Readiness::State::failed, "it is being deleted"};
    const bool is_older = kube::integer_in(object, "/metadata/generation", 0) < awaited.generation;
    if (is_older) return {Readiness::State::waiting, "not seen as it was written"};
    return kube::readiness_of(object);
  }

  void tell(Event::Type type, const kube::ObjectKey& key, const std::string& message) {
    listener_({.type = type, .cluster = client_.cluster(), .key = key, .message = message});
  }

  void fail(const kube::ObjectKey& key, const std::string& message) {
    failed_.push_back(key);
    tell(Event::Type::not_ready, key, message);
    result_.errors.push_back(
        {.code = Code::timeout,
         .message = "not ready: " + message,
         .cluster = client_.cluster(),
         .object = kube::to_string(key),
         .hint = fmt::format("look at it: kubectl --context {} describe {} {}{}", client_.cluster(), resource_.qualified_plural(), key.name,
                             key.name_space.empty() ? "" : " -n " + key.name_space)});
  }

  /// Says of each error, as far as its Pods tell, what keeps it.
  Task<Done> explain_failures() {
    std::vector<Task<Diagnosis>> tasks;
    for (const kube::ObjectKey& key : failed_) tasks.push_back(diagnose(client_, resource_, key));
    const std::vector<Diagnosis> found = co_await when_all(std::move(tasks));
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!found[i].reason.empty()) result_.errors[i].message += "; " + found[i].reason;
      if (!found[i].log.empty()) result_.errors[i].hint = "look at its log: " + found[i].log;
    }
    co_return Done{};
  }

  void end() {
    result_.interrupted = client_.loop().interrupted() && !pending_.empty();
    if (result_.interrupted) return;
    for (const auto& [name, pending] : pending_)
      fail(pending.key, last_error_ ? last_error_->message : pending.message + ", and time is over");
  }

  kube::Client& client_;
  kube::Resource resource_;
  std::string name_space_;
  Clock::time_point deadline_;
  const Listener& listener_;
  std::map<std::string, Pending> pending_;
  std::vector<kube::ObjectKey> failed_;  ///< In the order of `result_.errors`.
  std::optional<Error> last_error_;
  time::Duration pace_ = shortest_pace;
  Waited result_;
};

}  // namespace

Task<Waited> wait_until_ready(kube::Client& client, std::vector<ToWaitFor> objects, Clock::time_point deadline, const Listener& listener) {
  std::map<std::string, Watcher> watchers;
  for (const ToWaitFor& one : objects) {
    const Change& change = *one.change;
    if (!kube::takes_time(change.key.group, change.key.kind)) continue;
    const std::string path = change.resource->path(change.key.name_space);
    watchers.try_emplace(path, client, *change.resource, change.key.name_space, deadline, listener).first->second.add(one);
  }
  std::vector<Task<Waited>> tasks;
  for (auto& [path, watcher] : watchers) tasks.push_back(watcher.run());
  std::vector<Waited> parts = co_await when_all(std::move(tasks));
  Waited all;
  for (Waited& part : parts) {
    all.ready += part.ready;
    all.total += part.total;
    all.interrupted = all.interrupted || part.interrupted;
    std::ranges::move(part.errors, std::back_inserter(all.errors));
  }
  co_return all;
}

}  // namespace fedctl::apply
