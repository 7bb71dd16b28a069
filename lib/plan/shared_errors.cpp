#include "plan/shared_errors.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <tuple>

namespace fedctl::plan {
namespace {

/// More names than this say less than their number.
constexpr std::size_t most_named = 8;

struct Shared {
  Error error;
  std::vector<std::string> clusters;
};

Error named(Shared shared, std::size_t asked) {
  Error error = std::move(shared.error);
  if (shared.clusters.size() < 2) return in_cluster(std::move(error), shared.clusters.front());
  error.cluster.clear();
  if (shared.clusters.size() == asked) {
    error.message += asked == 2 ? " (in both clusters)" : fmt::format(" (in all {} clusters)", asked);
    return error;
  }
  const std::size_t left = shared.clusters.size() > most_named ? shared.clusters.size() - most_named : 0;
  shared.clusters.resize(shared.clusters.size() - left);
  error.message += fmt::format(" (in {}{})", text::join(shared.clusters, ", "), left > 0 ? fmt::format(" and {} more", left) : "");
  return error;
}

}  // namespace

std::vector<Error> shared_errors(std::span<const ClusterErrors> clusters, std::size_t asked) {
  std::vector<Shared> all;
  std::map<std::tuple<std::string, std::string, std::string, std::string>, std::size_t> known;
  for (const ClusterErrors& cluster : clusters) {
    for (const Error& error : cluster.errors) {
      const auto [at, is_new] = known.try_emplace({error.place, error.object, error.message, error.hint}, all.size());
      if (is_new) all.push_back({error, {}});
      std::vector<std::string>& names = all[at->second].clusters;
      if (std::ranges::find(names, cluster.cluster) == names.end()) names.push_back(cluster.cluster);
    }
  }
  std::vector<Error> errors;
  for (Shared& shared : all) errors.push_back(named(std::move(shared), asked));
  return errors;
}

std::vector<Error> shared_errors(const Plan& plan) {
  std::vector<ClusterErrors> clusters;
  if (plan.host) clusters.push_back({plan.host->name, plan.host->errors});
  for (const ClusterPlan& cluster : plan.clusters) clusters.push_back({cluster.name, cluster.errors});
  return shared_errors(clusters, plan.clusters.size());
}

bool is_explained(const ClusterPlan& cluster, const Change& change) {
  const std::string object = kube::to_string(change.key);
  return change.action == Action::unknown &&
         std::ranges::any_of(cluster.errors, [&](const Error& error) { return error.object == object; });
}

}  // namespace fedctl::plan
