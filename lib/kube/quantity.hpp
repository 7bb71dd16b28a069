#pragma once

#include <optional>
#include <string_view>

namespace fedctl::kube {

/// Kubernetes' resource quantity ("100m", "1.5", "128Mi", "1e3", "2k") in its base unit: cores, bytes, pieces. Nothing for what is none.
/// Exact to about 18 digits. (kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity)
std::optional<long double> parse_quantity(std::string_view text);

}  // namespace fedctl::kube
