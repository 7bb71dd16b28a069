#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "kube/client.hpp"
#include "kube/discovered.hpp"
#include "kube/discovery_cache.hpp"

namespace fedctl::kube {

/// Asks the server: two requests where discovery is aggregated (1.26 on), else one a group and version.
/// Kept answers in `cache` that are younger than ten minutes are used instead, unless `fresh` is wanted; older ones are
/// asked for again with their ETags.
Task<Result<Discovery>> discover(Client& client, DiscoveryCache cache, bool fresh);

/// After a list was answered 404: does the server's own discovery say too that it does not serve the type (any more)? A 404 alone does
/// not say so: proxies and gateways answer 404 too, and what follows from "there are none" may be a delete. Errors: not_kubernetes where
/// the two contradict each other; never not_found.
Task<Result<Done>> confirm_unserved(Client& client, Resource resource);

/// After a GET of the object `name` was answered with `error`, a 404: is it the object that is not there? An API server names it in its
/// Status; where the answer names nothing, the type must not be served. Errors: as `confirm_unserved`.
Task<Result<Done>> confirm_absent(Client& client, Resource resource, std::string name, Error error);

/// All objects, or none where the type is confirmed not to be served. Errors: the list's, and those of `confirm_unserved`.
Task<Result<List>> list_if_served(Client& client, Resource resource, ListOptions options);

}  // namespace fedctl::kube
