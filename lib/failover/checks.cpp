#include "failover/checks.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/url.hpp"
#include "failover/survey.hpp"
#include "federation/type_table.hpp"
#include "fleet/health.hpp"
#include "http/leave.hpp"
#include "kube/answer.hpp"
#include "kube/status.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <functional>

namespace fedctl::failover {
namespace {

using nlohmann::json;

kube::Resource pods() { return {.group = "", .version = "v1", .kind = "Pod", .plural = "pods"}; }

Task<Result<http::Response>> get(http::Loop& loop, std::string url, std::string ca_file, bool insecure, time::Duration timeout) {
  http::Endpoint endpoint{.url = url, .connect_timeout = timeout, .request_timeout = timeout};
  endpoint.tls.insecure = insecure;
  if (!ca_file.empty()) {
    auto pem = file::read(file::expand_home(ca_file), file::small_and_regular);
    if (!pem) co_return Failure{pem.error()};
    endpoint.tls.ca_pem = std::move(*pem);
  }
  http::Request request;
  request.headers.push_back("Connection: close");
  co_return co_await loop.transfer(endpoint, request);
}

CheckAnswer no_vote(Error error) { return {std::move(error), false}; }

/// Credentials that are not taken say that the server is there, and nothing of how it is. What cannot even be asked, by a connection string
/// that is none or a certificate that cannot be read, says nothing at all.
CheckAnswer vote_of(std::optional<Error> problem) {
  const bool is_ours =
      problem && (problem->code == Code::unauthorized || problem->code == Code::forbidden || problem->code == Code::invalid_input);
  return {std::move(problem), !is_ours};
}

Task<CheckAnswer> check_http(Site& site, Check check, std::string cluster) {
  const std::string url = check.urls.at(cluster);
  if (!check.ca_file.empty()) {
    const auto readable = file::read(file::expand_home(check.ca_file), file::small_and_regular);
    if (!readable) co_return no_vote(readable.error());
  }
  const auto response = co_await get(*site.loop, url, check.ca_file, check.insecure, check.timeout);
  if (!response) co_return vote_of(response.error());
  const bool is_good = check.status.empty() ? response->status >= 200 && response->status < 400
                                            : std::ranges::find(check.status, response->status) != check.status.end();
  if (is_good) co_return CheckAnswer{};
  Error error{
      .code = Code::rejected, .message = fmt::format("{} answers {}", url::without_password(url), response->status), .cluster = cluster};
  co_return CheckAnswer{std::move(error)};
}

Task<CheckAnswer> check_database(Site& site, Check check, std::string cluster, KnownConnections& known) {
  auto connection = co_await connection_of(site, cluster);
  if (connection) known[cluster] = std::move(*connection);
  const auto kept = known.find(cluster);
  if (kept == known.end()) co_return no_vote(in_cluster(connection.error(), cluster));
  std::function<Result<data::Standing>()> work = [text = kept->second, count = site.policy.postgres->count_query, timeout = check.timeout] {
    return data::look(text, count, data::deadline_in(timeout));
  };
  const auto looked = co_await http::offload_or_leave<Result<data::Standing>>(*site.loop, std::move(work));
  Error interrupted{Code::cancelled, "interrupted"};
  if (!looked) co_return no_vote(std::move(interrupted));
  const Result<data::Standing>& standing = *looked;
  if (!standing) {
    CheckAnswer answer = vote_of(in_cluster(standing.error(), cluster));
    answer.is_proof = answer.is_vote && data::is_refused(standing.error());
    co_return answer;
  }
  if (standing->is_writable()) co_return CheckAnswer{};
  Error error{.code = Code::rejected,
              .message = standing->in_recovery ? "its database is a standby" : "its database takes no writes",
              .cluster = cluster};
  co_return CheckAnswer{std::move(error)};
}

/// The replicas that are available of those that the targets ask for, together.
Task<std::optional<Error>> check_workload(Site& site, Check check, std::string cluster) {
  kube::Client& client = *site.client(cluster);
  std::int64_t wanted = 0;
  std::int64_t available = 0;
  for (const Target& target : site.policy.targets) {
    const auto type = site.type_table.target_of(target.kind);
    if (!type) continue;
    http::Request request{.timeout = check.timeout, .repeatable = false};
    const kube::Resource resource = site.type_table.resource_of(type->type);
    request.path = resource.path(target.name_space, target.name);
    request.headers.push_back("Accept: application/json");
    const auto response = co_await client.send(std::move(request));
    if (!response) co_return in_cluster(response.error(), cluster);
    if (response->status >= 400) co_return in_cluster(kube::error_from(*response), cluster);
    const json live = parse_json(response->body);
    if (const auto problem = kube::problem_of_object(live, resource, {target.name, target.name_space}))
      co_return in_cluster(*problem, cluster);
    wanted += kube::integer_in(live, "/spec/replicas", 1);
    available += kube::integer_in(live, "/status/availableReplicas", kube::integer_in(live, "/status/readyReplicas", 0));
  }
  if (wanted == 0 || available * 100 >= wanted * check.min_available) co_return std::nullopt;
  co_return Error{.code = Code::rejected,
                  .message = fmt::format("{} of {} replicas are available, less than {}%", available, wanted, check.min_available),
                  .cluster = cluster};
}

/// A Pod that asks once, and whose end says what it found.
json probe_pod(const Vantage& vantage, const std::string& name, const std::string& url, time::Duration timeout) {
  json container{{"name", "probe"}, {"image", vantage.image}};
  const auto seconds = std::max<std::int64_t>(1, timeout.count() / 1000);
  container["command"] = json::array({"curl", "-fsS", "-o", "/dev/null", "--max-time", std::to_string(seconds), url});
  json pod{{"apiVersion", "v1"}, {"kind", "Pod"}};
  pod["metadata"] = json{{"name", name}, {"namespace", vantage.name_space}};
  pod["metadata"]["labels"] = json{{"app.kubernetes.io/managed-by", "fedctl"}};
  pod["spec"] = json{{"restartPolicy", "Never"}, {"activeDeadlineSeconds", seconds * 3 + 10}};
  pod["spec"]["containers"] = json::array({container});
  return pod;
}

Task<View> view_of_pod(Site& site, Vantage vantage, std::string cluster, time::Duration timeout) {
  const auto check = std::ranges::find(site.policy.health.checks, Check::Kind::http, &Check::kind);
  kube::Client* client = site.client(vantage.cluster);
  if (check == site.policy.health.checks.end() || client == nullptr) co_return View::unknown;
  const auto stamp = std::chrono::system_clock::now().time_since_epoch().count();
  const std::string name = fmt::format("fedctl-probe-{}", stamp);
  json pod = probe_pod(vantage, name, check->urls.at(cluster), timeout);
  const auto created = co_await client->create(pods(), std::move(pod));
  if (!created) co_return View::unknown;
  View view = View::unknown;
  const auto deadline = std::chrono::steady_clock::now() + timeout * 3;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto live = co_await client->get(pods(), vantage.name_space, name);
    const std::string phase = live ? kube::string_at(kube::map_at(*live, "status"), "phase") : "";
    if (phase == "Succeeded") view = View::up;
    if (phase == "Failed") view = View::down;
    if (view != View::unknown) break;
    const http::Rest rest = co_await http::rest(*site.loop, time::Duration{200});
    if (rest == http::Rest::interrupted) break;
  }
  const kube::DeleteOptions options;
  co_await client->remove(pods(), vantage.name_space, name, options);
  co_return view;
}

}  // namespace

