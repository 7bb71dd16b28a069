#include "failover/guard_lease.hpp"

#include "apply/lease.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace fedctl::failover {
namespace {

using nlohmann::json;

std::string annotation(const json& lease, std::string_view name) { return kube::metadata_entry(lease, "annotations", name); }

/// Longer than any guard says, and what can be counted in milliseconds.
constexpr std::int64_t longest_ttl = 366 * 24 * 3600;

/// When the server took the guard's last write, to the second. The guard's own renewTime is by another clock.
std::optional<time::Instant> last_renewal(const json& lease) {
  std::optional<time::Instant> latest;
  for (const json& entry : list_at(map_at(lease, "metadata"), "managedFields")) {
    if (string_at(entry, "manager") != guard_manager) continue;
    const auto at = time::parse_instant(string_at(entry, "time"));
    if (at && (!latest || *at > *latest)) latest = at;
  }
  return latest;
}

}  // namespace

GuardLease guard_lease_of(const std::string& cluster, json object, time::Instant now) {
  GuardLease lease{.cluster = cluster};
  const json spec = kube::map_at(object, "spec");
  lease.holder = kube::string_at(spec, "holderIdentity");
  lease.ttl = std::chrono::seconds{std::clamp<std::int64_t>(kube::integer_at(spec, "leaseDurationSeconds"), 0, longest_ttl)};
  const auto renewed = last_renewal(object);
  lease.age =
      renewed ? std::max(time::Duration{0}, std::chrono::duration_cast<time::Duration>(now - *renewed)) : std::chrono::seconds{longest_ttl};
  const std::string fenced = annotation(object, fenced_annotation);
  std::from_chars(fenced.data(), fenced.data() + fenced.size(), lease.fenced_by);
  lease.is_harmless = lease.fenced_by != 0 && annotation(object, harmless_annotation) == fenced;
  lease.is_stopped = lease.is_harmless && annotation(object, stopped_annotation) == fenced;
  lease.unable = annotation(object, unable_annotation);
  lease.failsafe = text::split(annotation(object, failsafe_annotation), ',');
  std::erase(lease.failsafe, "");
  lease.process = annotation(object, apply::process_annotation);
  lease.lsn = annotation(object, lsn_annotation);
  lease.counted = annotation(object, counted_annotation);
  lease.object = std::move(object);
  return lease;
}

}  // namespace fedctl::failover
