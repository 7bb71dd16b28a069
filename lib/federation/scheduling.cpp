#include "federation/scheduling.hpp"

#include "base/pointer.hpp"
#include "base/text.hpp"
#include "federation/shift.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>

namespace fedctl::federation {
namespace {

using nlohmann::json;

/// Schedules one target.
class Scheduler {
 public:
  Scheduler(const Preference& preference, const FederatedObject& target, const fleet::Fleet& fleet, const Observation& observation)
      : preference_(preference), target_(target), fleet_(fleet), observation_(observation) {
    const auto found = observation.targets.find(target_name(preference.target_kind, preference.name_space, preference.name));
    if (found != observation.targets.end()) running_ = &found->second;
  }

  Result<std::optional<TargetSchedule>> run(const Reaches& reaches) {
    if (auto known = check_clusters(); !known) return Failure{known.error()};
    auto selected = select(reaches);
    if (!selected) return Failure{selected.error()};
    if (selected->empty()) return std::optional<TargetSchedule>{};
    result_.preference = preference_.manifest;
    result_.target = target_.manifest;
    leave_out_unready(*selected);
    look_for_gaps(*selected);
    const Schedule planned = plan(*selected);
    settle(planned, target_.retain_replicas ? std::vector<std::int64_t>{} : step(planned));
    note_rest(planned, reaches);
    return std::optional{std::move(result_)};
  }

 private:
  Result<void> check_clusters() {
    std::vector<std::string> strangers;
    for (const auto& [name, ignored] : preference_.clusters) {
      if (name == "*" || fleet_.find(name) != nullptr) continue;
      if (preference_.manifest->host.empty()) {
        const std::vector<std::string> names = fleet_.names();
        const std::string part = pointer::below("/spec/clusters", name);
        const bool is_there = pointer::find(preference_.manifest->object, part) != nullptr;
        return Failure{{.code = Code::invalid_input,
                        .message = fmt::format("the fleet has no cluster '{}'{}", name, text::did_you_mean(name, names)),
                        .place = preference_.manifest->place(is_there ? part : "/spec"),
                        .object = kube::to_string(kube::key_of(preference_.manifest->object)),
                        .hint = fmt::format("it has {}", text::listed(names))}};
      }
      strangers.push_back(name);
    }
    if (!strangers.empty()) note(fmt::format("the fleet has no cluster {}; the others get its share", text::join(strangers, ", ")));
    return {};
  }

  Result<std::vector<std::string>> select(const Reaches& reaches) {
    if (!preference_.intersect) return fleet_.names();
    const json spec = kube::map_at(target_.manifest->object, "spec");
    // KubeFed looks at the selector alone here, whatever placement.clusters says.
    const json selector = kube::value_at(spec, "placement", "clusterSelector");
    const auto placed = place({{"clusterSelector", selector}}, fleet_);
    if (!placed) {
      return Failure{{.code = Code::invalid_input,
                      .message = placed.error().message,
                      .place = target_.manifest->place("/spec/placement" + placed.error().part),
                      .object = kube::to_string(kube::key_of(target_.manifest->object))}};
    }
    std::vector<std::string> selected;
    for (const std::string& name : fleet_.names()) {
      if (placed->clusters.contains(name) && reaches(name)) selected.push_back(name);
    }
    return selected;
  }

  const Condition* unready(const std::string& cluster) const {
    const auto found = observation_.clusters.find(cluster);
    return found == observation_.clusters.end() || found->second.ready ? nullptr : &found->second;
  }

  void leave_out_unready(std::vector<std::string>& selected) {
    if (std::ranges::all_of(selected, [this](const std::string& name) { return unready(name) != nullptr; })) {
      hold("no cluster is ready");
      return;
    }
    for (const std::string& name : selected) {
      const Condition* condition = unready(name);
      if (condition == nullptr) continue;
      if (condition->unready_for < preference_.unhealthy_grace) {
        hold(fmt::format("{} is not ready for {} of the {} that unhealthyGraceSeconds grants it", name,
                         time::format_duration(condition->unready_for), time::format_duration(preference_.unhealthy_grace)));
      } else {
        result_.left_alone[name] = *condition;
      }
    }
    if (held_) {
      result_.left_alone.clear();
      return;
    }
    for (const auto& [name, condition] : result_.left_alone)
      note(fmt::format("{} is not ready ({}), so it gets nothing and its share goes to the others", name, condition.reason));
    std::erase_if(selected, [this](const std::string& name) { return result_.left_alone.contains(name); });
  }

