#pragma once

#include "kube/client.hpp"
#include "traffic/record.hpp"

#include <string>

namespace fedctl::traffic {

/// A DNSEndpoint object (externaldns.k8s.io/v1alpha1) that ExternalDNS makes into records. `put` writes it and returns when ExternalDNS
/// has seen it (status.observedGeneration), or, where no ExternalDNS ever told, at once.
std::unique_ptr<Provider> make_dns_endpoint(kube::Client& client, std::string name_space, std::string name, time::Duration patience);

}  // namespace fedctl::traffic
