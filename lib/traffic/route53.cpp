#include "traffic/route53.hpp"

#include "base/encoding.hpp"
#include "http/rest.hpp"
#include "traffic/route53_answer.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <pugixml.hpp>
#include <sstream>

namespace fedctl::traffic {
namespace {

using route53::LiveSet;
using Clock = std::chrono::steady_clock;
constexpr const char* version = "/2013-04-01";
constexpr const char* name_space = "https://route53.amazonaws.com/doc/2013-04-01/";

pugi::xml_node add(pugi::xml_node parent, const char* name, const std::string& text = {}) {
  pugi::xml_node node = parent.append_child(name);
  if (!text.empty()) node.append_child(pugi::node_pcdata).set_value(text.c_str());
  return node;
}

pugi::xml_node root(pugi::xml_document& document, const char* name) {
  pugi::xml_node node = document.append_child(name);
  node.append_attribute("xmlns").set_value(name_space);
  return node;
}

std::string text_of(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, "", pugi::format_raw);
  return out.str();
}

std::string dotted(const std::string& name) { return name.ends_with('.') ? name : name + "."; }

std::string bare_zone(std::string zone) {
  constexpr std::string_view prefix = "/hostedzone/";
  return zone.starts_with(prefix) ? zone.substr(prefix.size()) : zone;
}

void add_record_set(pugi::xml_node parent, const Record& record, const std::string& set_identifier, const std::string& health_check) {
  pugi::xml_node set = add(parent, "ResourceRecordSet");
  add(set, "Name", dotted(record.name));
  add(set, "Type", record.type);
  if (!set_identifier.empty()) {
    add(set, "SetIdentifier", set_identifier);
    add(set, "Weight", "100");
  }
  add(set, "TTL", std::to_string(record.ttl));
  add(add(add(set, "ResourceRecords"), "ResourceRecord"), "Value", record.value);
  if (!health_check.empty()) add(set, "HealthCheckId", health_check);
}

class Route53 : public Provider {
 public:
  Route53(http::Loop& loop, Route53Options options, Environment environment)
      : loop_(loop), options_(std::move(options)), environment_(std::move(environment)) {
    options_.zone = bare_zone(options_.zone);
    endpoint_.url = aws_endpoint(environment_, "ROUTE_53", "https://route53.amazonaws.com");
  }

  std::string display_name() const override { return "route53 zone " + options_.zone; }
  bool follows_health() const override { return options_.health.has_value(); }

  Task<Result<Answer>> current(Record record) override {
    auto sets = co_await live_sets(record);
    if (!sets) co_return Failure{sets.error()};
    Answer answer;
    for (const LiveSet& set : *sets) {
      // Of records laid in advance only those whose side says that it is active are answered.
      if (!set.health_check.empty()) {
        const auto healthy = co_await is_healthy(set.health_check);
        if (!healthy) co_return Failure{healthy.error()};
        if (!*healthy) continue;
      }
      answer.value = set.value;
      answer.ttl = set.ttl;
    }
    co_return answer;
  }

  Task<Result<Done>> put(Record record) override {
    if (options_.health) co_return co_await wait_for_health(std::move(record));
    auto sets = co_await live_sets(record);
    if (!sets) co_return Failure{sets.error()};
    const auto is_it = [&](const LiveSet& set) { return set.ttl == record.ttl && same_name(set.value, record.value); };
    if (sets->size() == 1 && is_it(sets->front())) co_return Done{};
    if (sets->size() > 1 || (sets->size() == 1 && !sets->front().set_identifier.empty())) {
      Error error{Code::conflict, fmt::format("{} has record sets with a routing policy, which one UPSERT cannot replace", record.name)};
      error.hint = "use dns.route53.healthSignal, or take the other record sets away";
      co_return Failure{std::move(error)};
    }
    std::vector<Change> changes;
    changes.push_back(Change{record, "", ""});
    co_return co_await change(std::move(changes));
  }