  /// Nothing is moved on a guess.
  void look_for_gaps(const std::vector<std::string>& selected) {
    for (const std::string& name : selected) {
      const std::string& problem = running_in(name).problem;
      if (problem.empty() || held_) continue;
      hold(fmt::format("what runs in {} could not be found out: {}", name, problem));
    }
  }

  void hold(const std::string& why) {
    if (!held_) note(fmt::format("{}, so replicas stay where they are", why));
    held_ = true;
  }

  const Running& running_in(const std::string& cluster) const {
    static const Running nothing;
    if (running_ == nullptr) return nothing;
    const auto found = running_->find(cluster);
    return found == running_->end() ? nothing : found->second;
  }

  Schedule plan(const std::vector<std::string>& selected) const {
    ScheduleRequest request = preference_.request();
    for (const std::string& name : selected) {
      const Running& running = running_in(name);
      request.candidates.push_back({name, running.current, running.capacity});
    }
    return schedule(request);
  }

  /// What each cluster gets for now; empty where that is all it is to get.
  std::vector<std::int64_t> step(const Schedule& planned) const {
    if (!preference_.max_shift || held_) return {};
    std::vector<Shift> shifts;
    for (const Share& share : planned.shares) {
      const Running& running = running_in(share.cluster);
      shifts.push_back({running.replicas, running.ready, share.written()});
    }
    return next_step(shifts, *preference_.max_shift);
  }

  void settle(const Schedule& planned, const std::vector<std::int64_t>& now) {
    for (std::size_t i = 0; i < planned.shares.size(); ++i) {
      const Share& share = planned.shares[i];
      auto scheduled = std::make_shared<Scheduled>();
      scheduled->preference = preference_.manifest;
      scheduled->wanted = share.written();
      scheduled->replicas = now.empty() ? share.written() : now[i];
      scheduled->held = held_;
      scheduled->reason = fmt::format("by preference {}: {}", preference_.name, reason_of(share, planned.total_weight));
      if (share.overflow > 0) scheduled->reason += fmt::format(", {} more once there is room", share.overflow);
      if (scheduled->replicas != scheduled->wanted)
        scheduled->reason += fmt::format("; a step towards {}, at most {} at once", scheduled->wanted, *preference_.max_shift);
      result_.clusters[share.cluster] = std::move(scheduled);
    }
  }

  void note_rest(const Schedule& planned, const Reaches& reaches) {
    std::int64_t minimums = 0;
    std::vector<std::string> lost;
    for (const Share& share : planned.shares) {
      minimums += share.preference ? share.preference->minimum : 0;
      if (share.overflow > 0 || share.capacity) note_capacity(share);
      if (share.written() > 0 && !reaches(share.cluster)) lost.push_back(fmt::format("{} of {}", share.written(), share.cluster));
    }
    if (minimums > preference_.total)
      note(fmt::format("the minimums come to {} and totalReplicas is {}, so not every minimum is reached", minimums, preference_.total));
    if (const std::string text = unplaced_text(planned, preference_.total); !text.empty()) note(text);
    if (!lost.empty())
      note(fmt::format(
          "replicas that will not run, since the namespace {} is not placed there: {}; intersectWithClusterSelector leaves such "
          "clusters out",
          preference_.name_space, text::join(lost, ", ")));
  }

  void note_capacity(const Share& share) {
    note(fmt::format("{} has room for {}{}", share.cluster, *share.capacity,
                     share.overflow > 0 ? fmt::format(", so {} of its share go to the others", share.overflow) : ""));
  }

  void note(const std::string& message) {
    result_.notices.push_back(
        fmt::format("{}: {}: {}", preference_.manifest->place(), kube::to_string(kube::key_of(preference_.manifest->object)), message));
  }

  const Preference& preference_;
  const FederatedObject& target_;
  const fleet::Fleet& fleet_;
  const Observation& observation_;
  const std::map<std::string, Running>* running_ = nullptr;
  TargetSchedule result_;
  bool held_ = false;
};

}  // namespace

bool TargetSchedule::has_more_steps() const {
  return std::ranges::any_of(clusters, [](const auto& entry) { return entry.second->replicas != entry.second->wanted; });
}

std::string target_name(const std::string& kind, const std::string& name_space, const std::string& name) {
  return fmt::format("{} {}/{}", kind, name_space, name);
}

Result<std::optional<TargetSchedule>> schedule_target(const Preference& preference, const FederatedObject& target,
                                                      const fleet::Fleet& fleet, const Observation& observation, const Reaches& reaches) {
  return Scheduler{preference, target, fleet, observation}.run(reaches);
}

}  // namespace fedctl::federation
