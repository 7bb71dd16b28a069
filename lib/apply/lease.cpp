#include "apply/lease.hpp"

#include "base/process.hpp"
#include "http/rest.hpp"
#include "kube/answer.hpp"
#include "kube/micro_time.hpp"
#include "kube/status.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::apply {
namespace {

using nlohmann::json;

constexpr std::string_view operation_annotation = "fedctl.io/operation";
constexpr std::string_view last_holder_annotation = "fedctl.io/last-holder";

kube::Resource leases() { return {.group = "coordination.k8s.io", .version = "v1", .kind = "Lease", .plural = "leases"}; }

/// The Lease as it is, null where there is none, and the cluster's clock.
struct Seen {
  json lease;
  time::Instant now;
};

/// 404 is "there is none"; everything else that is not a Lease is an error.
Task<Result<Seen>> look(kube::Client& client, std::string name_space, std::string name) {
  http::Request request{.path = leases().path(name_space, name), .headers = {"Accept: application/json"}};
  const auto response = co_await client.send(std::move(request));
  if (!response) co_return Failure{response.error()};
  Seen seen{.now = response->date()};
  if (response->status != 200) {
    Error error = in_cluster(kube::error_from(*response), client.cluster());
    if (error.code == Code::not_found) co_return seen;
    if (error.code == Code::forbidden) error.message = "Leases may not be read";
    co_return Failure{std::move(error)};
  }
  seen.lease = parse_json(response->body);
  if (const auto problem = problem_of_lease(seen.lease, name)) co_return Failure{in_cluster(*problem, client.cluster())};
  co_return seen;
}

const json& spec_of(const json& lease) { return kube::map_at(lease, "spec"); }

Holder holder_of(const json& lease, const std::string& cluster) {
  const std::string operation = kube::metadata_entry(lease, "annotations", operation_annotation);
  return {fmt::format("{} ({})", kube::string_at(spec_of(lease), "holderIdentity"), operation.empty() ? "unknown" : operation),
          kube::string_at(spec_of(lease), "acquireTime"), cluster};
}

/// Leases that last longer do not bind anybody for longer: whoever works on a cluster renews every ten seconds.
constexpr std::chrono::seconds longest_duration{300};

/// How long the holder may still be silent; negative: it is free. By the Lease's own times, and by how long it has not changed.
time::Duration time_left(const Seen& seen, time::Duration unchanged, const Claim& claim) {
  const time::Duration none{-1};
  if (!seen.lease.is_object() || kube::string_at(spec_of(seen.lease), "holderIdentity").empty()) return none;
  if (process::is_gone(kube::metadata_entry(seen.lease, "annotations", process_annotation))) return none;
  const std::int64_t stated = kube::integer_at(spec_of(seen.lease), "leaseDurationSeconds", claim.lasts.count());
  const time::Duration lasts = std::clamp<std::chrono::seconds>(std::chrono::seconds{std::min<std::int64_t>(stated, 3600)},
                                                                std::chrono::seconds{0}, longest_duration);
  const time::Duration as_seen = lasts - unchanged - time::Duration{1};
  if (claim.by_sight) return as_seen;
  const auto renewed = time::parse_instant(kube::string_at(spec_of(seen.lease), "renewTime"));
  return renewed ? std::min(as_seen, std::chrono::duration_cast<time::Duration>(*renewed - seen.now) + lasts) : as_seen;
}

/// How long the Lease has been as it is now, as far as we have seen.
time::Duration unchanged_for(const Seen& seen, Sighting& sighting) {
  const std::string version = kube::string_at(kube::map_at(seen.lease, "metadata"), "resourceVersion");
  const auto now = std::chrono::steady_clock::now();
  if (sighting.resource_version != version) sighting = {version, now};
  return std::chrono::duration_cast<time::Duration>(now - sighting.since);
}

json taken(const Seen& seen, const std::string& name_space, const Claim& claim) {
  json lease = seen.lease;
  if (!lease.is_object()) {
    lease = {{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}, {"metadata", {{"name", claim.lease}, {"namespace", name_space}}}};
  }
  const auto transitions = kube::integer_at(spec_of(lease), "leaseTransitions");
  json& annotations = lease["metadata"]["annotations"];
  annotations[std::string{operation_annotation}] = claim.operation;
  annotations[std::string{process_annotation}] = process::mark();
  annotations[std::string{last_holder_annotation}] = claim.identity;
  lease["spec"] = {{"holderIdentity", claim.identity},
                   {"leaseDurationSeconds", claim.lasts.count()},
                   {"acquireTime", kube::format_micro_time(seen.now)},
                   {"renewTime", kube::format_micro_time(seen.now)},
                   {"leaseTransitions", std::max(transitions + 1, claim.least_transitions)}};
  return lease;
}

/// Does the answer to our write show it?
bool is_held_by(const json& lease, const Claim& claim) {
  return !problem_of_lease(lease, claim.lease) && kube::string_at(spec_of(lease), "holderIdentity") == claim.identity;
}

void set_renewed(HeldLease& held) {
  held.lease["spec"]["renewTime"] = kube::format_micro_time(std::chrono::system_clock::now() + held.clock_offset);
}

Result<Done> take_renewal(const kube::Client& client, HeldLease& held, Result<json> renewed) {
  if (!renewed) return Failure{renewed.error()};
  if (const auto problem = problem_of_lease(*renewed, kube::name_of(held.lease))) return Failure{in_cluster(*problem, client.cluster())};
  held.lease = std::move(*renewed);
  return Done{};
}

/// To take a Lease that is shown as free; somebody else who is quicker shows up well before.
constexpr int most_attempts = 5;

}  // namespace

