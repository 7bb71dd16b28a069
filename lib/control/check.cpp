#include "control/check.hpp"

#include "base/gate.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::control {
namespace {

using nlohmann::json;

Task<Result<Checked>> check_one(Host host, kube::Client& member, json object, bool malformed) {
  Checked checked{.cluster = kube::name_of(object)};
  checked.health = co_await fleet::probe(member, "");
  if (host.client->loop().interrupted()) co_return Failure{{Code::cancelled, "interrupted"}};
  const std::string now = time::format_instant(std::chrono::system_clock::now());
  checked.status = cluster_status(checked.health, malformed, kube::map_at(object, "status"), now);
  const auto written = co_await write_status(host, checked.cluster, checked.status);
  if (!written) co_return Failure{written.error()};
  co_return checked;
}

}  // namespace

Task<Result<std::vector<Checked>>> check_clusters(Host host, fleet::ConnectOptions options, std::vector<std::string> only) {
  const auto members = co_await read_members(host, options);
  if (!members) co_return Failure{members.error()};
  const std::vector<std::string> names = members->fleet.names();
  for (const std::string& name : only) {
    if (std::ranges::find(names, name) != names.end()) continue;
    co_return Failure{{.code = Code::not_found,
                       .message = fmt::format("the cluster {} is not joined{}", name, text::did_you_mean(name, names)),
                       .cluster = host.client->cluster()}};
  }
  Turnstile turnstile{clusters_at_once};
  std::vector<Task<Result<Checked>>> tasks;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool is_wanted = only.empty() || std::ranges::find(only, names[i]) != only.end();
    if (!is_wanted) continue;
    tasks.push_back(in_turn(turnstile, check_one(host, *members->clients[i], members->objects[i], members->malformed[i])));
  }
  auto done = co_await when_all(std::move(tasks));
  std::vector<Checked> all;
  for (auto& one : done) {
    if (!one) co_return Failure{one.error()};
    all.push_back(std::move(*one));
  }
  co_return all;
}

}  // namespace fedctl::control
