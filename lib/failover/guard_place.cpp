#include "failover/guard_place.hpp"

#include "apply/lease.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "control/names.hpp"
#include "failover/state.hpp"
#include "http/rest.hpp"
#include "kube/micro_time.hpp"
#include "kube/status.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::failover {
namespace {

using nlohmann::json;

/// A guard renews its Lease every few seconds; a server that finds a conflict each time never ends.
constexpr int most_attempts = 50;
constexpr time::Duration between_attempts{20};

/// What the host answered, which must be the Lease.
Result<GuardLease> lease_in(const GuardPlace& place, const http::Response& response) {
  json object = parse_json(response.body);
  if (const auto problem = apply::problem_of_lease(object, place.name)) return Failure{in_cluster(*problem, place.host->cluster())};
  return guard_lease_of(place.cluster, std::move(object), response.date());
}

void set_annotation(json& lease, std::string_view name, const std::string& value) {
  json& annotations = lease["metadata"]["annotations"];
  if (value.empty()) {
    if (annotations.is_object()) annotations.erase(std::string{name});
  } else {
    annotations[std::string{name}] = value;
  }
}

/// Reads, changes and writes again until nobody came between.
Task<Result<GuardLease>> change_annotation(GuardPlace place, std::int64_t token, bool fences) {
  for (int attempt = 1;; ++attempt) {
    auto lease = co_await read_guard(place);
    if (!lease) co_return Failure{lease.error()};
    if (!lease->exists()) co_return std::move(*lease);
    if (fences ? lease->fenced_by == token : lease->fenced_by == 0) co_return std::move(*lease);
    json object = lease->object;
    set_annotation(object, fenced_annotation, fences ? std::to_string(token) : "");
    set_annotation(object, harmless_annotation, "");
    auto written = co_await place.host->replace(control::leases(), std::move(object));
    if (written) {
      const auto problem = apply::problem_of_lease(*written, place.name);
      if (problem) co_return Failure{in_cluster(*problem, place.host->cluster())};
      co_return guard_lease_of(place.cluster, std::move(*written), std::chrono::system_clock::now());
    }
    if (written.error().code != Code::conflict || attempt == most_attempts) co_return Failure{written.error()};
    const http::Rest rest = co_await http::rest(place.host->loop(), between_attempts);
    if (rest == http::Rest::interrupted) co_return Failure{{Code::cancelled, "interrupted"}};
  }
}

}  // namespace

GuardPlace guard_place(const Site& site, const std::string& cluster) {
  if (!site.host) return {};
  return {site.host->client, site.host->name_space, object_name(site.policy.name_space, site.policy.name, "guard." + cluster), cluster};
}

Task<Result<GuardLease>> read_guard(GuardPlace place, time::Duration patience) {
  http::Request request{.path = control::leases().path(place.name_space, place.name), .headers = {"Accept: application/json"}};
  request.timeout = patience;
  request.repeatable = patience.count() == 0;
  const auto response = co_await place.host->send(std::move(request));
  if (!response) co_return Failure{response.error()};
  if (response->status != 200) {
    Error error = in_cluster(kube::error_from(*response), place.host->cluster());
    GuardLease none{.cluster = place.cluster};
    if (error.code == Code::not_found) co_return none;
    error.object = "Lease " + place.name_space + "/" + place.name;
    co_return Failure{std::move(error)};
  }
  co_return lease_in(place, *response);
}

Task<Result<GuardLease>> fence_guard(GuardPlace place, std::int64_t token) {
  co_return co_await change_annotation(std::move(place), token, true);
}

Task<Result<GuardLease>> unfence_guard(GuardPlace place) { co_return co_await change_annotation(std::move(place), 0, false); }

Task<Result<GuardLease>> renew_guard(GuardPlace place, GuardLease lease, std::string holder, time::Duration ttl, time::Duration patience) {
  const bool is_new = !lease.exists();
  json object = is_new ? json{{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}} : lease.object;
  object["metadata"]["name"] = place.name;
  object["metadata"]["namespace"] = place.name_space;
  set_annotation(object, apply::process_annotation, process::mark());
  set_annotation(object, lsn_annotation, lease.lsn);
  set_annotation(object, counted_annotation, lease.counted);
  set_annotation(object, harmless_annotation, lease.is_harmless ? std::to_string(lease.fenced_by) : "");
  set_annotation(object, stopped_annotation, lease.is_stopped ? std::to_string(lease.fenced_by) : "");
  set_annotation(object, unable_annotation, lease.unable);
  set_annotation(object, failsafe_annotation, text::join(lease.failsafe, ","));
  const std::string now = kube::format_micro_time(std::chrono::system_clock::now());
  object["spec"]["holderIdentity"] = holder;
  object["spec"]["leaseDurationSeconds"] = std::max<std::int64_t>(1, (ttl.count() + 999) / 1000);
  object["spec"]["renewTime"] = now;
  if (!object["spec"].contains("acquireTime")) object["spec"]["acquireTime"] = now;
  http::Request request{.method = is_new ? "POST" : "PUT", .path = control::leases().path(place.name_space, is_new ? "" : place.name)};
  request.path += fmt::format("?fieldManager={}", guard_manager);
  request.headers = {"Accept: application/json", "Content-Type: application/json"};
  request.body = to_text(object);
  request.timeout = patience;
  request.repeatable = false;
  const auto response = co_await place.host->send(std::move(request));
  if (!response) co_return Failure{response.error()};
  if (response->status >= 300) co_return Failure{kube::error_from(*response)};
  co_return lease_in(place, *response);
}

}  // namespace fedctl::failover
