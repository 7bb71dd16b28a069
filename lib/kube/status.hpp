#pragma once

#include "base/error.hpp"
#include "http/message.hpp"

#include <nlohmann/json.hpp>

namespace fedctl::kube {

/// Turns an answer of 400 and above into an error a person understands: the `Status` object's own words where there is
/// one, and what to do about it. An answer that no Kubernetes API server gives is `Code::not_kubernetes`. Whether a write may have been
/// done all the same is `Error::uncertain`.
Error error_from(const http::Response& response);

/// Is this `Status` about a namespace that does not exist?
bool is_missing_namespace(const http::Response& response);

}  // namespace fedctl::kube