std::optional<Error> problem_of_lease(const json& lease, std::string_view name) {
  if (auto problem = kube::problem_of_object(lease, leases(), {name})) return problem;
  const auto is_map = [](const json& value) { return value.is_null() || value.is_object(); };
  const bool is_sound = is_map(kube::value_at(lease, "spec")) && is_map(kube::value_at(lease, "metadata", "annotations"));
  return is_sound ? std::nullopt : std::optional{kube::not_understood("a Lease whose parts are not maps")};
}

Task<Result<Try>> try_lease(kube::Client& client, std::string name_space, Claim claim, Sighting& sighting) {
  for (int attempt = 1;; ++attempt) {
    const auto seen = co_await look(client, name_space, claim.lease);
    if (!seen) co_return Failure{seen.error()};
    Try outcome;
    const time::Duration left = time_left(*seen, unchanged_for(*seen, sighting), claim);
    if (left.count() >= 0) {
      outcome.held_already = process::is_this(kube::metadata_entry(seen->lease, "annotations", process_annotation));
      outcome.holder = holder_of(seen->lease, client.cluster());
      outcome.free_in = left;
      outcome.resource_version = sighting.resource_version;
      outcome.lease = seen->lease;
      co_return outcome;
    }
    json wanted = taken(*seen, name_space, claim);
    Result<json> mine = Failure{Error{}};
    if (seen->lease.is_object() && claim.by_sight) {
      mine = co_await client.replace_within(leases(), std::move(wanted), claim.lasts / 4);
    } else if (seen->lease.is_object()) {
      mine = co_await client.replace(leases(), std::move(wanted));
    } else {
      mine = co_await client.create(leases(), std::move(wanted));
    }
    if (mine && !is_held_by(*mine, claim)) {
      co_return Failure{in_cluster(kube::not_understood("a Lease of somebody else's when we took it"), client.cluster())};
    }
    if (mine) {
      HeldLease held{.lease = std::move(*mine)};
      held.clock_offset = std::chrono::duration_cast<time::Duration>(seen->now - std::chrono::system_clock::now());
      held.previous = kube::metadata_entry(seen->lease, "annotations", last_holder_annotation);
      outcome.mine = std::move(held);
      co_return outcome;
    }
    // Somebody was quicker: look again who.
    if (mine.error().code != Code::conflict || attempt == most_attempts) co_return Failure{mine.error()};
    const http::Rest rest = co_await http::rest(client.loop(), time::Duration{100} * attempt);
    if (rest == http::Rest::interrupted) co_return Failure{{Code::cancelled, "interrupted"}};
  }
}

Task<Done> wait_for_change(kube::Client& client, std::string name_space, std::string lease, std::string resource_version,
                           time::Duration patience) {
  const kube::ListOptions only{.name_space = name_space, .field_selector = fmt::format("metadata.name={}", lease)};
  co_await client.watch(leases(), only, resource_version, patience, [](const std::string&, const json&) { return false; });
  co_return Done{};
}

Task<Result<Done>> renew(kube::Client& client, HeldLease& held) {
  set_renewed(held);
  auto renewed = co_await client.replace(leases(), held.lease);
  co_return take_renewal(client, held, std::move(renewed));
}

Task<Result<Done>> renew_within(kube::Client& client, HeldLease& held, time::Duration patience) {
  set_renewed(held);
  auto renewed = co_await client.replace_within(leases(), held.lease, patience);
  co_return take_renewal(client, held, std::move(renewed));
}

Task<Done> give_back(kube::Client& client, HeldLease held) {
  held.lease["spec"]["holderIdentity"] = "";
  // With the resourceVersion that we know: whoever took it over meanwhile keeps it.
  co_await client.replace(leases(), held.lease);
  co_return Done{};
}

Task<Done> give_back_within(kube::Client& client, HeldLease held, time::Duration patience) {
  held.lease["spec"]["holderIdentity"] = "";
  co_await client.replace_within(leases(), held.lease, patience);
  co_return Done{};
}

}  // namespace fedctl::apply
