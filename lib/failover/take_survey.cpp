#include "failover/take_survey.hpp"

#include "failover/guard_place.hpp"
#include "failover/side_database.hpp"
#include "fleet/health.hpp"

#include <algorithm>

namespace fedctl::failover {
namespace {

enum class Asked { no, yes };

Task<Done> survey_side(Site& site, SideSurvey& side, Asked asked, time::Duration timeout) {
  if (!site.policy.postgres) co_return Done{};
  const auto database = database_of(site, side.cluster);
  side.addresses = co_await database->addresses();
  if (asked == Asked::no) co_return Done{};
  auto examined = co_await database->examine(timeout);
  if (examined) {
    side.database = std::move(examined->standing);
    side.checkup = std::move(examined->checkup);
  } else {
    side.database_problem = in_cluster(examined.error(), side.cluster);
  }
  co_return Done{};
}

Task<Done> glance_into(Site& site, SideSurvey& side, time::Duration timeout) {
  auto standing = co_await glance_at_database(site, side.cluster, timeout);
  if (standing) side.database = std::move(*standing);
  co_return Done{};
}

Task<Done> survey_guard(Site& site, SideSurvey& side) {
  const GuardPlace place = guard_place(site, side.cluster);
  if (place.host == nullptr || !site.policy.fencing.guard_ttl) co_return Done{};
  auto lease = co_await read_guard(place);
  if (lease) side.guard = std::move(*lease);
  co_return Done{};
}

Task<Done> survey_api(kube::Client& client, std::optional<Error>& problem, SurveyOptions options) {
  const fleet::Answer answer =
      co_await fleet::ask_health(client, client.cluster() == options.silent_api ? options.silent_timeout : options.timeout);
  problem = answer.problem;
  co_return Done{};
}

Task<Done> survey_dns(Site& site, Survey& result) {
  // Where the record follows health checks, its provider's control plane is not needed, and may be what is down.
  if (!site.dns || site.dns->follows_health()) co_return Done{};
  auto answer = co_await site.dns->current(site.policy.dns->record);
  if (answer) {
    result.dns = std::move(*answer);
  } else {
    result.dns_problem = answer.error();
  }
  co_return Done{};
}

/// The host may be one of the clusters by another name.
bool is_same_server(const kube::Client& one, const kube::Client& other) { return one.endpoint().url == other.endpoint().url; }

}  // namespace

Task<Survey> survey(Site& site, SurveyOptions options) {
  Survey result;
  std::vector<kube::Client*> clients;
  for (const auto& client : site.clients) clients.push_back(client.get());
  if (site.host) {
    const auto same = std::ranges::find_if(clients, [&](const kube::Client* one) { return is_same_server(*one, *site.host->client); });
    if (same == clients.end()) {
      clients.push_back(site.host->client);
    } else {
      result.host_side = (*same)->cluster();
    }
  }
  std::vector<std::optional<Error>> problems(clients.size());
  for (const std::string& cluster : site.policy.clusters) result.sides.push_back({.cluster = cluster});
  std::vector<Task<Done>> tasks;
  for (std::size_t i = 0; i < clients.size(); ++i) tasks.push_back(survey_api(*clients[i], problems[i], options));
  for (SideSurvey& side : result.sides) {
    const bool is_silent = side.cluster == options.silent_database;
    tasks.push_back(survey_side(site, side, Asked::yes, is_silent ? options.silent_timeout : options.timeout));
    tasks.push_back(survey_guard(site, side));
  }
  if (options.dns) tasks.push_back(survey_dns(site, result));
  co_await when_all(std::move(tasks));
  result.clusters = clients.size();
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (!problems[i]) ++result.reachable;
    for (SideSurvey& side : result.sides) {
      if (side.cluster == clients[i]->cluster()) side.api_problem = problems[i];
    }
  }
  co_return result;
}

Task<Survey> survey_databases(Site& site, std::string except, time::Duration timeout) {
  Survey result;
  for (const std::string& cluster : site.policy.clusters) result.sides.push_back({.cluster = cluster});
  std::vector<Task<Done>> tasks;
  for (SideSurvey& side : result.sides) {
    const Asked asked = side.cluster == except ? Asked::no : Asked::yes;
    tasks.push_back(survey_side(site, side, asked, timeout));
  }
  co_await when_all(std::move(tasks));
  co_return result;
}

Task<Survey> glance_at_standbys(Site& site, std::string from, time::Duration timeout) {
  Survey found;
  for (const std::string& cluster : site.policy.clusters) {
    if (cluster != from) found.sides.push_back({.cluster = cluster});
  }
  std::vector<Task<Done>> looks;
  for (SideSurvey& side : found.sides) looks.push_back(glance_into(site, side, timeout));
  co_await when_all(std::move(looks));
  co_return found;
}

}  // namespace fedctl::failover
