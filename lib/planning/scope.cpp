#include "planning/scope.hpp"

#include "base/text.hpp"
#include "control/member.hpp"
#include "control/names.hpp"
#include "inspect/observe.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

namespace fedctl::planning {
namespace {

using nlohmann::json;

/// What of the host every plan needs.
struct HostState {
  control::Config config;
  std::vector<control::FederatedType> types;
  control::Controller controller;
  control::Members members;
  json kube_system;
};

/// One of the reads that can go out at once.
template <typename T>
Task<Result<Done>> into(Task<Result<T>> task, T& target) {
  auto result = co_await task;
  if (!result) co_return Failure{result.error()};
  target = std::move(*result);
  co_return Done{};
}

Task<Result<HostState>> read_host(control::Host host, fleet::ConnectOptions options) {
  HostState state;
  std::vector<Task<Result<Done>>> reads;
  reads.push_back(into(control::read_config(host), state.config));
  reads.push_back(into(control::read_types(host), state.types));
  reads.push_back(into(control::find_controller(host), state.controller));
  reads.push_back(into(control::read_members(host, options), state.members));
  reads.push_back(into(host.client->get(control::namespaces(), "", "kube-system", true), state.kube_system));
  const auto done = co_await when_all(std::move(reads));
  for (const auto& one : done) {
    if (!one) co_return Failure{one.error()};
  }
  co_return state;
}

/// Since when the host says that a cluster is not ready. What nobody has looked at for long does not count.
std::optional<time::Instant> unready_since(const json& cluster) {
  for (const json& condition : kube::list_at(kube::map_at(cluster, "status"), "conditions")) {
    const std::string type = kube::string_at(condition, "type");
    const bool is_unready = (type == "Offline" && kube::string_at(condition, "status") == "True") ||
                            (type == "Ready" && kube::string_at(condition, "status") != "True");
    const auto since = time::parse_instant(kube::string_at(condition, "lastTransitionTime"));
    const auto seen = time::parse_instant(kube::string_at(condition, "lastProbeTime"));
    const bool counts = seen && std::chrono::system_clock::now() - *seen <= inspect::longest_gap;
    if (is_unready && counts && since) return since;
  }
  return std::nullopt;
}

bool is_among(const std::vector<std::string>& names, const std::string& name) { return std::ranges::find(names, name) != names.end(); }

Result<void> check_members(const std::vector<std::string>& names, const std::vector<std::string>& only) {
  for (const std::string& name : only) {
    if (is_among(names, name)) continue;
    return Failure{{.code = Code::usage,
                    .message = fmt::format("--cluster {}: no such cluster is joined{}", name, text::did_you_mean(name, names)),
                    .hint = names.empty() ? "none is" : "joined are " + text::listed(names)}};
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const Scope>> offline_fleet(fleet::Fleet fleet, const std::vector<std::string>& only) {
  auto chosen = fleet::narrowed(fleet, only);
  if (!chosen) return Failure{chosen.error()};
  return std::make_shared<const Scope>(Scope{.all = std::move(fleet), .chosen = std::move(*chosen)});
}

Result<std::shared_ptr<const Scope>> open_fleet(http::Loop& loop, fleet::Fleet fleet, const std::vector<std::string>& only,
                                                const fleet::ConnectOptions& options) {
  auto chosen = fleet::narrowed(fleet, only);
  if (!chosen) return Failure{chosen.error()};
  auto clients = fleet::connect(loop, *chosen, options);
  if (!clients) return Failure{clients.error()};
  return std::make_shared<const Scope>(
      Scope{.all = std::move(fleet), .chosen = std::move(*chosen), .clients = std::move(*clients), .connect = options});
}

Result<std::shared_ptr<const Scope>> open_host(http::Loop& loop, control::Host host, const std::vector<std::string>& only,
                                               const fleet::ConnectOptions& options) {
  auto state = loop.run(read_host(host, options));
  if (!state) return Failure{state.error()};
  if (auto checked = check_members(state->members.fleet.names(), only); !checked) return Failure{checked.error()};
  Scope scope{.all = std::move(state->members.fleet)};
  scope.host = HostScope{.host = std::move(host),
                         .config = std::move(state->config),
                         .types = std::move(state->types),
                         .controller = std::move(state->controller),
                         .uid = kube::uid_of(state->kube_system)};
  for (const json& object : state->members.objects) {
    if (const auto since = unready_since(object)) scope.host->unready_since.emplace(kube::name_of(object), *since);
  }
  for (std::size_t i = 0; i < scope.all.clusters.size(); ++i) {
    const fleet::Cluster& cluster = scope.all.clusters[i];
    const bool is_chosen = only.empty() || is_among(only, cluster.name);
    if (is_chosen) scope.chosen.clusters.push_back(cluster);
    (is_chosen ? scope.clients : scope.members_left_out).push_back(std::move(state->members.clients[i]));
  }
  return std::make_shared<const Scope>(std::move(scope));
}

}  // namespace fedctl::planning
