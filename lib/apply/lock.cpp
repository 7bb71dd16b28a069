#include "apply/lock.hpp"

#include "base/fence.hpp"
#include "base/process.hpp"
#include "http/rest.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <random>

namespace fedctl::apply {
namespace {

using Clock = std::chrono::steady_clock;
constexpr time::Duration renewal{10'000};

/// One attempt at all of them.
class Acquisition {
 public:
  Acquisition(std::vector<kube::Client*> clients, LockOptions options, Claim claim, Lock::OnWait on_wait, Lock::OnSkip on_skip)
      : clients_(std::move(clients)),
        options_(std::move(options)),
        claim_(std::move(claim)),
        on_wait_(std::move(on_wait)),
        on_skip_(std::move(on_skip)),
        deadline_(Clock::now() + options_.patience) {}

  Task<Result<std::vector<Lock::Part>>> run() {
    bool told = false;
    while (true) {
      parts_.clear();
      std::optional<std::pair<kube::Client*, Try>> contended;
      const auto tried = co_await try_all(contended);
      if (!tried) {
        co_await give_back_parts();
        co_return Failure{tried.error()};
      }
      if (!contended) co_return std::move(parts_);
      co_await give_back_parts();
      const auto& [client, attempt] = *contended;
      const auto left = std::chrono::duration_cast<time::Duration>(deadline_ - Clock::now());
      const bool interrupted = client->loop().interrupted();
      if (left.count() <= 0 || interrupted) co_return Failure{given_up(attempt.holder, interrupted)};
      if (!std::exchange(told, true)) on_wait_(attempt.holder);
      const time::Duration patience = std::min(left, attempt.free_in + time::Duration{1000});
      co_await wait_for_change(*client, options_.name_space, options_.lease, attempt.resource_version, patience);
      // A watch may end at once, and two that wait for each other should not come back at the same moment.
      const http::Rest rest = co_await http::rest(client->loop(), time::Duration{std::uniform_int_distribution{100, 300}(random_)});
      if (rest == http::Rest::interrupted) co_return Failure{given_up(attempt.holder, true)};
    }
  }

 private:
  Task<Result<Done>> try_all(std::optional<std::pair<kube::Client*, Try>>& contended) {
    std::vector<Task<Result<Try>>> tasks;
    for (kube::Client* client : clients_) {
      const auto failed = [](const Error& error) -> Result<Try> { return Failure{error}; };
      tasks.push_back(fenced(try_lease(*client, options_.name_space, claim_, sightings_[client]), failed));
    }
    std::vector<Result<Try>> tries = co_await when_all(std::move(tasks));
    std::optional<Error> problem;
    std::vector<kube::Client*> usable;
    for (std::size_t i = 0; i < tries.size(); ++i) {
      kube::Client* client = clients_[i];
      if (!tries[i]) {
        const Error error = in_cluster(tries[i].error(), client->cluster());
        if (!options_.skips_problems || error.code == Code::cancelled) {
          problem = error;
        } else {
          on_skip_(error);
        }
        continue;
      }
      usable.push_back(client);
      if (tries[i]->mine) {
        parts_.push_back({client, std::move(*tries[i]->mine)});
      } else if (!contended && !tries[i]->held_already) {
        contended.emplace(client, std::move(*tries[i]));
      }
    }
    clients_ = std::move(usable);
    if (problem) co_return Failure{*problem};
    co_return Done{};
  }

  Task<Done> give_back_parts() {
    std::vector<Task<Done>> tasks;
    for (Lock::Part& part : parts_) tasks.push_back(give_back(*part.client, std::move(part.held)));
    co_await when_all(std::move(tasks));
    parts_.clear();
    co_return Done{};
  }

  static Error given_up(const Holder& holder, bool interrupted) {
    return {interrupted ? Code::cancelled : Code::conflict,
            fmt::format("{} is at work on this cluster since {}", holder.who, holder.since),
            "",
            holder.cluster,
            "",
            "wait longer with --lock-timeout; if it died, the lock is free half a minute after; --no-lock goes on without it"};
  }

  std::vector<kube::Client*> clients_;
  LockOptions options_;
  Claim claim_;
  Lock::OnWait on_wait_;
  Lock::OnSkip on_skip_;
  Clock::time_point deadline_;
  std::vector<Lock::Part> parts_;
  std::map<kube::Client*, Sighting> sightings_;
  std::minstd_rand random_{std::random_device{}()};
};

Task<Result<std::vector<Lock::Part>>> acquire_all(Acquisition& acquisition) { co_return co_await acquisition.run(); }

}  // namespace

Result<std::unique_ptr<Lock>> Lock::acquire(http::Loop& loop, std::vector<kube::Client*> clients, LockOptions options, OnWait on_wait,
                                            OnSkip on_skip) {
  const std::string identity = process::identity();
  const Claim claim{identity, options.operation, options.lease, options.least_transitions};
  Acquisition acquisition{std::move(clients), std::move(options), claim, std::move(on_wait), std::move(on_skip)};
  auto parts = loop.run(acquire_all(acquisition));
  if (!parts) return Failure{parts.error()};
  return std::make_unique<Lock>(loop, identity, std::move(*parts));
}

Lock::Lock(http::Loop& loop, std::string identity, std::vector<Part> parts)
    : loop_(loop), identity_(std::move(identity)), parts_(std::move(parts)), keeping_(keep()) {
  keeping_.start();
}

Lock::~Lock() { release(); }

std::int64_t Lock::transitions() const {
  return parts_.empty() ? 0 : kube::integer_in(parts_.front().held.lease, "/spec/leaseTransitions", 0);
}

bool Lock::was_ours() const {
  return std::ranges::all_of(parts_, [&](const Part& part) { return part.held.previous == identity_; });
}

/// Renews until it is given back. A lock that is lost (this process slept for long) stops the work.
Task<Done> Lock::keep() {
  while (true) {
    const http::Rest rest = co_await http::rest(loop_, renewal, this);
    if (!held_ || rest == http::Rest::interrupted) co_return Done{};
    std::vector<Task<Result<Done>>> tasks;
    for (Part& part : parts_) tasks.push_back(renew(*part.client, part.held));
    const auto renewed = co_await when_all(std::move(tasks));
    const bool lost = std::ranges::any_of(renewed, [](const auto& one) { return !one && one.error().code == Code::conflict; });
    if (lost && held_) loop_.interrupt();
  }
}

Task<Done> Lock::give_all_back() {
  while (!keeping_.done()) {
    const http::Rest rest = co_await http::rest(loop_, time::Duration{5});
    // What is given back is not to be interrupted.
    if (rest == http::Rest::interrupted) loop_.clear_interrupt();
  }
  std::vector<Task<Done>> tasks;
  // One that cannot be given back is free when its time is over.
  for (Part& part : parts_) tasks.push_back(fenced(give_back(*part.client, part.held), [](const Error&) { return Done{}; }));
  co_await when_all(std::move(tasks));
  co_return Done{};
}

void Lock::release() {
  if (!held_) return;
  held_ = false;
  loop_.wake(this);
  const bool was_interrupted = loop_.interrupted();
  loop_.clear_interrupt();
  loop_.run(give_all_back());
  if (was_interrupted) loop_.interrupt();
}

}  // namespace fedctl::apply
