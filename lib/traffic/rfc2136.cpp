#include "traffic/rfc2136.hpp"

#include "traffic/ldns_types.hpp"

#include <fmt/format.h>

namespace fedctl::traffic {
namespace {

using dns::List;
using dns::Packet;

/// BIND and people write hmac-sha256; ldns wants a domain name.
std::string algorithm_name(const std::string& name) {
  if (name == "hmac-md5") return "hmac-md5.sig-alg.reg.int.";
  return name.ends_with('.') ? name : name + ".";
}

/// RFC 2136 section 2.5: the name's whole set of the type goes, and the one record comes, in one message.
Result<Packet> update_of(const Rfc2136Options& options, const Record& record) {
  const auto zone = dns::name_of(options.zone);
  if (!zone) return Failure{zone.error()};
  const auto type = dns::type_of(record.type);
  if (!type) return Failure{type.error()};
  auto name = dns::name_of(record.name);
  if (!name) return Failure{name.error()};
  const List updates{ldns_rr_list_new()};
  ldns_rr* removal = ldns_rr_new();
  ldns_rr_set_owner(removal, name->release());
  ldns_rr_set_type(removal, *type);
  ldns_rr_set_class(removal, LDNS_RR_CLASS_ANY);
  ldns_rr_set_ttl(removal, 0);
  ldns_rr_list_push_rr(updates.get(), removal);
  const std::string value = record.type == "CNAME" && !record.value.ends_with('.') ? record.value + "." : record.value;
  const std::string line = fmt::format("{}. {} IN {} {}", record.name, record.ttl, record.type, value);
  ldns_rr* addition = nullptr;
  if (ldns_rr_new_frm_str(&addition, line.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK)
    return Failure{{Code::invalid_input, fmt::format("'{}' is no value of a {} record", record.value, record.type)}};
  ldns_rr_list_push_rr(updates.get(), addition);
  // The packet takes the zone's name over, and copies of the records.
  Packet packet{ldns_update_pkt_new(ldns_rdf_clone(zone->get()), LDNS_RR_CLASS_IN, nullptr, updates.get(), nullptr)};
  if (!packet) return Failure{{Code::internal, "the DNS update could not be made"}};
  ldns_pkt_set_random_id(packet.get());
  return packet;
}

Result<void> outcome_of(const ldns_pkt* answer, const Rfc2136Options& options) {
  const ldns_pkt_rcode code = ldns_pkt_get_rcode(answer);
  if (code == LDNS_RCODE_NOERROR) return {};
  const std::unique_ptr<char, decltype(&::free)> words{ldns_pkt_rcode2str(code), &::free};
  Error error{Code::rejected,
              fmt::format("DNS server {} answers {} to the update of {}", options.server, words ? words.get() : "an error", options.zone)};
  if (code == LDNS_RCODE_NOTAUTH) error.code = Code::unauthorized;
  if (code == LDNS_RCODE_REFUSED) error.code = Code::forbidden;
  if (error.code != Code::rejected) error.hint = "check the TSIG key, and what the server lets it update";
  return Failure{std::move(error)};
}

Result<void> send_update(const Rfc2136Options& options, const Record& record) {
  auto resolver = dns::resolver_for(options.server, options.timeout);
  if (!resolver) return Failure{resolver.error()};
  const auto packet = update_of(options, record);
  if (!packet) return Failure{packet.error()};
  if (!options.key_name.empty()) {
    const std::string algorithm = algorithm_name(options.key_algorithm);
    // By these ldns checks that the answer is signed too.
    ldns_resolver_set_tsig_keyname(resolver->get(), options.key_name.c_str());
    ldns_resolver_set_tsig_keydata(resolver->get(), options.key_secret.c_str());
    ldns_resolver_set_tsig_algorithm(resolver->get(), algorithm.c_str());
    const ldns_status signed_as =
        ldns_pkt_tsig_sign(packet->get(), options.key_name.c_str(), options.key_secret.c_str(), 300, algorithm.c_str(), nullptr);
    if (signed_as != LDNS_STATUS_OK)
      return Failure{
          {Code::invalid_input, fmt::format("the TSIG key {} cannot sign: {}", options.key_name, ldns_get_errorstr_by_id(signed_as))}};
  }
  ldns_pkt* answer = nullptr;
  const ldns_status status = ldns_resolver_send_pkt(&answer, resolver->get(), packet->get());
  const Packet received{answer};
  if (!received)
    return Failure{{Code::unreachable, fmt::format("DNS server {} does not answer: {}", options.server, ldns_get_errorstr_by_id(status))}};
  return outcome_of(received.get(), options);
}

class Rfc2136 : public Provider {
 public:
  Rfc2136(http::Loop& loop, Rfc2136Options options) : loop_(loop), options_(std::move(options)) {}

  std::string display_name() const override { return fmt::format("rfc2136 {} zone {}", options_.server, options_.zone); }

  Task<Result<Answer>> current(Record record) override {
    Result<Answer> answer = Failure{Error{}};
    co_await loop_.offload([&] {
      auto resolver = dns::resolver_for(options_.server, options_.timeout);
      answer = resolver ? dns::ask(resolver->get(), options_.server, record.name, record.type, false)
                        : Result<Answer>{Failure{resolver.error()}};
    });
    co_return answer;
  }

  Task<Result<Done>> put(Record record) override {
    const auto before = co_await current(record);
    if (before && same_name(before->value, record.value) && before->ttl == record.ttl) co_return Done{};
    Result<void> sent = Failure{Error{}};
    co_await loop_.offload([&] { sent = send_update(options_, record); });
    if (!sent) co_return Failure{sent.error()};
    const auto after = co_await current(record);
    if (!after) co_return Failure{after.error()};
    if (same_name(after->value, record.value)) co_return Done{};
    Error error{Code::rejected, fmt::format("DNS server {} took the update of {}, and still answers {}", options_.server, record.name,
                                            after->value.empty() ? "nothing" : after->value)};
    co_return Failure{std::move(error)};
  }

 private:
  http::Loop& loop_;
  Rfc2136Options options_;
};

}  // namespace

std::unique_ptr<Provider> make_rfc2136(http::Loop& loop, Rfc2136Options options) {
  return std::make_unique<Rfc2136>(loop, std::move(options));
}

}  // namespace fedctl::traffic
