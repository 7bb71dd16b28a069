#include "control/lock.hpp"

#include "base/user.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <chrono>
#include <cstdlib>

namespace fedctl::control {
namespace {

using nlohmann::json;

constexpr const char* lock_name = "fedctl";
constexpr std::chrono::seconds duration{30};
constexpr time::Duration renewal{10'000};
constexpr std::string_view operation_annotation = "fedctl.io/operation";

/// metav1.MicroTime.
std::string micro(time::Instant instant) {
  std::string text = time::format_instant(instant);
  if (text.ends_with('Z')) text.insert(text.size() - 1, ".000000");
  return text;
}

struct Held {
  json lease;
  time::Instant now;
};

/// The Lease as it is, null where there is none, and the host's clock.
Task<Result<Held>> read(Host host) {
  http::Request request{.path = leases().path(host.name_space, lock_name), .headers = {"Accept: application/json"}};
  const auto response = co_await host.client->send(std::move(request));
  if (!response) co_return Failure{response.error()};
  Held held{.now = response->date()};
  if (response->status < 400) held.lease = json::parse(response->body, nullptr, false);
  co_return held;
}

Holder holder_of(const json& lease) {
  const json spec = kube::map_at(lease, "spec");
  const std::string operation = kube::metadata_entry(lease, "annotations", operation_annotation);
  return {fmt::format("{} ({})", kube::string_at(spec, "holderIdentity"), operation.empty() ? "unknown" : operation),
          kube::string_at(spec, "acquireTime")};
}

/// How long the holder may still be silent; negative: it is free.
time::Duration time_left(const Held& held) {
  if (!held.lease.is_object() || kube::string_at(kube::map_at(held.lease, "spec"), "holderIdentity").empty()) return time::Duration{-1};
  const auto renewed = time::parse_instant(kube::string_at(kube::map_at(held.lease, "spec"), "renewTime"));
  if (!renewed) return time::Duration{-1};
  const std::chrono::seconds lasts{kube::integer_at(held.lease, "/spec/leaseDurationSeconds", duration.count())};
  return std::chrono::duration_cast<time::Duration>(*renewed + lasts - held.now);
}

json taken(const Held& held, const Host& host, const std::string& identity, const std::string& operation) {
  json lease = held.lease;
  if (!lease.is_object()) {
    lease = {
        {"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}, {"metadata", {{"name", lock_name}, {"namespace", host.name_space}}}};
  }
  const auto transitions = kube::integer_at(lease, "/spec/leaseTransitions", 0);
  lease["metadata"]["annotations"][std::string{operation_annotation}] = operation;
  lease["spec"] = {{"holderIdentity", identity},
                   {"leaseDurationSeconds", duration.count()},
                   {"acquireTime", micro(held.now)},
                   {"renewTime", micro(held.now)},
                   {"leaseTransitions", transitions + 1}};
  return lease;
}

struct Acquired {
  json lease;
  time::Duration clock_offset;
};

Task<Result<Acquired>> acquire_lease(Host host, std::string identity, std::string operation, time::Duration patience,
                                     Lock::OnWait on_wait) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  bool told = false;
  while (true) {
    const auto held = co_await read(host);
    if (!held) co_return Failure{held.error()};
    const time::Duration left = time_left(*held);
    if (left.count() < 0) {
      const json lease = taken(*held, host, identity, operation);
      Result<json> mine = Failure{Error{}};
      if (held->lease.is_object()) {
        mine = co_await host.client->replace(leases(), lease);
      } else {
        mine = co_await host.client->create(leases(), lease);
      }
      if (mine) co_return Acquired{*mine, std::chrono::duration_cast<time::Duration>(held->now - std::chrono::system_clock::now())};
      // Somebody was quicker: look again who.
      if (mine.error().code != Code::conflict) co_return Failure{mine.error()};
      continue;
    }
    const Holder holder = holder_of(held->lease);
    const auto until_deadline = std::chrono::duration_cast<time::Duration>(deadline - std::chrono::steady_clock::now());
    if (until_deadline.count() <= 0 || host.client->loop().interrupted()) {
      const Code code = host.client->loop().interrupted() ? Code::cancelled : Code::conflict;
      co_return Failure{{code, fmt::format("{} is at work on this host since {}", holder.who, holder.since), "", host.client->cluster(), "",
                         "wait longer with --lock-timeout; if it died, the lock is free half a minute after"}};
    }
    if (!told) on_wait(holder);
    told = true;
    const kube::ListOptions only{.name_space = host.name_space, .field_selector = fmt::format("metadata.name={}", lock_name)};
    const std::string version = kube::string_at(kube::map_at(held->lease, "metadata"), "resourceVersion");
    const auto patience_now = std::min(until_deadline, left + time::Duration{1000});
    co_await host.client->watch(leases(), only, version, patience_now, [](const std::string&, const json&) { return false; });
  }
}

}  // namespace

Result<std::unique_ptr<Lock>> Lock::acquire(http::Loop& loop, Host host, std::string operation, time::Duration patience, OnWait on_wait) {
  const std::string identity = fmt::format("{}/{}", user_at_machine(), ::getpid());
  auto acquired = loop.run(acquire_lease(host, identity, operation, patience, std::move(on_wait)));
  if (!acquired) return Failure{acquired.error()};
  return std::make_unique<Lock>(loop, std::move(host), identity, std::move(acquired->lease), acquired->clock_offset);
}

Lock::Lock(http::Loop& loop, Host host, std::string identity, json lease, time::Duration clock_offset)
    : loop_(loop),
      host_(std::move(host)),
      identity_(std::move(identity)),
      lease_(std::move(lease)),
      clock_offset_(clock_offset),
      keeping_(keep()) {
  keeping_.start();
}

Lock::~Lock() { release(); }

long Lock::transitions() const { return static_cast<long>(kube::integer_at(lease_, "/spec/leaseTransitions", 0)); }

/// Renews until it is given back. A lock that is lost (this process slept for long) stops the work.
Task<Done> Lock::keep() {
  while (true) {
    co_await loop_.sleep(renewal, this);
    if (!held_ || loop_.interrupted()) co_return Done{};
    lease_["spec"]["renewTime"] = micro(std::chrono::system_clock::now() + clock_offset_);
    auto renewed = co_await host_.client->replace(leases(), lease_);
    if (renewed) lease_ = std::move(*renewed);
    if (!renewed && renewed.error().code == Code::conflict && held_) loop_.interrupt();
  }
}

Task<Done> Lock::give_back() {
  while (!keeping_.done()) co_await loop_.sleep(time::Duration{5});
  lease_["spec"]["holderIdentity"] = "";
  // Somebody who took it over meanwhile keeps it: the resourceVersion in the Lease is no longer the live one.
  co_await host_.client->replace(leases(), lease_);
  co_return Done{};
}

void Lock::release() {
  if (!held_) return;
  held_ = false;
  loop_.wake(this);
  loop_.clear_interrupt();
  loop_.run(give_back());
}

}  // namespace fedctl::control
