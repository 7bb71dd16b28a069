#include "failover/needs.hpp"

#include "base/encoding.hpp"
#include "base/file.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "data/postgres.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::failover {
namespace {

class Needs {
 public:
  explicit Needs(Site& site) : site_(site), policy_(site.policy) {}

  Task<Done> ask_connection(std::string cluster) {
    const auto connection = co_await connection_of(site_, cluster);
    const bool is_missing = !connection && connection.error().code == Code::not_found;
    const std::string field = fmt::format("database.postgres.sides.{}.connection", cluster);
    if (is_missing) lack(field, connection.error());
    if (connection) {
      if (auto problem = data::problem_of_conninfo(*connection)) lack(field, std::move(*problem));
    }
    co_return Done{};
  }

  void ask_side(const std::string& cluster, const DatabaseSide& side) {
    const std::string field = fmt::format("database.postgres.sides.{}", cluster);
    ask_program(field + ".stop", side.stop);
    ask_program(field + ".start", side.start);
    ask_program(field + ".rejoin", side.rejoin);
  }

  /// What there is no program or file for, but that must be readable all the same.
  Task<Done> ask_dns_key() {
    const bool has_key = policy_.dns && policy_.dns->provider == "rfc2136" && !policy_.dns->key_name.empty();
    if (!has_key) co_return Done{};
    const auto key = co_await read_secret(site_, policy_.dns->key_secret, policy_.clusters.front());
    if (!key && key.error().code == Code::not_found) lack("dns.rfc2136.key.secret", key.error());
    Error no_key{Code::invalid_input, "the key is no base64"};
    if (key && !encoding::from_base64(*key)) lack("dns.rfc2136.key.secret", std::move(no_key));
    co_return Done{};
  }

  void ask_rest() {
    if (policy_.postgres) ask_program("database.postgres.promote", policy_.postgres->promote);
    ask_program("fencing.exec", policy_.fencing.exec);
    if (policy_.dns) ask_program("dns.exec", policy_.dns->exec);
    for (std::size_t i = 0; i < policy_.hooks.size(); ++i) ask_program(fmt::format("hooks[{}]", i), policy_.hooks[i].exec);
    for (const Check& check : policy_.health.checks) {
      if (check.ca_file.empty()) continue;
      const auto readable = file::read(file::expand_home(check.ca_file), file::small_and_regular);
      if (!readable) lack(fmt::format("health.checks, {}", check.name), readable.error());
    }
    const bool has_http = std::ranges::find(policy_.health.checks, Check::Kind::http, &Check::kind) != policy_.health.checks.end();
    for (const Vantage& vantage : policy_.health.vantages) {
      if (vantage.cluster.empty()) continue;
      if (site_.client(vantage.cluster) == nullptr)
        lack("health.vantages", {Code::not_found, fmt::format("there is no cluster {}", vantage.cluster)});
      if (!has_http)
        lack("health.vantages",
             {Code::invalid_input, fmt::format("a Pod in {} would ask the http check, and there is none", vantage.cluster)});
    }
  }

  std::vector<Error> found() { return std::move(found_); }

 private:
  void ask_program(const std::string& field, const Action& action) {
    if (!action || subprocess::can_run(action.command.front())) return;
    lack(field, {Code::not_found, fmt::format("there is no program {} that may be run", action.command.front())});
  }

  void lack(const std::string& field, Error error) {
    error.message = fmt::format("{}: {}", field, error.message);
    if (error.place.empty()) error.place = policy_.place;
    found_.push_back(std::move(error));
  }

  Site& site_;
  const Policy& policy_;
  std::vector<Error> found_;
};

}  // namespace

Task<std::vector<Error>> missing_needs_of_side(Site& site, std::string side) {
  Needs needs{site};
  if (site.policy.postgres && site.policy.postgres->sides.contains(side)) {
    co_await needs.ask_connection(side);
    needs.ask_side(side, site.policy.postgres->sides.at(side));
  }
  co_return needs.found();
}

Task<std::vector<Error>> missing_needs(Site& site) {
  Needs needs{site};
  if (site.policy.postgres) {
    for (const auto& [cluster, side] : site.policy.postgres->sides) {
      co_await needs.ask_connection(cluster);
      needs.ask_side(cluster, side);
    }
  }
  co_await needs.ask_dns_key();
  needs.ask_rest();
  co_return needs.found();
}

}  // namespace fedctl::failover
