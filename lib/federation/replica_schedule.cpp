#include "federation/replica_schedule.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <numeric>
#include <string_view>
#include <tuple>

namespace fedctl::federation {
namespace {

/// A product of a total and a weight takes more than 64 bits.
__extension__ using Wide = __int128;

/// FNV-1 of 32 bits, the older of the two variants: as in Go's hash/fnv New32, which KubeFed took.
std::uint32_t fnv1(std::string_view cluster, std::string_view key) {
  std::uint32_t hash = 2166136261u;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash * 16777619u) ^ static_cast<unsigned char>(c);
  };
  add(cluster);
  add(key);
  return hash;
}

/// A cluster that takes part.
struct Part {
  std::size_t index = 0;  ///< Of the candidate.
  std::uint32_t hash = 0;
  std::int64_t weight = 0;
  std::int64_t maximum = 0;
  std::int64_t capacity = 0;
  std::int64_t planned = 0;
  std::int64_t preallocated = 0;  ///< Kept replicas that later rounds still have to count in.
};

constexpr std::int64_t boundless = std::numeric_limits<std::int64_t>::max();

class Planner {
 public:
  explicit Planner(const ScheduleRequest& request) : request_(request), remaining_(request.total) {}

  Schedule run() {
    choose_parts();
    give_minimums();
    if (!request_.rebalance) keep_current();
    // Only a minimum above its maximum ever gives something back.
    may_return_ = std::ranges::any_of(parts_, [](const Part& part) { return part.planned > part.maximum; });
    open_.resize(parts_.size());
    std::iota(open_.begin(), open_.end(), std::size_t{0});
    while (remaining_ > 0 && round()) ++result_.rounds;
    return finish();
  }

 private:
  void choose_parts() {
    static const ClusterPreferences all_alike{{"*", {.weight = 1, .minimum = 0, .maximum = {}}}};
    const ClusterPreferences& preferences = request_.preferences.empty() ? all_alike : request_.preferences;
    const auto others = preferences.find("*");
    result_.shares.reserve(request_.candidates.size());
    for (const Candidate& candidate : request_.candidates) {
      Share& share = result_.shares.emplace_back();
      share.cluster = candidate.cluster;
      share.capacity = candidate.capacity;
      auto own = preferences.find(candidate.cluster);
      if (own == preferences.end()) own = others;
      if (own == preferences.end()) continue;
      share.preference = own->second;
      result_.total_weight += own->second.weight;
      parts_.push_back({.index = result_.shares.size() - 1,
                        .hash = fnv1(candidate.cluster, request_.key),
                        .weight = own->second.weight,
                        .maximum = own->second.maximum.value_or(boundless),
                        .capacity = candidate.capacity.value_or(boundless)});
    }
    std::ranges::sort(parts_, [this](const Part& a, const Part& b) {
      return std::tie(b.weight, a.hash, candidate(a).cluster) < std::tie(a.weight, b.hash, candidate(b).cluster);
    });
  }

  void give_minimums() {
    for (Part& part : parts_) {
      part.planned = std::min({share(part).preference->minimum, remaining_, part.capacity});
      remaining_ -= part.planned;
    }
  }

  void keep_current() {
    for (Part& part : parts_) {
      const std::int64_t current = candidate(part).current;
      if (current <= part.planned) continue;
      const std::int64_t target = std::min({current, part.maximum, part.capacity});
      const std::int64_t extra = std::max<std::int64_t>(0, std::min(target - part.planned, remaining_));
      part.planned += extra;
      remaining_ -= extra;
      part.preallocated = extra;
      share(part).kept = extra;
    }
  }

  /// Gives every open cluster its share of what remains now. Did anything change?
  bool round() {
    Wide weights = 0;
    for (const std::size_t index : open_) weights += parts_[index].weight;
    if (weights <= 0) return false;
    const std::int64_t to_give = remaining_;
    bool changed = false;
    std::size_t left = 0;
    for (std::size_t i = 0; i < open_.size(); ++i) {
      if (remaining_ == 0 && !may_return_) break;
      Part& part = parts_[open_[i]];
      changed = give(part, to_give, weights) || changed;
      if (share(part).limit == Share::Limit::none) open_[left++] = open_[i];
    }
    open_.resize(left);
    return changed;
  }

  bool give(Part& part, std::int64_t to_give, Wide weights) {
    const Wide due = (static_cast<Wide>(to_give) * part.weight + weights - 1) / weights;
    std::int64_t extra = due < remaining_ ? static_cast<std::int64_t>(due) : remaining_;
    const std::int64_t used = std::min(extra, part.preallocated);
    part.preallocated -= used;
    extra -= used;
    std::int64_t total = part.planned + extra;
    Share& mine = share(part);
    if (total > part.maximum) {
      total = part.maximum;
      mine.limit = Share::Limit::maximum;
    }
    if (total > part.capacity) {
      mine.overflow = total - part.capacity;
      total = part.capacity;
      mine.limit = Share::Limit::capacity;
    }
    const bool grew = total > part.planned;
    remaining_ -= total - part.planned;
    part.planned = total;
    return used > 0 || grew;
  }

  Schedule finish() {
    for (const Part& part : parts_) {
      Share& mine = share(part);
      mine.replicas = part.planned;
      if (!request_.rebalance) mine.overflow = std::min(mine.overflow, remaining_);
    }
    result_.unplaced = remaining_;
    return std::move(result_);
  }

  Share& share(const Part& part) { return result_.shares[part.index]; }
  const Candidate& candidate(const Part& part) const { return request_.candidates[part.index]; }

  const ScheduleRequest& request_;
  Schedule result_;
  std::vector<Part> parts_;        ///< In the order in which they are served.
  std::vector<std::size_t> open_;  ///< Of them, those that are not full.
  std::int64_t remaining_ = 0;
  bool may_return_ = false;
};

}  // namespace

Schedule schedule(const ScheduleRequest& request) { return Planner{request}.run(); }

std::string unplaced_text(const Schedule& schedule, std::int64_t total) {
  if (schedule.unplaced == 0) return {};
  return fmt::format("{} of {} replicas go nowhere: no cluster with a weight may take more", schedule.unplaced, total);
}

std::string reason_of(const Share& share, std::int64_t total_weight) {
  if (!share.preference) return "no preference for this cluster";
  const ClusterPreference& preference = *share.preference;
  std::string reason = fmt::format("weight {} of {}", preference.weight, total_weight);
  if (preference.minimum > 0) reason += fmt::format(", minimum {}", preference.minimum);
  if (preference.maximum)
    reason += fmt::format(", {}maximum {}", share.limit == Share::Limit::maximum ? "at its " : "", *preference.maximum);
  if (share.capacity) reason += fmt::format(", room for {}", *share.capacity);
  if (share.kept > 0) reason += fmt::format(", keeps {} that run there", share.kept);
  return reason;
}

}  // namespace fedctl::federation