  Task<Result<Laid>> lay(std::vector<Record> records, std::vector<std::string> names, bool dry_run) override {
    Laid laid;
    if (!options_.health || records.empty()) co_return laid;
    auto sets = co_await live_sets(records.front());
    if (!sets) co_return Failure{sets.error()};
    std::vector<Change> changes;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const auto live = std::ranges::find_if(*sets, [&](const LiveSet& set) { return set.set_identifier == names[i]; });
      const bool is_there =
          live != sets->end() && same_name(live->value, records[i].value) && live->ttl == records[i].ttl && !live->health_check.empty();
      if (is_there) continue;
      laid.changes.push_back(fmt::format("{} {} {} ({}), answered while {}:{}{} says that it is active", records[i].name, records[i].type,
                                         records[i].value, names[i], records[i].value, options_.health->port, options_.health->path));
      if (dry_run) continue;
      auto check = co_await make_health_check(records[i], names[i]);
      if (!check) co_return Failure{check.error()};
      changes.push_back(Change{records[i], names[i], *check});
    }
    if (!changes.empty()) {
      auto changed = co_await change(std::move(changes));
      if (!changed) co_return Failure{changed.error()};
    }
    co_return laid;
  }

 private:
  struct Change {
    Record record;
    std::string set_identifier;
    std::string health_check;
  };

  Task<Result<std::string>> ask(std::string method, std::string path, std::string body) {
    if (!has_credentials_) {
      auto found = co_await find_aws_credentials(loop_, environment_, options_.profile);
      if (!found) co_return Failure{found.error()};
      credentials_ = std::move(*found);
      has_credentials_ = true;
    }
    http::Request request{.method = method, .path = version + path};
    request.body = std::move(body);
    request.headers.push_back("Content-Type: application/xml");
    request.aws = http::AwsSigning{"aws:amz:us-east-1:route53", credentials_.access_key, credentials_.secret_key};
    if (!credentials_.session_token.empty()) request.headers.push_back("X-Amz-Security-Token: " + credentials_.session_token);
    for (int attempt = 1;; ++attempt) {
      auto response = co_await loop_.transfer(endpoint_, request);
      if (!response) co_return Failure{response.error()};
      if (response->status < 300) co_return std::move(response->body);
      const auto [code, words] = route53::refusal_in(response->body);
      const bool is_busy = code == "Throttling" || code == "PriorRequestNotComplete" || response->status >= 500;
      if (is_busy && attempt < 5) {
        const http::Rest rest = co_await http::rest(loop_, time::Duration{200 << attempt});
        if (rest == http::Rest::over) continue;
      }
      Error error{code_of(response->status, code),
                  fmt::format("Route 53 says {} {}", code.empty() ? std::to_string(response->status) : code, words)};
      error.object = "zone " + options_.zone;
      co_return Failure{std::move(error)};
    }
  }

  static Code code_of(long status, const std::string& code) {
    if (code == "NoSuchHostedZone" || code == "NoSuchHealthCheck") return Code::not_found;
    if (code == "AccessDenied") return Code::forbidden;
    if (status == 401 || status == 403) return Code::unauthorized;
    return Code::rejected;
  }

  Task<Result<std::vector<LiveSet>>> live_sets(Record record) {
    // libcurl signs the query as it stands, so it is in the order and spelling that Signature Version 4 wants.
    const auto body = co_await ask(
        "GET", fmt::format("/hostedzone/{}/rrset?maxitems=100&name={}&type={}", options_.zone, dotted(record.name), record.type), "");
    if (!body) co_return Failure{body.error()};
    co_return route53::live_sets_in(*body, record);
  }

