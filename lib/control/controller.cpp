#include "control/controller.hpp"

#include "base/time.hpp"

#include <algorithm>
#include <chrono>

namespace fedctl::control {
namespace {

using nlohmann::json;

constexpr const char* election_name = "kubefed-controller-manager";
constexpr const char* election_annotation = "control-plane.alpha.kubernetes.io/leader";

struct Record {
  std::string holder;
  std::string renewed;
  long duration = 0;
};

long seconds_at(const json& spec) { return std::clamp<long>(kube::integer_at(spec, "leaseDurationSeconds", 15), 0, 3600); }

Record record_of(const json& object) {
  const json spec = kube::map_at(object, "spec");
  if (!kube::string_at(spec, "holderIdentity").empty()) {
    return {kube::string_at(spec, "holderIdentity"), kube::string_at(spec, "renewTime"), seconds_at(spec)};
  }
  const json record = parse_json(kube::metadata_entry(object, "annotations", election_annotation));
  return {kube::string_at(record, "holderIdentity"), kube::string_at(record, "renewTime"), seconds_at(record)};
}

/// The object, and what the server's clock said then.
struct Look {
  json object;
  std::string server_time;
};

Task<Result<Look>> look(Host host, kube::Resource resource) {
  http::Request request{.path = resource.path(host.name_space, election_name), .headers = {"Accept: application/json"}};
  const auto response = co_await host.client->send(std::move(request));
  if (!response) co_return Failure{response.error()};
  Look result{.object = json::object()};
  if (response->status < 400) result.object = parse_json(response->body);
  result.server_time = time::format_instant(response->date());
  co_return result;
}

}  // namespace

bool is_renewed(const std::string& renewed, long duration_seconds, const std::string& now) {
  const auto then = time::parse_instant(renewed);
  const auto at = time::parse_instant(now);
  return then && at && *at - *then < std::chrono::seconds{duration_seconds};
}

Task<Result<Controller>> find_controller(Host host) {
  const kube::Resource endpoints{.version = "v1", .kind = "Endpoints", .plural = "endpoints"};
  std::vector<Task<Result<Look>>> tasks;
  for (const kube::Resource& resource : {config_maps(), endpoints, leases()}) tasks.push_back(look(host, resource));
  const auto looks = co_await when_all(std::move(tasks));
  Controller controller;
  for (const auto& one : looks) {
    if (!one) co_return Failure{one.error()};
    const Record record = record_of(one->object);
    if (record.holder.empty() || !is_renewed(record.renewed, record.duration, one->server_time)) continue;
    controller = {true, record.holder};
  }
  co_return controller;
}

}  // namespace fedctl::control
