#pragma once

#include "http/loop.hpp"
#include "traffic/aws_credentials.hpp"
#include "traffic/record.hpp"
#include "traffic/settings.hpp"

#include <memory>

namespace fedctl::traffic {

/// Amazon Route 53 (https://docs.aws.amazon.com/Route53/latest/APIReference/), requests signed by libcurl (Signature Version 4).
/// Errors: unauthorized, forbidden, not_found for the zone, rejected with Amazon's words, timeout where a change is not INSYNC in time.
std::unique_ptr<Provider> make_route53(http::Loop& loop, Route53Options options, Environment environment);

}  // namespace fedctl::traffic
