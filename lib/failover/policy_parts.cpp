#include "failover/policy_parts.hpp"

#include "base/text.hpp"
#include "base/url.hpp"
#include "failover/quorum.hpp"
#include "failover/read_replication.hpp"
#include "traffic/resolve.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>

namespace fedctl::failover {
namespace {

using nlohmann::json;

void check_cluster(const Fields& fields, const std::string& key, const std::string& cluster, const std::vector<std::string>& clusters) {
  if (std::ranges::find(clusters, cluster) == clusters.end())
    fields.fail(key, fmt::format("'{}' is none of the policy's clusters{}", cluster, text::did_you_mean(cluster, clusters)));
}

/// A map that has an entry for each cluster of the policy, and no other.
void check_sides(const Fields& fields, const std::vector<std::string>& given, const std::vector<std::string>& clusters,
                 const std::string& what) {
  for (const std::string& cluster : given) check_cluster(fields, cluster, cluster, clusters);
  for (const std::string& cluster : clusters) {
    if (std::ranges::find(given, cluster) == given.end()) fields.fail("", fmt::format("there is no {} for {}", what, cluster));
  }
}

SecretSource read_source(const Fields& parent, const std::string& key, const std::string& name_space) {
  Fields fields = parent.child(key);
  fields.only({"env", "secret"});
  SecretSource source;
  if (fields.has("env") == fields.has("secret")) fields.fail("", fmt::format("'{}' needs either env or secret", key));
  source.environment = fields.text("env");
  if (!fields.has("secret")) return source;
  Fields secret = fields.child("secret");
  secret.only({"name", "namespace", "key", "cluster"}).need("name").need("key");
  source.name = secret.text("name");
  source.name_space = secret.text("namespace", name_space);
  source.key = secret.text("key");
  source.cluster = secret.text("cluster");
  return source;
}

std::map<std::string, std::string> read_urls(const Fields& fields, const std::vector<std::string>& clusters) {
  std::map<std::string, std::string> urls;
  if (fields.has("urls")) {
    urls = fields.table("urls");
    std::vector<std::string> given;
    for (const auto& [cluster, url] : urls) given.push_back(cluster);
    check_sides(fields.child("urls"), given, clusters, "url");
  } else if (fields.has("url")) {
    const std::string pattern = fields.text("url");
    const auto at = pattern.find("{cluster}");
    if (at == std::string::npos) fields.fail("url", "one url for all clusters needs {cluster} in it; or name each cluster's under urls");
    for (const std::string& cluster : clusters) {
      std::string url = pattern;
      if (at != std::string::npos) url.replace(at, 9, cluster);
      urls[cluster] = url;
    }
  } else {
    fields.fail("", "an http check needs url or urls");
  }
  for (const auto& [cluster, url] : urls) {
    if (!url::is_http(url)) fields.fail("", fmt::format("'{}' is no http or https url", url::without_password(url)));
  }
  return urls;
}

Check read_check(Fields item, const Check& defaults, const Policy& policy, std::size_t number) {
  const std::vector<std::pair<std::string, Check::Kind>> kinds{{"apiServer", Check::Kind::api_server},
                                                               {"workload", Check::Kind::workload},
                                                               {"http", Check::Kind::http},
                                                               {"postgres", Check::Kind::postgres}};
  item.only({"name", "apiServer", "workload", "http", "postgres", "interval", "timeout", "failureThreshold", "successThreshold"});
  Check check = defaults;
  int given = 0;
  for (const auto& [key, kind] : kinds) {
    if (!item.has(key)) continue;
    ++given;
    check.kind = kind;
    Fields of_kind = item.child(key);
    if (kind == Check::Kind::workload) {
      of_kind.only({"minAvailable"});
      check.min_available = of_kind.percent("minAvailable", check.min_available);
    } else if (kind == Check::Kind::http) {
      of_kind.only({"url", "urls", "status", "caFile", "insecure"});
      check.urls = read_urls(of_kind, policy.clusters);
      const json status = of_kind.raw("status");
      if (status.is_number_integer()) check.status.push_back(status.get<long>());
      if (status.is_array()) {
        for (const json& one : status) {
          if (one.is_number_integer()) check.status.push_back(one.get<long>());
        }
      }
      if (of_kind.has("status") && check.status.empty()) of_kind.fail("status", "'status' is a number such as 200, or a list of them");
      check.ca_file = of_kind.text("caFile");
      check.insecure = of_kind.flag("insecure", false);
    } else {
      of_kind.only({});
    }
  }
  if (given != 1) item.fail("", "a check is one of apiServer, workload, http, postgres");
  if (check.kind == Check::Kind::postgres && !policy.postgres) item.fail("", "a postgres check needs spec.database.postgres");
  check.name = item.text("name", fmt::format("{}-{}", to_string(check.kind), number));
  check.interval = item.duration("interval", check.interval);
  check.timeout = item.duration("timeout", check.timeout);
  check.failure_threshold = static_cast<int>(item.number("failureThreshold", check.failure_threshold, 1));
  check.success_threshold = static_cast<int>(item.number("successThreshold", check.success_threshold, 1));
  if (check.interval.count() < 50) item.fail("interval", "an interval is at least 50ms");
  return check;
}

std::vector<Vantage> read_vantages(const Fields& health, const std::string& name_space) {
  std::vector<Vantage> vantages;
  for (Fields& item : health.items("vantages")) {
    item.only({"url", "cluster", "image", "namespace"});
    if (item.has("url") == item.has("cluster")) item.fail("", "a vantage is either a url or a cluster");
    if (item.has("url") && !url::is_http(item.text("url"))) item.fail("url", "a vantage's url begins with http:// or https://");
    vantages.push_back({item.text("url"), item.text("cluster"), item.text("image", "curlimages/curl"), item.text("namespace", name_space)});
  }
  return vantages;
}

}  // namespace

std::string_view to_string(Check::Kind kind) {
  switch (kind) {
    case Check::Kind::api_server: return "apiServer";
    case Check::Kind::workload: return "workload";
    case Check::Kind::http: return "http";
    case Check::Kind::postgres: break;
  }
  return "postgres";
}

std::string source_of(const Check& check) {
  if (check.kind == Check::Kind::workload) return std::string{to_string(Check::Kind::api_server)};
  return std::string{to_string(check.kind)};
}

Action read_action(const Fields& fields, time::Duration longest) {
  Action action{fields.texts("command"), fields.duration("timeout", longest)};
  if (fields.has("command") && action.command.empty()) fields.fail("command", "'command' is a list: the program, then its arguments");
  return action;
}

Health read_health(Fields fields, const Policy& policy) {
  fields.only({"interval", "timeout", "failureThreshold", "successThreshold", "agree", "tolerate", "cooldown", "checks", "vantages"});
  Check defaults;
  defaults.interval = fields.duration("interval", defaults.interval);
  defaults.timeout = fields.duration("timeout", defaults.timeout);
  defaults.failure_threshold = static_cast<int>(fields.number("failureThreshold", defaults.failure_threshold, 1));
  defaults.success_threshold = static_cast<int>(fields.number("successThreshold", defaults.success_threshold, 1));
  Health health;
  health.agree = static_cast<int>(fields.number("agree", health.agree, 2));
  health.tolerate = fields.duration("tolerate", health.tolerate);
  health.cooldown = fields.duration("cooldown", health.cooldown);
  std::size_t number = 0;
  for (Fields& item : fields.items("checks")) health.checks.push_back(read_check(std::move(item), defaults, policy, ++number));
  if (!fields.has("checks")) {
    Check check = defaults;
    check.name = "apiServer";
    health.checks.push_back(check);
    check.kind = Check::Kind::postgres;
    check.name = "postgres";
    if (policy.postgres) health.checks.push_back(check);
  }
  std::set<std::string> sources;
  for (const Check& check : health.checks) sources.insert(source_of(check));
  if (sources.size() < static_cast<std::size_t>(health.agree)) {
    fields.fail("",
                fmt::format("the checks are {} independent signal{}, and {} must agree", sources.size(), sources.size() == 1 ? "" : "s",
                            health.agree),
                "apiServer and workload are one signal; add an http or postgres check");
  }
  health.vantages = read_vantages(fields, policy.name_space);
  return health;
}

Fencing read_fencing(Fields fields, const std::string& name_space) {
  fields.only({"guard", "scale", "exec", "proceedUnfencedAfter"});
  Fencing fencing;
  if (fields.has("guard")) {
    Fields guard = fields.child("guard");
    guard.only({"ttl", "failsafe"});
    fencing.guard_ttl = guard.duration("ttl", time::Duration{30'000});
    fencing.guard_failsafe = guard.flag("failsafe", fencing.guard_failsafe);
    if (fencing.guard_ttl->count() < 1000) guard.fail("ttl", "a guard's ttl is at least 1s");
  }
  for (Fields& item : fields.items("scale")) {
    item.only({"kind", "name", "namespace"}).need("kind").need("name");
    const std::string kind = item.text("kind");
    if (kind != "Deployment" && kind != "StatefulSet") item.fail("kind", "only a Deployment or StatefulSet can be scaled to zero");
    fencing.scale.push_back({kind, item.text("name"), item.text("namespace", name_space)});
  }
  if (fields.has("exec")) {
    Fields exec = fields.child("exec");
    fencing.exec = read_action(exec.only({"command", "timeout"}).need("command"));
  }
  fencing.proceed_unfenced_after = fields.duration("proceedUnfencedAfter");
  return fencing;
}

namespace {

data::Address read_address(Fields fields) {
  fields.only({"host", "port"}).need("host");
  return {text::lower(fields.text("host")), std::to_string(fields.number("port", 5432, 1))};
}

}  // namespace

Postgres read_database(Fields fields, const std::vector<std::string>& clusters, const std::string& name_space) {
  fields.only({"postgres"}).need("postgres");
  Fields all = fields.child("postgres");
  all.only({"sides", "maxLagBytes", "maxLookAge", "catchUpTimeout", "promoteTimeout", "count", "promote", "replication"}).need("sides");
  Postgres postgres;
  postgres.max_lag_bytes = all.bytes("maxLagBytes").value_or(postgres.max_lag_bytes);
  postgres.max_look_age = all.duration("maxLookAge", postgres.max_look_age);
  postgres.catch_up_timeout = all.duration("catchUpTimeout", postgres.catch_up_timeout);
  postgres.promote_timeout = all.duration("promoteTimeout", postgres.promote_timeout);
  postgres.count_query = all.text("count");
  if (all.has("promote")) {
    Fields promote = all.child("promote");
    postgres.promote = read_action(promote.only({"command", "timeout"}).need("command"));
  }
  postgres.replication = read_replication(all, clusters);
  const auto mode = postgres.replication.mode;
  const bool is_waited_for = mode == Replication::Mode::sync || mode == Replication::Mode::sync_while_close;
  Fields sides = all.child("sides");
  check_sides(sides, sides.keys(), clusters, "database");
  for (const std::string& cluster : sides.keys()) {
    Fields side = sides.child(cluster);
    side.only({"connection", "applicationName", "address", "stop", "start", "rejoin"}).need("connection");
    DatabaseSide& read = postgres.sides[cluster];
    read.connection = read_source(side, "connection", name_space);
    read.application_name = side.text("applicationName", standby_name(cluster));
    if (side.has("applicationName") && is_waited_for)
      side.fail("applicationName", "commits are to wait for the standbys, so they get their names from fedctl", "leave it out");
    if (side.has("address")) read.address = read_address(side.child("address"));
    for (const auto& [key, action] : {std::pair{"stop", &read.stop}, {"start", &read.start}, {"rejoin", &read.rejoin}}) {
      if (!side.has(key)) continue;
      Fields of_action = side.child(key);
      *action = read_action(of_action.only({"command", "timeout"}).need("command"), action->timeout);
    }
  }
  return postgres;
}

namespace {

void read_route53(const Fields& parent, Dns& dns) {
  Fields fields = parent.child("route53");
  fields.only({"zone", "profile", "healthSignal"}).need("zone");
  dns.route53.zone = fields.text("zone");
  dns.route53.profile = fields.text("profile");
  if (!fields.has("healthSignal")) return;
  Fields signal = fields.child("healthSignal");
  signal.only({"type", "port", "path", "interval", "failureThreshold"});
  traffic::HealthSignal health;
  health.type = signal.text("type", health.type);
  health.port = static_cast<int>(signal.number("port", health.port, 1));
  health.path = signal.text("path", health.path);
  health.interval = static_cast<int>(signal.number("interval", health.interval, 10));
  health.threshold = static_cast<int>(signal.number("failureThreshold", health.threshold, 1));
  if (health.type != "HTTP" && health.type != "HTTPS") signal.fail("type", "'type' is HTTP or HTTPS");
  if (health.interval != 10 && health.interval != 30) signal.fail("interval", "Route 53 asks every 10 or every 30 seconds");
  dns.route53.health = health;
}

void read_rfc2136(const Fields& parent, Dns& dns, const std::string& name_space) {
  Fields fields = parent.child("rfc2136");
  fields.only({"server", "zone", "key"}).need("server").need("zone");
  dns.server = fields.text("server");
  dns.zone = fields.text("zone");
  if (const auto server = traffic::parse_server(dns.server); fields.has("server") && !server) fields.fail("server", server.error().message);
  if (!fields.has("key")) return;
  Fields key = fields.child("key");
  key.only({"name", "algorithm", "secret"}).need("name").need("secret");
  dns.key_name = key.text("name");
  dns.key_algorithm = key.text("algorithm", "hmac-sha256");
  dns.key_secret = read_source(key, "secret", name_space);
}

}  // namespace

Dns read_dns(Fields fields, const std::vector<std::string>& clusters, const std::string& name_space) {
  fields.only({"name", "type", "ttl", "targets", "route53", "rfc2136", "exec", "endpoint", "verify"}).need("name").need("targets");
  Dns dns;
  dns.record = {fields.text("name"), fields.text("type", "CNAME"), static_cast<int>(fields.number("ttl", 60, 0)), ""};
  if (dns.record.name.ends_with('.')) dns.record.name.pop_back();
  if (dns.record.type != "CNAME" && dns.record.type != "A" && dns.record.type != "AAAA") fields.fail("type", "'type' is A, AAAA or CNAME");
  dns.targets = fields.table("targets");
  if (fields.has("targets")) check_sides(fields.child("targets"), fields.child("targets").keys(), clusters, "target");
  int given = 0;
  for (const char* provider : {"route53", "rfc2136", "exec", "endpoint"}) {
    if (!fields.has(provider)) continue;
    ++given;
    dns.provider = provider;
  }
  if (given != 1) fields.fail("", "dns needs one of route53, rfc2136, exec, endpoint");
  if (dns.provider == "route53") read_route53(fields, dns);
  if (dns.provider == "rfc2136") read_rfc2136(fields, dns, name_space);
  if (dns.provider == "exec") {
    Fields exec = fields.child("exec");
    dns.exec = read_action(exec.only({"command", "timeout"}).need("command"));
  }
  if (dns.provider == "endpoint") {
    Fields endpoint = fields.child("endpoint");
    endpoint.only({"name", "namespace", "cluster"}).need("name");
    dns.endpoint_cluster = endpoint.text("cluster");
    dns.endpoint_name = endpoint.text("name");
    dns.endpoint_namespace = endpoint.text("namespace", name_space);
  }
  Fields verify = fields.child("verify");
  verify.only({"resolvers", "within"});
  dns.resolvers = verify.texts("resolvers");
  for (const std::string& resolver : dns.resolvers) {
    if (const auto server = traffic::parse_server(resolver); !server) verify.fail("resolvers", server.error().message);
  }
  dns.within = verify.duration("within", dns.within);
  dns.route53.in_sync_patience = dns.within;
  return dns;
}

}  // namespace fedctl::failover
