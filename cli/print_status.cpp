#include "cli/print_status.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/terminal.hpp"
#include "plan/document.hpp"
#include "plan/shared_errors.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>

namespace fedctl::cli {
namespace {

using inspect::ClusterFare;
using inspect::ObjectStatus;
using inspect::Replicas;
using inspect::Sync;
using kube::Readiness;
using nlohmann::json;

struct Row {
  const std::string* cluster;
  const ObjectStatus* status;
};

/// By object, in the order in which they come first.
std::vector<std::pair<kube::ObjectKey, std::vector<Row>>> by_object(const std::vector<ClusterFare>& fares) {
  std::vector<std::pair<kube::ObjectKey, std::vector<Row>>> objects;
  std::map<kube::ObjectKey, std::size_t> position;
  for (const ClusterFare& fare : fares) {
    for (const ObjectStatus& status : fare.objects) {
      const auto [found, is_new] = position.try_emplace(status.key, objects.size());
      if (is_new) objects.push_back({status.key, {}});
      objects[found->second].second.push_back({&fare.cluster, &status});
    }
  }
  return objects;
}

std::string state_of(const ObjectStatus& status) {
  std::string state;
  if (status.readiness) {
    const Readiness& readiness = *status.readiness;
    state = readiness.state == Readiness::State::ready ? "ready" : readiness.state == Readiness::State::failed ? "failed" : "not ready";
    if (!readiness.message.empty()) state += ": " + readiness.message;
  }
  if (status.note.empty()) return state.empty() ? "-" : state;
  return state.empty() ? status.note : state + "; " + status.note;
}

std::vector<std::string> cells(std::string object, std::string cluster, std::string sync, const std::optional<Replicas>& replicas,
                               std::string state) {
  const auto number = [&](long Replicas::*field) { return replicas ? std::to_string((*replicas).*field) : std::string{"-"}; };
  return {std::move(object),          std::move(cluster),       std::move(sync), number(&Replicas::wanted),
          number(&Replicas::current), number(&Replicas::ready), std::move(state)};
}

std::optional<Replicas> total_of(const std::vector<Row>& rows) {
  Replicas total;
  std::size_t parts = 0;
  for (const Row& row : rows) {
    if (!row.status->replicas) continue;
    total.wanted += row.status->replicas->wanted;
    total.current += row.status->replicas->current;
    total.ready += row.status->replicas->ready;
    ++parts;
  }
  return parts > 1 ? std::optional{total} : std::nullopt;
}

bool is_ready(const ObjectStatus& status) { return !status.readiness || status.readiness->state == Readiness::State::ready; }

struct Count {
  std::map<std::string_view, std::size_t> syncs;
  std::size_t objects = 0;
  std::size_t not_ready = 0;
  std::size_t unknown_clusters = 0;
};

Count count(const std::vector<ClusterFare>& fares) {
  Count count;
  for (const ClusterFare& fare : fares) {
    if (fare.problem) ++count.unknown_clusters;
    for (const ObjectStatus& status : fare.objects) {
      ++count.objects;
      ++count.syncs[to_string(status.sync)];
      if (!is_ready(status)) ++count.not_ready;
    }
  }
  return count;
}

std::string summary_line(const Count& count) {
  std::string line = fmt::format("Status: {}", text::count(count.objects, "object"));
  for (const auto& [sync, number] : count.syncs) line += fmt::format(", {} {}", number, sync);
  if (count.not_ready > 0) line += fmt::format("; {} not ready", count.not_ready);
  if (count.unknown_clusters > 0) line += fmt::format("; {} unknown", text::count(count.unknown_clusters, "cluster"));
  return line + ".";
}

json to_document(const ObjectStatus& status) {
  json object{{"group", status.key.group},
              {"kind", status.key.kind},
              {"namespace", status.key.name_space},
              {"name", status.key.name},
              {"sync", to_string(status.sync)}};
  if (status.readiness) {
    object["ready"] = status.readiness->state == Readiness::State::ready;
    if (!status.readiness->message.empty()) object["message"] = status.readiness->message;
  }
  if (!status.note.empty()) object["note"] = status.note;
  if (status.replicas) {
    object["replicas"] = {{"wanted", status.replicas->wanted}, {"current", status.replicas->current}, {"ready", status.replicas->ready}};
  }
  return object;
}

}  // namespace

std::vector<std::string> status_lines(const std::vector<ClusterFare>& fares) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, parts] : by_object(fares)) {
    for (const Row& row : parts) {
      const bool is_first = row.status == parts.front().status;
      rows.push_back(cells(is_first ? kube::to_string(key) : "", *row.cluster, std::string{to_string(row.status->sync)},
                           row.status->replicas, state_of(*row.status)));
    }
    if (const auto total = total_of(parts)) rows.push_back(cells("", "(all)", "", total, ""));
  }
  std::vector<std::string> lines;
  if (!rows.empty()) lines = text::split(table({"OBJECT", "CLUSTER", "SYNC", "WANTED", "CURRENT", "READY", "STATE"}, rows), '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  for (const ClusterFare& fare : fares) {
    if (fare.problem)
      lines.push_back(text::printable(fmt::format("{}: unknown ({}): {}", fare.cluster, to_string(fare.problem->code),
                                                  text::shortened(fare.problem->message, longest_message))));
  }
  std::vector<plan::ClusterErrors> errors;
  for (const ClusterFare& fare : fares) errors.push_back({fare.cluster, fare.errors});
  for (const Error& error : plan::shared_errors(errors, fares.size())) lines.push_back("error: " + describe(error));
  lines.push_back("");
  lines.push_back(summary_line(count(fares)));
  return lines;
}

json status_document(const std::vector<ClusterFare>& fares) {
  json clusters = json::array();
  for (const ClusterFare& fare : fares) {
    json cluster{{"name", fare.cluster}, {"errors", json::array()}, {"objects", json::array()}};
    if (fare.problem) cluster["problem"] = plan::to_document(*fare.problem);
    for (const Error& error : fare.errors) cluster["errors"].push_back(plan::to_document(error));
    for (const ObjectStatus& status : fare.objects) cluster["objects"].push_back(to_document(status));
    clusters.push_back(std::move(cluster));
  }
  const Count all = count(fares);
  json syncs = json::object();
  for (const auto& [sync, number] : all.syncs) syncs[std::string{sync}] = number;
  return {{"apiVersion", "fedctl.io/v1alpha1"},
          {"kind", "FleetStatus"},
          {"clusters", std::move(clusters)},
          {"summary",
           {{"objects", all.objects}, {"sync", std::move(syncs)}, {"notReady", all.not_ready}, {"unknownClusters", all.unknown_clusters}}}};
}

bool is_all_well(const std::vector<ClusterFare>& fares) {
  return std::ranges::all_of(fares, [](const ClusterFare& fare) {
    return !fare.problem && fare.errors.empty() &&
           std::ranges::all_of(fare.objects, [](const ObjectStatus& status) { return status.sync == Sync::synced && is_ready(status); });
  });
}

}  // namespace fedctl::cli
