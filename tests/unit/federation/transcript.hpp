#pragma once

#include "federation/replica_schedule.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// KubeFed's planner as its rules are written down (docs/scheduling.md), one after the other and no faster than that. What ours is held
/// against.
namespace transcript {

using namespace fedctl::federation;

using Numbers = std::map<std::string, std::int64_t>;

struct Transcript {
  Numbers plan;
  Numbers overflow;
};

inline std::uint32_t hash_of(const std::string& text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) {
    hash *= 16777619u;
    hash ^= static_cast<unsigned char>(c);
  }
  return hash;
}

inline Transcript transcribe(const ScheduleRequest& request) {
  struct Named {
    std::string name;
    ClusterPreference preference;
    std::uint32_t hash;
  };
  Transcript result;
  Numbers current;
  Numbers capacity;
  Numbers preallocated;
  ClusterPreferences preferences = request.preferences;
  if (preferences.empty()) preferences["*"].weight = 1;
  std::vector<Named> order;
  for (const Candidate& one : request.candidates) {
    current[one.cluster] = one.current;
    if (one.capacity) capacity[one.cluster] = *one.capacity;
    result.plan[one.cluster] = 0;
    const std::string name = preferences.contains(one.cluster) ? one.cluster : "*";
    if (preferences.contains(name)) order.push_back({one.cluster, preferences[name], hash_of(one.cluster + request.key)});
  }
  std::sort(order.begin(), order.end(), [](const Named& a, const Named& b) {
    return a.preference.weight != b.preference.weight ? a.preference.weight > b.preference.weight : a.hash < b.hash;
  });
  std::int64_t remaining = request.total;
  for (const Named& one : order) {
    std::int64_t minimum = std::min(one.preference.minimum, remaining);
    if (capacity.contains(one.name)) minimum = std::min(minimum, capacity[one.name]);
    remaining -= minimum;
    result.plan[one.name] = minimum;
  }
  if (!request.rebalance) {
    for (const Named& one : order) {
      const std::int64_t planned = result.plan[one.name];
      if (current[one.name] <= planned) continue;
      std::int64_t target = current[one.name];
      if (one.preference.maximum) target = std::min(*one.preference.maximum, target);
      if (capacity.contains(one.name)) target = std::min(capacity[one.name], target);
      const std::int64_t extra = std::max<std::int64_t>(0, std::min(target - planned, remaining));
      remaining -= extra;
      preallocated[one.name] = extra;
      result.plan[one.name] = planned + extra;
    }
  }
  bool modified = true;
  while (modified && remaining > 0) {
    modified = false;
    const std::int64_t distribute = remaining;
    std::int64_t weights = 0;
    for (const Named& one : order) weights += one.preference.weight;
    if (weights <= 0) break;
    std::vector<Named> next;
    for (const Named& one : order) {
      const std::int64_t start = result.plan[one.name];
      std::int64_t extra = std::min((distribute * one.preference.weight + weights - 1) / weights, remaining);
      const std::int64_t used = std::min(extra, preallocated[one.name]);
      preallocated[one.name] -= used;
      if (used > 0) modified = true;
      extra -= used;
      std::int64_t total = start + extra;
      bool full = false;
      if (one.preference.maximum && total > *one.preference.maximum) {
        total = *one.preference.maximum;
        full = true;
      }
      if (capacity.contains(one.name) && total > capacity[one.name]) {
        result.overflow[one.name] = total - capacity[one.name];
        total = capacity[one.name];
        full = true;
      }
      if (!full) next.push_back(one);
      remaining -= total - start;
      result.plan[one.name] = total;
      if (total > start) modified = true;
    }
    order = next;
  }
  if (!request.rebalance) {
    for (auto& [name, number] : result.overflow) number = std::min(number, remaining);
    std::erase_if(result.overflow, [](const auto& entry) { return entry.second <= 0; });
  }
  return result;
}

}  // namespace transcript
