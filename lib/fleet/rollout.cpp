#include "fleet/rollout.hpp"

#include "base/text.hpp"
#include "fleet/fleet.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::fleet {
namespace {

bool speaks_of(const Wave& wave, const Cluster& cluster) {
  if (std::ranges::find(wave.clusters, cluster.name) != wave.clusters.end()) return true;
  return !wave.labels.empty() && std::ranges::all_of(wave.labels, [&](const auto& label) {
    const auto found = cluster.labels.find(label.first);
    return found != cluster.labels.end() && found->second == label.second;
  });
}

}  // namespace

Result<std::vector<std::vector<std::size_t>>> waves_of(const Rollout& rollout, std::span<const Cluster> clusters) {
  std::vector<std::string> names;
  for (const Cluster& cluster : clusters) names.push_back(cluster.name);
  std::vector<bool> taken(clusters.size(), false);
  std::vector<std::vector<std::size_t>> waves;
  for (std::size_t number = 0; number < rollout.waves.size(); ++number) {
    const Wave& wave = rollout.waves[number];
    for (const std::string& name : wave.clusters) {
      if (std::ranges::find(names, name) == names.end())
        return Failure{
            {Code::usage, fmt::format("wave {}: the fleet has no cluster '{}'{}", number + 1, name, text::did_you_mean(name, names))}};
    }
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < clusters.size(); ++i) {
      if (taken[i] || !speaks_of(wave, clusters[i])) continue;
      taken[i] = true;
      members.push_back(i);
    }
    if (members.empty())
      return Failure{{Code::invalid_input, fmt::format("wave {} holds no cluster that an earlier wave does not hold", number + 1)}};
    waves.push_back(std::move(members));
  }
  std::vector<std::size_t> rest;
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    if (!taken[i]) rest.push_back(i);
  }
  if (!rest.empty()) waves.push_back(std::move(rest));
  return waves;
}

}  // namespace fedctl::fleet
