#include "traffic/resolve.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "traffic/ldns_types.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <algorithm>
#include <charconv>

namespace fedctl::traffic {
namespace dns {

Result<Resolver> resolver_for(const std::string& server, time::Duration timeout) {
  const auto parsed = parse_server(server);
  if (!parsed) return Failure{parsed.error()};
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int problem = ::getaddrinfo(parsed->host.c_str(), parsed->port.c_str(), &hints, &found); problem != 0)
    return Failure{{Code::unreachable, fmt::format("DNS server {}: {}", server, ::gai_strerror(problem))}};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses{found, &::freeaddrinfo};
  Resolver resolver{ldns_resolver_new()};
  std::uint16_t port = 53;
  std::from_chars(parsed->port.data(), parsed->port.data() + parsed->port.size(), port);
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    sockaddr_storage address{};
    std::copy_n(reinterpret_cast<const char*>(one->ai_addr), one->ai_addrlen, reinterpret_cast<char*>(&address));
    const Name as_data{ldns_sockaddr_storage2rdf(&address, nullptr)};
    if (as_data) ldns_resolver_push_nameserver(resolver.get(), as_data.get());
  }
  ldns_resolver_set_port(resolver.get(), port);
  ldns_resolver_set_retry(resolver.get(), 2);
  ldns_resolver_set_random(resolver.get(), false);
  timeval patience{};
  patience.tv_sec = timeout.count() / 1000;
  patience.tv_usec = (timeout.count() % 1000) * 1000;
  ldns_resolver_set_timeout(resolver.get(), patience);
  return resolver;
}

Result<Name> name_of(const std::string& text) {
  Name name{ldns_dname_new_frm_str(text.c_str())};
  if (!name) return Failure{{Code::invalid_input, fmt::format("'{}' is no domain name", text)}};
  return name;
}

Result<ldns_rr_type> type_of(const std::string& text) {
  const ldns_rr_type type = ldns_get_rr_type_by_name(text.c_str());
  if (type == 0) return Failure{{Code::invalid_input, fmt::format("'{}' is no type of DNS records", text)}};
  return type;
}

Answer answer_in(const ldns_pkt* packet, ldns_rr_type type) {
  const List records{ldns_pkt_rr_list_by_type(packet, type, LDNS_SECTION_ANSWER)};
  if (!records || ldns_rr_list_rr_count(records.get()) == 0) return {};
  const ldns_rr* record = ldns_rr_list_rr(records.get(), 0);
  const std::unique_ptr<char, decltype(&::free)> value{ldns_rdf2str(ldns_rr_rdf(record, 0)), &::free};
  std::string text = value ? value.get() : "";
  if (text.ends_with('.')) text.pop_back();
  return {text, static_cast<int>(ldns_rr_ttl(record))};
}

Result<Answer> ask(ldns_resolver* resolver, const std::string& server, const std::string& name, const std::string& type, bool recursive) {
  const auto domain = name_of(name);
  if (!domain) return Failure{domain.error()};
  const auto wanted = type_of(type);
  if (!wanted) return Failure{wanted.error()};
  ldns_pkt* answer = nullptr;
  const ldns_status status =
      ldns_resolver_send(&answer, resolver, domain->get(), *wanted, LDNS_RR_CLASS_IN, static_cast<std::uint16_t>(recursive ? LDNS_RD : 0));
  const Packet packet{answer};
  if (status != LDNS_STATUS_OK || !packet)
    return Failure{{Code::unreachable, fmt::format("DNS server {} does not answer: {}", server, ldns_get_errorstr_by_id(status))}};
  const ldns_pkt_rcode code = ldns_pkt_get_rcode(packet.get());
  if (code == LDNS_RCODE_NOERROR || code == LDNS_RCODE_NXDOMAIN) return answer_in(packet.get(), *wanted);
  const std::unique_ptr<char, decltype(&::free)> words{ldns_pkt_rcode2str(code), &::free};
  return Failure{{Code::rejected, fmt::format("DNS server {} answers {} for {}", server, words ? words.get() : "an error", name)}};
}

}  // namespace dns

Result<Server> parse_server(const std::string& text) {
  Server server;
  const bool is_bracketed = text.starts_with('[');
  const auto colon = is_bracketed ? text.find(':', text.find(']')) : text.find(':');
  const bool is_bare_v6 = !is_bracketed && colon != std::string::npos && text.find(':', colon + 1) != std::string::npos;
  server.host = is_bare_v6 ? text : text.substr(0, colon);
  if (is_bracketed) server.host = text.substr(1, text.find(']') - 1);
  if (colon != std::string::npos && !is_bare_v6) server.port = text.substr(colon + 1);
  const bool good_port = !server.port.empty() && std::ranges::all_of(server.port, [](char c) { return c >= '0' && c <= '9'; });
  if (server.host.empty() || !good_port)
    return Failure{{Code::invalid_input, fmt::format("'{}' is no DNS server, such as 192.0.2.1 or 127.0.0.1:5353", text)}};
  return server;
}

Task<Result<Answer>> resolve(http::Loop& loop, std::string server, std::string name, std::string type, time::Duration timeout) {
  Result<Answer> answer = Failure{Error{}};
  co_await loop.offload([&] {
    auto resolver = dns::resolver_for(server, timeout);
    answer = resolver ? dns::ask(resolver->get(), server, name, type, true) : Result<Answer>{Failure{resolver.error()}};
  });
  co_return answer;
}

std::vector<std::string> system_servers() {
  std::vector<std::string> servers;
  for (const std::string& line : text::split(file::read("/etc/resolv.conf").value_or(""), '\n')) {
    const std::string trimmed = text::trim(line);
    if (trimmed.starts_with("nameserver")) servers.push_back(text::trim(trimmed.substr(10)));
  }
  return servers;
}

}  // namespace fedctl::traffic
