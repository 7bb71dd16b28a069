#pragma once

#include "http/loop.hpp"
#include "traffic/aws_credentials.hpp"
#include "traffic/record.hpp"

#include <map>
#include <optional>
#include <string>

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

/// Amazon Route 53 (https://docs.aws.amazon.com/Route53/latest/APIReference/), requests signed by libcurl (Signature Version 4).
/// Errors: unauthorized, forbidden, not_found for the zone, rejected with Amazon's words, timeout where a change is not INSYNC in time.
std::unique_ptr<Provider> make_route53(http::Loop& loop, Route53Options options, Environment environment);

}  // namespace fedctl::traffic
