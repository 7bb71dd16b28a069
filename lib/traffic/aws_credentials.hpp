#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "http/loop.hpp"

#include <functional>
#include <string>

namespace fedctl::traffic {

struct AwsCredentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  ///< Empty for a user's own keys.
  std::string origin;         ///< Where they were found, for people.
};

/// Reads a variable of the environment; "" where it is unset.
using Environment = std::function<std::string(const std::string&)>;
Environment process_environment();

/// As AWS' own tools look for them (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html), first found first
/// taken: AWS_ACCESS_KEY_ID; a web identity (AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN); the profile AWS_PROFILE of the shared
/// credentials and config files (keys, credential_process, or a web identity); a container's endpoint; the instance's metadata service
/// (IMDSv2), which is given one second. `profile` overrides AWS_PROFILE.
/// Errors: unauthorized, which says where was looked; not_found for a profile that was named and is not there.
Task<Result<AwsCredentials>> find_aws_credentials(http::Loop& loop, Environment environment, std::string profile);

/// AWS_ENDPOINT_URL_ROUTE_53, AWS_ENDPOINT_URL, or the service's own address, without a final slash.
std::string aws_endpoint(const Environment& environment, const std::string& service, const std::string& otherwise);

}  // namespace fedctl::traffic