Task<CheckAnswer> ask_check(Site& site, Check check, std::string cluster, KnownConnections& known) {
  switch (check.kind) {
    case Check::Kind::api_server: {
      const fleet::Answer answer = co_await fleet::ask_health(*site.client(cluster), check.timeout);
      co_return vote_of(answer.problem);
    }
    case Check::Kind::workload: {
      auto problem = co_await check_workload(site, check, cluster);
      co_return vote_of(std::move(problem));
    }
    case Check::Kind::http: co_return co_await check_http(site, check, cluster);
    case Check::Kind::postgres: break;
  }
  co_return co_await check_database(site, check, cluster, known);
}

Task<std::optional<Error>> run_check(Site& site, Check check, std::string cluster) {
  KnownConnections none;
  auto answer = co_await ask_check(site, check, cluster, none);
  co_return std::move(answer.problem);
}

Task<std::vector<CheckResult>> run_checks(Site& site, std::string cluster) {
  std::vector<Task<std::optional<Error>>> asked;
  for (const Check& check : site.policy.health.checks) asked.push_back(run_check(site, check, cluster));
  auto problems = co_await when_all(std::move(asked));
  std::vector<CheckResult> results;
  for (std::size_t i = 0; i < problems.size(); ++i) {
    CheckResult result{.name = site.policy.health.checks[i].name, .problem = std::move(problems[i])};
    results.push_back(std::move(result));
  }
  co_return results;
}

Task<View> ask_vantage(Site& site, Vantage vantage, std::string cluster, time::Duration timeout) {
  if (vantage.url.empty()) co_return co_await view_of_pod(site, vantage, cluster, timeout);
  const auto response = co_await get(*site.loop, vantage.url, "", false, timeout);
  if (!response) co_return View::unknown;
  if (response->status >= 200 && response->status < 300) co_return View::up;
  co_return response->status == 503 ? View::down : View::unknown;
}

}  // namespace fedctl::failover
