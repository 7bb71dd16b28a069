#include "data/conninfo.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <algorithm>
#include <memory>
#include <utility>

namespace fedctl::data {
namespace {

constexpr std::string_view default_port = "5432";

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

/// As libpq reads it between quotes.
std::string in_quotes(std::string value) {
  text::replace_all(value, "\\", "\\\\");
  text::replace_all(value, "'", "\\'");
  return "'" + value + "'";
}

std::string conninfo_of(const std::map<std::string, std::string>& keywords) {
  std::vector<std::string> parts;
  for (const auto& [keyword, value] : keywords) parts.push_back(keyword + "=" + in_quotes(value));
  return text::join(parts, " ");
}

}  // namespace

Result<std::map<std::string, std::string>> keywords_of(const std::string& conninfo) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options{PQconninfoParse(conninfo.c_str(), &message)};
  PQfreemem(message);
  if (!options) {
    return Failure{{.code = Code::invalid_input,
                    .message = "this is no PostgreSQL connection string",
                    .hint = "write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE"}};
  }
  std::map<std::string, std::string> keywords;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) keywords[option->keyword] = option->val;
  }
  return keywords;
}

Address address_of(const std::string& host, std::string port) {
  return {host.starts_with('/') ? host : text::lower(host), std::move(port)};
}

std::string to_string(const Address& address) { return fmt::format("{}:{}", address.host, address.port); }

Result<std::vector<Address>> addresses_of(const std::string& conninfo) {
  auto keywords = keywords_of(conninfo);
  if (!keywords) return Failure{keywords.error()};
  const std::string& host = (*keywords)[keywords->contains("host") ? "host" : "hostaddr"];
  if (host.empty()) return std::vector<Address>{};
  const std::vector<std::string> hosts = text::split(host, ',');
  const std::vector<std::string> ports = text::split((*keywords)["port"], ',');
  std::vector<Address> addresses;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    // One port stands for all hosts.
    const std::string port = ports.empty() ? "" : ports[std::min(i, ports.size() - 1)];
    addresses.push_back(address_of(hosts[i], port.empty() ? std::string{default_port} : port));
  }
  return addresses;
}

Result<std::string> led_to(const std::string& conninfo, const Address& address) {
  auto keywords = keywords_of(conninfo);
  if (!keywords) return Failure{keywords.error()};
  const std::vector<Address> before = addresses_of(conninfo).value_or(std::vector<Address>{});
  // hostaddr may be all that resolves the names. Without `host`, `before` has these addresses already.
  std::vector<std::string> numeric = keywords->contains("host") ? text::split((*keywords)["hostaddr"], ',') : std::vector<std::string>{};
  numeric.resize(before.size());
  std::vector<std::string> hosts{address.host};
  std::vector<std::string> ports{address.port};
  std::vector<std::string> hostaddrs{""};
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] == address) hostaddrs.front() = numeric[i];
    if (before[i] == address || before.size() == 1) continue;
    hosts.push_back(before[i].host);
    ports.push_back(before[i].port);
    hostaddrs.push_back(numeric[i]);
  }
  keywords->erase("hostaddr");
  const bool has_numeric = std::ranges::any_of(hostaddrs, [](const std::string& one) { return !one.empty(); });
  if (has_numeric) (*keywords)["hostaddr"] = text::join(hostaddrs, ",");
  (*keywords)["host"] = text::join(hosts, ",");
  (*keywords)["port"] = text::join(ports, ",");
  return conninfo_of(*keywords);
}

Result<std::string> with_keyword(const std::string& conninfo, const std::string& keyword, const std::string& value) {
  auto keywords = keywords_of(conninfo);
  if (!keywords) return Failure{keywords.error()};
  (*keywords)[keyword] = value;
  return conninfo_of(*keywords);
}

}  // namespace fedctl::data
