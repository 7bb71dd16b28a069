#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>

/// What a policy says of the providers of DNS, apart from what asks them.
namespace fedctl::traffic {

/// How Route 53 asks a side whether it is the active one.
struct HealthSignal {
  std::string type = "HTTP";  ///< HTTP or HTTPS.
  int port = 80;
  std::string path = "/active";
  int interval = 10;  ///< Seconds; 10 or 30.
  int threshold = 3;
};

struct Route53Options {
  std::string zone;                          ///< Hosted zone id.
  std::string profile;                       ///< Of the shared files; empty: AWS_PROFILE.
  std::optional<HealthSignal> health = {};   ///< Set: records were laid in advance, one for each side, and follow this.
  time::Duration in_sync_patience{120'000};  ///< How long a change may take to be on all its servers.
  time::Duration poll_interval{1000};        ///< How often that is asked; quotas are 5 requests a second for all of an account.
};

struct Rfc2136Options {
  std::string server;  ///< The zone's primary: "192.0.2.1:53".
  std::string zone;
  std::string key_name;  ///< Of the TSIG key (RFC 8945); empty: updates are not signed.
  std::string key_algorithm = "hmac-sha256";
  std::string key_secret;  ///< Base64.
  time::Duration timeout{5'000};
};

}  // namespace fedctl::traffic
