#include "federation/what_if.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::federation {
namespace {

Result<void> check(const Supposition& supposition) {
  std::set<std::string> names;
  for (const std::string& name : supposition.clusters) {
    if (!names.insert(name).second) return Failure{{Code::usage, fmt::format("the cluster '{}' stands twice in --clusters", name)}};
  }
  const auto known = [&](const char* flag, const std::string& name) -> Result<void> {
    if (names.contains(name)) return {};
    return Failure{{Code::usage, fmt::format("{} speaks of '{}', which is not in --clusters{}", flag, name,
                                             text::did_you_mean(name, supposition.clusters))}};
  };
  for (const auto& [name, number] : supposition.current) {
    if (auto done = known("--current", name); !done) return done;
  }
  for (const auto& [name, number] : supposition.capacity) {
    if (auto done = known("--capacity", name); !done) return done;
  }
  for (const std::string& name : supposition.unhealthy) {
    if (auto done = known("--unhealthy", name); !done) return done;
  }
  return {};
}

}  // namespace

Result<Outcome> what_if(const Preference& preference, const Supposition& supposition) {
  if (auto checked = check(supposition); !checked) return Failure{checked.error()};
  ScheduleRequest request = preference.request();
  for (const std::string& name : supposition.clusters) {
    if (supposition.unhealthy.contains(name)) continue;
    Candidate candidate{.cluster = name};
    if (const auto found = supposition.current.find(name); found != supposition.current.end()) candidate.current = found->second;
    if (const auto found = supposition.capacity.find(name); found != supposition.capacity.end()) candidate.capacity = found->second;
    request.candidates.push_back(std::move(candidate));
  }
  Outcome outcome{.schedule = schedule(request), .notices = {}};
  std::vector<Share>& shares = outcome.schedule.shares;
  for (std::size_t i = 0; i < supposition.clusters.size(); ++i) {
    if (!supposition.unhealthy.contains(supposition.clusters[i])) continue;
    Share nothing;
    nothing.cluster = supposition.clusters[i];
    shares.insert(shares.begin() + static_cast<std::ptrdiff_t>(i), std::move(nothing));
  }
  for (const auto& [name, ignored] : preference.clusters) {
    if (name == "*" || std::ranges::find(supposition.clusters, name) != supposition.clusters.end()) continue;
    outcome.notices.push_back(fmt::format("{} is not in --clusters, so its preference counts for nothing", name));
  }
  if (std::string text = unplaced_text(outcome.schedule, preference.total); !text.empty()) outcome.notices.push_back(std::move(text));
  return outcome;
}

}  // namespace fedctl::federation