  Task<Result<Done>> change(std::vector<Change> changes) {
    pugi::xml_document document;
    pugi::xml_node batch = add(root(document, "ChangeResourceRecordSetsRequest"), "ChangeBatch");
    add(batch, "Comment", "fedctl failover");
    pugi::xml_node list = add(batch, "Changes");
    for (const Change& one : changes) {
      pugi::xml_node change = add(list, "Change");
      add(change, "Action", "UPSERT");
      add_record_set(change, one.record, one.set_identifier, one.health_check);
    }
    auto answer = co_await ask("POST", fmt::format("/hostedzone/{}/rrset", options_.zone), text_of(document));
    if (!answer) co_return Failure{answer.error()};
    auto status = route53::change_in(*answer);
    const auto deadline = Clock::now() + options_.in_sync_patience;
    while (status && !status->is_in_sync) {
      if (Clock::now() >= deadline) {
        Error error{Code::timeout, "Route 53 has taken the change, but it is not on all its servers in time"};
        co_return Failure{std::move(error)};
      }
      const http::Rest rest = co_await http::rest(loop_, options_.poll_interval);
      if (rest == http::Rest::interrupted) co_return Failure{{Code::cancelled, "interrupted"}};
      const std::string path = status->id.starts_with("/change/") ? status->id : "/change/" + status->id;
      auto asked = co_await ask("GET", path, "");
      if (!asked) co_return Failure{asked.error()};
      status = route53::change_in(*asked);
    }
    if (!status) co_return Failure{status.error()};
    co_return Done{};
  }

  Task<Result<std::string>> make_health_check(Record record, std::string cluster) {
    pugi::xml_document document;
    pugi::xml_node request = root(document, "CreateHealthCheckRequest");
    // The same reference for the same check: asked twice, it is made once.
    const std::string identity = fmt::format("{} {} {} {} {}", options_.zone, record.name, record.value, options_.health->port, cluster);
    add(request, "CallerReference", "fedctl-" + encoding::sha256(identity).substr(0, 32));
    pugi::xml_node config = add(request, "HealthCheckConfig");
    if (record.type == "CNAME") {
      add(config, "Port", std::to_string(options_.health->port));
      add(config, "Type", options_.health->type);
      add(config, "ResourcePath", options_.health->path);
      add(config, "FullyQualifiedDomainName", record.value);
    } else {
      add(config, "IPAddress", record.value);
      add(config, "Port", std::to_string(options_.health->port));
      add(config, "Type", options_.health->type);
      add(config, "ResourcePath", options_.health->path);
    }
    add(config, "RequestInterval", std::to_string(options_.health->interval));
    add(config, "FailureThreshold", std::to_string(options_.health->threshold));
    auto answer = co_await ask("POST", "/healthcheck", text_of(document));
    if (!answer) co_return Failure{answer.error()};
    co_return route53::health_check_in(*answer);
  }

  Task<Result<bool>> is_healthy(std::string id) {
    const auto answer = co_await ask("GET", fmt::format("/healthcheck/{}/status", id), "");
    if (!answer) co_return Failure{answer.error()};
    co_return route53::is_healthy_in(*answer);
  }

  Task<Result<Done>> wait_for_health(Record record) {
    const auto deadline = Clock::now() + options_.in_sync_patience;
    while (true) {
      const auto answer = co_await current(record);
      if (!answer) co_return Failure{answer.error()};
      if (same_name(answer->value, record.value)) co_return Done{};
      if (Clock::now() >= deadline) {
        Error error{Code::timeout, fmt::format("Route 53 still answers {}, since its health checks do not see {} active",
                                               answer->value.empty() ? "nothing" : answer->value, record.value)};
        error.hint = "look at what the guard serves there";
        co_return Failure{std::move(error)};
      }
      const http::Rest rest = co_await http::rest(loop_, options_.poll_interval);
      if (rest == http::Rest::interrupted) co_return Failure{{Code::cancelled, "interrupted"}};
    }
  }

  http::Loop& loop_;
  Route53Options options_;
  Environment environment_;
  http::Endpoint endpoint_;
  AwsCredentials credentials_;
  bool has_credentials_ = false;
};

}  // namespace

std::unique_ptr<Provider> make_route53(http::Loop& loop, Route53Options options, Environment environment) {
  return std::make_unique<Route53>(loop, std::move(options), std::move(environment));
}

}  // namespace fedctl::traffic
