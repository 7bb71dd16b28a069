#include "apply/lease.hpp"

#include "base/process.hpp"
#include "kube/micro_time.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::apply {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds duration{30};
constexpr std::string_view operation_annotation = "fedctl.io/operation";
constexpr std::string_view process_annotation = "fedctl.io/process";
constexpr std::string_view last_holder_annotation = "fedctl.io/last-holder";

kube::Resource leases() { return {.group = "coordination.k8s.io", .version = "v1", .kind = "Lease", .plural = "leases"}; }

/// The Lease as it is, null where there is none, and the cluster's clock.
struct Seen {
  json lease;
  time::Instant now;
};

Task<Result<Seen>> look(kube::Client& client, std::string name_space, std::string name) {
  http::Request request{.path = leases().path(name_space, name), .headers = {"Accept: application/json"}};
  const auto response = co_await client.send(std::move(request));
  if (!response) co_return Failure{response.error()};
  Seen seen{.now = response->date()};
  if (response->status == 403) {
    Error error{Code::forbidden, "Leases may not be read", "", client.cluster()};
    co_return Failure{std::move(error)};
  }
  if (response->status < 400) seen.lease = json::parse(response->body, nullptr, false);
  co_return seen;
}

json spec_of(const json& lease) { return kube::map_at(lease, "spec"); }

Holder holder_of(const json& lease, const std::string& cluster) {
  const std::string operation = kube::metadata_entry(lease, "annotations", operation_annotation);
  return {fmt::format("{} ({})", kube::string_at(spec_of(lease), "holderIdentity"), operation.empty() ? "unknown" : operation),
          kube::string_at(spec_of(lease), "acquireTime"), cluster};
}

/// How long the holder may still be silent; negative: it is free.
time::Duration time_left(const Seen& seen) {
  const time::Duration none{-1};
  if (!seen.lease.is_object() || kube::string_at(spec_of(seen.lease), "holderIdentity").empty()) return none;
  if (process::is_gone(kube::metadata_entry(seen.lease, "annotations", process_annotation))) return none;
  const auto renewed = time::parse_instant(kube::string_at(spec_of(seen.lease), "renewTime"));
  if (!renewed) return none;
  const std::chrono::seconds lasts{kube::integer_at(seen.lease, "/spec/leaseDurationSeconds", duration.count())};
  return std::chrono::duration_cast<time::Duration>(*renewed + lasts - seen.now);
}

json taken(const Seen& seen, const std::string& name_space, const Claim& claim) {
  json lease = seen.lease;
  if (!lease.is_object()) {
    lease = {{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}, {"metadata", {{"name", claim.lease}, {"namespace", name_space}}}};
  }
  const auto transitions = kube::integer_at(lease, "/spec/leaseTransitions", 0);
  json& annotations = lease["metadata"]["annotations"];
  annotations[std::string{operation_annotation}] = claim.operation;
  annotations[std::string{process_annotation}] = process::mark();
  annotations[std::string{last_holder_annotation}] = claim.identity;
  lease["spec"] = {{"holderIdentity", claim.identity},
                   {"leaseDurationSeconds", duration.count()},
                   {"acquireTime", kube::format_micro_time(seen.now)},
                   {"renewTime", kube::format_micro_time(seen.now)},
                   {"leaseTransitions", std::max(transitions + 1, claim.least_transitions)}};
  return lease;
}

}  // namespace

Task<Result<Try>> try_lease(kube::Client& client, std::string name_space, Claim claim) {
  while (true) {
    const auto seen = co_await look(client, name_space, claim.lease);
    if (!seen) co_return Failure{seen.error()};
    Try outcome;
    const time::Duration left = time_left(*seen);
    if (left.count() >= 0) {
      outcome.held_already = process::is_this(kube::metadata_entry(seen->lease, "annotations", process_annotation));
      outcome.holder = holder_of(seen->lease, client.cluster());
      outcome.free_in = left;
      outcome.resource_version = kube::string_at(kube::map_at(seen->lease, "metadata"), "resourceVersion");
      co_return outcome;
    }
    json wanted = taken(*seen, name_space, claim);
    Result<json> mine = Failure{Error{}};
    if (seen->lease.is_object()) {
      mine = co_await client.replace(leases(), std::move(wanted));
    } else {
      mine = co_await client.create(leases(), std::move(wanted));
    }
    if (mine) {
      HeldLease held{.lease = std::move(*mine)};
      held.clock_offset = std::chrono::duration_cast<time::Duration>(seen->now - std::chrono::system_clock::now());
      held.previous = kube::metadata_entry(seen->lease, "annotations", last_holder_annotation);
      outcome.mine = std::move(held);
      co_return outcome;
    }
    // Somebody was quicker: look again who.
    if (mine.error().code != Code::conflict) co_return Failure{mine.error()};
  }
}

Task<Done> wait_for_change(kube::Client& client, std::string name_space, std::string lease, std::string resource_version,
                           time::Duration patience) {
  const kube::ListOptions only{.name_space = name_space, .field_selector = fmt::format("metadata.name={}", lease)};
  co_await client.watch(leases(), only, resource_version, patience, [](const std::string&, const json&) { return false; });
  co_return Done{};
}

Task<Result<Done>> renew(kube::Client& client, HeldLease& held) {
  held.lease["spec"]["renewTime"] = kube::format_micro_time(std::chrono::system_clock::now() + held.clock_offset);
  auto renewed = co_await client.replace(leases(), held.lease);
  if (!renewed) co_return Failure{renewed.error()};
  held.lease = std::move(*renewed);
  co_return Done{};
}

Task<Done> give_back(kube::Client& client, HeldLease held) {
  held.lease["spec"]["holderIdentity"] = "";
  // With the resourceVersion that we know: whoever took it over meanwhile keeps it.
  co_await client.replace(leases(), held.lease);
  co_return Done{};
}

}  // namespace fedctl::apply
