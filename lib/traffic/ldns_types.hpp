#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "traffic/resolve.hpp"

#include <ldns/ldns.h>
#include <memory>
#include <string>

/// What the files that use ldns share. Everything here may block.
namespace fedctl::traffic::dns {

struct FreeResolver {
  void operator()(ldns_resolver* resolver) const { ldns_resolver_deep_free(resolver); }
};
struct FreePacket {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
struct FreeName {
  void operator()(ldns_rdf* name) const { ldns_rdf_deep_free(name); }
};
struct FreeList {
  void operator()(ldns_rr_list* list) const { ldns_rr_list_deep_free(list); }
};
using Resolver = std::unique_ptr<ldns_resolver, FreeResolver>;
using Packet = std::unique_ptr<ldns_pkt, FreePacket>;
using Name = std::unique_ptr<ldns_rdf, FreeName>;
using List = std::unique_ptr<ldns_rr_list, FreeList>;

/// A resolver that asks this one server only.
Result<Resolver> resolver_for(const std::string& server, time::Duration timeout);

/// Errors: invalid_input.
Result<Name> name_of(const std::string& text);
Result<ldns_rr_type> type_of(const std::string& text);

/// The first value of a type in an answer.
Answer answer_in(const ldns_pkt* packet, ldns_rr_type type);

/// Asks, and yields the answer of whichever server of `resolver` speaks first.
Result<Answer> ask(ldns_resolver* resolver, const std::string& server, const std::string& name, const std::string& type, bool recursive);

}  // namespace fedctl::traffic::dns
