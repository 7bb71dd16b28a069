#pragma once

#include <nlohmann/json.hpp>

namespace fedctl::control {

/// A live object as a person would have written it: without apiVersion, kind, name, namespace and status, and without what the API
/// server and Kubernetes' controllers set (uid, resourceVersion, managedFields, ownerReferences, last-applied configuration, cluster
/// addresses, node ports, a Job's own selector, ...).
nlohmann::json template_of(const nlohmann::json& live);

}  // namespace fedctl::control
